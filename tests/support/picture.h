#pragma once
/* What every picture is held to: one whole SVG document of a bounded size, with a title and a
 * description, that runs nothing and loads nothing, light and dark, with numbers where numbers
 * belong. */
#include "view/view_input.h"

/* The picture of these runs; failures end the test. It is kept in the folder that LEAKCAGE_KEEP_SVG
 * names, where check_svg.py has parsers of others read it. The caller frees it. */
char *picture_drawn(const struct view_input *input);
char *picture_drawn_one(const struct record *record);
