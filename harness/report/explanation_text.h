#pragma once
/* What a person sees of an explanation: first the answer (how much grows, how much of that is
 * explained), then each place with its source and its stack, the tree of calls, and what is
 * missing; where nothing grows, what is held instead.
 *
 * Pure: an explanation in, text out. Names and lines of source are text of others, and made
 * harmless here. */
#include "explain/explanation.h"
#include "report/terminal.h"

/* What is wanted. */
struct explanation_text {
    const struct explanation *explanation;
    const struct record *plain;
    const struct record *instrumented;
    const char *dir;    /* where the run with instruments is stored, as the user would type it;
                           NULL: it is not */
    const char *folder; /* absolute; files in it are shown without it; NULL: none */
};

/* Append it all. */
int explanation_text_write(const struct explanation_text *text, const struct terminal_style *style,
                           struct buffer *out, struct error *err);

/* "1 tcp to 127.0.0.1:80", "61 blocks", "one block every 512 requests": what a part counts.
 * Returns text. */
const char *explanation_text_count(const struct explanation_part *part, double objects,
                                   const char *per, char *text, size_t size);
