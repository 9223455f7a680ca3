#pragma once
/* Who called leakcage, and whom the programs of a scenario run as when nobody was named.
 *
 * Root's rights are leakcage's, for cgroups and for looking into services; no service needs them.
 * So where we are root, a service runs as the one who called: whoever started leakcage, or called
 * sudo (SUDO_UID, SUDO_GID), or, when that is root too, as nobody (65534). Into a guest the word
 * goes by the kernel's command line, which nothing but leakcage writes. */
#include <stdbool.h>
#include <stddef.h>

#include "base/account.h"
#include "base/error.h"

#define CALLER_NOBODY   65534U
#define CALLER_WORD_MAX 64

/* The one who called. Never root. */
int caller_find(struct account *ret, struct error *err);

/* Whom to start programs as by default: *ret is `account`, filled, or NULL for ourselves, who are
 * not root (or root of a user namespace that knows no other). */
int caller_default(struct account *account, const struct account **ret, struct error *err);

/* Was it sudo, by somebody else than root? What root leaves behind is to be his. */
bool caller_used_sudo(struct account *ret);

/* The word for a guest's kernel, "leakcage.caller=1000:1000", into ret[CALLER_WORD_MAX]. */
int caller_word(char *ret, struct error *err);

/* Is this machine a guest of leakcage's, whose root is an overlay that nobody else sees? */
bool caller_is_elsewhere(void);

/* For caller_find(): what the words of a kernel's command line say. False: nothing. */
bool caller_parse(const char *command_line, char *ret, size_t size);

/* For caller_default(): does a uid_map (proc(5)) hold this number? */
bool caller_map_holds(const char *uid_map, unsigned id);
