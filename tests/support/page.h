#pragma once
/* What every HTML report is held to: one whole document that is not too long, runs nothing and
 * loads nothing, and has numbers where numbers belong. */
#include "base/buffer.h"

/* Failures end the test. The document is kept in the folder that LEAKCAGE_KEEP_HTML names, where
 * check_html.py has parsers of others read it. */
void page_expect(const struct buffer *document, size_t bytes_max);

/* Is that in the text? The whole of it is too long to be told. How often? */
void page_expect_part(const char *text, const char *part);
size_t page_count(const char *text, const char *part);
