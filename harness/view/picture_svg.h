#pragma once
/* Results as one still picture, for tickets and READMEs: the verdict in words, what was held
 * against the limit over time, below it what tells something about this run, and how it was
 * measured. Of several results: what they held, and their floors, laid over each other.
 *
 * The text is text, in whatever generic font there is; light and dark as the reader's screen is, on
 * paper of its own. No script, nothing loaded. Some 20 to 60 KB, whatever the length of the run. */
#include "base/buffer.h"
#include "view/view_input.h"

/* What a picture is at most, whatever is in it. */
#define PICTURE_BYTES_MAX ((size_t)400 * 1000)

/* Append the whole SVG document. -1: out of memory, or there is no run. */
int picture_svg_write(const struct view_input *input, struct buffer *out, struct error *err);
