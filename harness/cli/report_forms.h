#pragma once
/* The forms in which `leakcage report` writes results: which one was asked for, and who writes it.
 *
 * An option names the form. Without one the ending of the file does ("-o x.svg"), and without that
 * it is the table for people. */
#include "base/buffer.h"
#include "cli/options.h"
#include "cli/report_explanations.h"
#include "cli/result_folders.h"
#include "report/terminal.h"

/* What there is to write. Everything is borrowed. */
struct report_input {
    const struct options *options;
    const struct result_folders *results;
    const struct record *const *records;            /* those of the results, in their order */
    const struct report_explanations *explanations; /* the same */
    struct terminal_style style;                    /* of the table */
};

/* Append the results to `out`, in the form that the options ask for. */
int report_form_write(const struct report_input *input, struct buffer *out, struct error *err);
