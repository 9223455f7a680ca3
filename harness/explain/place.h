#pragma once
/* The place of a stack: which of its frames is the line to look at, what the label at its leaf
 * says, and where the stack of who started a thread begins. Pure.
 *
 * The line to look at is the innermost frame of the service's own code that has a line; without
 * one (a stripped program) the innermost of its own code. What is below /lib and /usr/lib, and the
 * runtime of a language, is not the service's own. */
#include "profile/profile.h"

#define PLACE_LABEL_MAX 200

struct place {
    char label[PLACE_LABEL_MAX]; /* of the leaf, without its brackets; "": none */
    uint32_t begin;              /* the first frame that is a call */
    uint32_t end;    /* where the calls end: those of who started it stand behind, or nothing */
    uint32_t line;   /* the line to look at; `end`: there is none */
    uint32_t origin; /* the first frame of who started it; depth: not known */
    uint32_t origin_line; /* the line to look at in that; depth: there is none */
    bool allocates;       /* it was taken by an allocator, for blocks that it hands out */
};

/* Is the frame of the system or of a language's runtime? */
bool place_is_system(const struct profile_frame *frame);

/* The place of a stack of this profile. */
void place_of(const struct profile *profile, const uint32_t *frames, uint32_t depth,
              struct place *ret);

/* A label as one of a kind: each run of digits becomes "*". Returns pattern[PLACE_LABEL_MAX]. */
const char *place_pattern(const char *label, char *pattern);
