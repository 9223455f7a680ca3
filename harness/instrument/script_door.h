#pragma once
/* A script that a service's runtime loads before the service's own code, and the socket on which it
 * is asked at a floor what is held.
 *
 * Both lie in a folder of their own, which every user may enter and list (the service may be
 * anybody, and Python finds modules by listing). Each process, or thread of a runtime with several
 * heaps, connects once it runs; nothing of it goes through a file, which could be memory that is
 * charged to the service. Answers (held_text.h) are bounded in time and size. Not for several
 * threads at once. */
#include <sys/types.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"

/* A script, built into the program. */
struct script_text {
    const char *text;
    size_t length;
};

extern const struct script_text script_text_node;    /* scripts/node.js */
extern const struct script_text script_text_python;  /* scripts/python.py */
extern const struct script_text script_text_sampler; /* its library, scripts/python_sampler.c */

struct script_door;

/* Put the script there under this name, and listen. The caller owns *ret. ERROR_ENVIRONMENT: there
 * is no folder to put it. */
int script_door_open(const struct script_text *script, const char *name, struct script_door **ret,
                     struct error *err);

/* Put something else there. */
int script_door_add(struct script_door *door, const struct script_text *script, const char *name,
                    struct error *err);

void script_door_close(struct script_door *door); /* NULL is fine; the folder is gone afterwards */

/* The folder with the script in it; borrowed. */
const char *script_door_folder(const struct script_door *door);

/* Wait until somebody has connected, for at most so long. Returns how many there are. */
unsigned script_door_wait(struct script_door *door, nsec_t bound_ns);

/* Called with each whole answer; -1 stops and is passed on. */
typedef int (*script_door_function)(pid_t pid, const char *text, size_t length, void *context,
                                    struct error *err);

/* Ask all that are connected. *ret_answers of them answered; *ret_silent lived and did not in time,
 * and are not asked again. */
int script_door_ask(struct script_door *door, script_door_function function, void *context,
                    unsigned *ret_answers, unsigned *ret_silent, struct error *err);
