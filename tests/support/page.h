#pragma once
/* What every HTML report is held to: one whole document that is not too long, runs nothing and
 * loads nothing, and has numbers where numbers belong. */
#include "base/buffer.h"

/* Failures end the test. The document is kept in the folder that LEAKCAGE_KEEP_HTML names, where
 * check_html.py has parsers of others read it. */
void page_expect(const struct buffer *document, size_t bytes_max);
