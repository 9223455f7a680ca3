#pragma once
/* What a service says about its allocator: a JSON object at a path of its choice, such as
 *     {"arena_bytes":34603008,"in_use_bytes":69120,"free_bytes":34533888,"mmapped_bytes":0}
 * which are the numbers of mallinfo2(3): arena, uordblks, fordblks and hblkhd. Other keys may be
 * there too. The kernel cannot tell what of a heap is in use; only its allocator can.
 *
 * The service is asked over a connection that is kept open: a new one every time leaves some bytes
 * behind in the service's caches, and a floor that should stand still to the page creeps. */
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "timeline/survey.h"

/* Longer answers are refused. */
#define ALLOCATOR_ANSWER_MAX_BYTES ((size_t)64 * 1024)

/* SURVEY_ABSENT: not told. */
struct allocator {
    uint64_t arena_bytes;  /* from the kernel, in arenas */
    uint64_t in_use_bytes; /* handed out: of the arenas, and in mappings of their own (optional
                              "mmapped_bytes") */
    uint64_t free_bytes;   /* of the arenas, not handed out */
};

#define ALLOCATOR_ABSENT ((struct allocator){SURVEY_ABSENT, SURVEY_ABSENT, SURVEY_ABSENT})

struct allocator_client; /* asks one service */

/* To ask the service at base_url ("http://127.0.0.1:8080"). `reuse`: keep the connection, for a
 * service that can have one at rest. The caller owns *ret. */
int allocator_client_new(const char *base_url, const char *path, bool reuse,
                         struct allocator_client **ret, struct error *err);
void allocator_client_free(struct allocator_client *client); /* NULL is fine */

/* Ask; at most a second long. An error is the service's, and says what was found. */
int allocator_ask(struct allocator_client *client, struct allocator *ret, struct error *err);

/* Read an answer; `name` is what errors call it. */
int allocator_parse(const char *name, const char *text, size_t length, struct allocator *ret,
                    struct error *err);

/* Put the numbers into a survey. */
void allocator_note(const struct allocator *allocator, struct survey *survey);
