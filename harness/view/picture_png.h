#pragma once
/* The picture of picture_svg.h as PNG, for what shows no SVG: made by librsvg's rsvg-convert, at
 * twice its size, light. */
#include "base/buffer.h"
#include "view/view_input.h"

/* Pixels to a unit of the picture. */
#define PICTURE_PNG_ZOOM 2

/* Append the PNG. ERROR_ENVIRONMENT, which names the package, when there is no rsvg-convert, or no
 * font for it. */
int picture_png_write(const struct view_input *input, struct buffer *out, struct error *err);
