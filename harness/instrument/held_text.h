#pragma once
/* What a script within a service tells of what is held there, as lines of text:
 *
 *   frame LINE FILE<tab>FUNCTION    frames are numbered from 0, in this order; LINE 0: not known
 *   stack OBJECTS BYTES N N N…      frames by number, the leaf first
 *   failed TEXT                     in place of all that: why there is nothing
 *   end
 *
 * It comes from the service, so nothing of it is trusted: what is not of this form is
 * ERROR_SERVICE with the number of the line, and the profile's bounds hold. */
#include <stdbool.h>

#include "profile/profile.h"

/* Frames in one answer, and of one stack. */
#define HELD_TEXT_FRAMES_MAX 200000
#define HELD_TEXT_DEPTH_MAX  256

/* Is the answer whole: is its last line "end"? */
bool held_text_is_whole(const char *text, size_t length);

/* A profile with the types inuse_objects/count and inuse_space/bytes, for held_text_read(). The
 * caller owns *ret. */
int held_text_profile(struct profile **ret, struct error *err);

/* Add what one answer tells to it. The module of a frame is its file. */
int held_text_read(const char *text, size_t length, struct profile *profile, struct error *err);
