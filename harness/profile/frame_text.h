#pragma once
/* A frame as one word of a line of text, "registry_check registry.c:41", for forms that have no
 * room for more. Names are of the service under test: what would end the line or the word is
 * replaced. */
#include "base/buffer.h"
#include "profile/profile.h"

/* Of an address that has no name ("0x1234") the library that it is in, without its folder; "" of
 * any other frame, and where that is not known. Borrowed. */
const char *frame_text_module(const struct profile_frame *frame);

/* Append it: the function, and where it is known the file and the line, or the library as above.
 * Controls and what is not UTF-8 become "?", ";" becomes ":" and of two "-" one after another the
 * second "~", for those part frames. */
int frame_text_append(const struct profile_frame *frame, struct buffer *out, struct error *err);
