#include "base/caller.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"

#define CALLER_KEY       "leakcage.caller="
#define CALLER_TEXT_MAX  (64U << 10)
#define CALLER_ID_LENGTH 10 /* digits of the largest */

static bool caller_is_id(const char *text, size_t length)
{
    return length > 0 && length <= CALLER_ID_LENGTH && strspn(text, "0123456789") >= length &&
           text[0] != '0';
}

bool caller_parse(const char *command_line, char *ret, size_t size)
{
    const char *at = command_line;
    while ((at = strstr(at, CALLER_KEY)) != NULL) {
        bool is_word = at == command_line || at[-1] == ' ';
        at += strlen(CALLER_KEY);
        size_t user = strcspn(at, ": \n");
        size_t length = strcspn(at, " \n");
        if (!is_word || at[user] != ':' || !caller_is_id(at, user) || length >= size ||
            strspn(at + user + 1, "0123456789") != length - user - 1 || length == user + 1)
            continue;
        memcpy(ret, at, length);
        ret[length] = '\0';
        return true;
    }
    return false;
}

/* What the host says, in a guest. */
static bool caller_from_host(char *ret, size_t size)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(CALLER_TEXT_MAX);
    return file_read(AT_FDCWD, "/proc/cmdline", &text, NULL) == 0 &&
           caller_parse(buffer_text(&text), ret, size);
}

/* What sudo says. */
static bool caller_from_sudo(char *ret, size_t size)
{
    const char *user = getenv("SUDO_UID");
    const char *group = getenv("SUDO_GID");
    if (user == NULL || !caller_is_id(user, strlen(user)))
        return false;
    bool has_group = group != NULL && *group != '\0' &&
                     strspn(group, "0123456789") == strlen(group) &&
                     strlen(group) <= CALLER_ID_LENGTH;
    snprintf(ret, size, "%s:%s", user, has_group ? group : user);
    return true;
}

static void caller_text(char *ret, size_t size)
{
    if (caller_from_host(ret, size))
        return;
    if (getuid() != 0)
        snprintf(ret, size, "%u:%u", getuid(), getgid());
    else if (!caller_from_sudo(ret, size))
        snprintf(ret, size, "%u:%u", CALLER_NOBODY, CALLER_NOBODY);
}

int caller_find(struct account *ret, struct error *err)
{
    char text[CALLER_WORD_MAX];
    caller_text(text, sizeof(text));
    return account_find(text, ret, err);
}

bool caller_used_sudo(struct account *ret)
{
    char text[CALLER_WORD_MAX];
    return geteuid() == 0 && caller_from_sudo(text, sizeof(text)) &&
           account_find(text, ret, NULL) == 0;
}

int caller_word(char *ret, struct error *err)
{
    struct account account;
    if (caller_find(&account, err) < 0)
        return -1;
    snprintf(ret, CALLER_WORD_MAX, CALLER_KEY "%u:%u", account.uid, account.gid);
    return 0;
}

bool caller_is_elsewhere(void)
{
    char text[CALLER_WORD_MAX];
    return caller_from_host(text, sizeof(text));
}

bool caller_map_holds(const char *uid_map, unsigned id)
{
    unsigned inside = 0;
    unsigned outside = 0;
    unsigned count = 0;
    int length = 0;
    while (sscanf(uid_map, "%u %u %u%n", &inside, &outside, &count, &length) == 3) {
        if (id >= inside && id - inside < count)
            return true;
        uid_map += length;
    }
    return false;
}

/* Root of a user namespace that was made without more knows one user and may set no groups. */
static bool caller_is_known_here(const struct account *account)
{
    CLEANUP(buffer_done) struct buffer map = BUFFER_INIT(CALLER_TEXT_MAX);
    CLEANUP(buffer_done) struct buffer groups = BUFFER_INIT(CALLER_TEXT_MAX);
    if (file_read(AT_FDCWD, "/proc/self/setgroups", &groups, NULL) == 0 &&
        strncmp(buffer_text(&groups), "deny", strlen("deny")) == 0)
        return false;
    return file_read(AT_FDCWD, "/proc/self/uid_map", &map, NULL) < 0 ||
           caller_map_holds(buffer_text(&map), account->uid);
}

int caller_default(struct account *account, const struct account **ret, struct error *err)
{
    *ret = NULL;
    if (geteuid() != 0)
        return 0;
    if (caller_find(account, err) < 0)
        return -1;
    if (caller_is_known_here(account))
        *ret = account;
    return 0;
}
