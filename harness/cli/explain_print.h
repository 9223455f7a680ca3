#pragma once
/* Explanations on standard output, as they come: a block each; with --quiet a line each; with
 * --json, at the end, the object of one ("leakcage.explanation/1"), or an array of several:
 * [{"id": "unclosed-body", "explanation": {…}}]. */
#include "base/json_writer.h"
#include "cli/console.h"
#include "explain/explanation.h"

/* An explanation, and the two runs that it is of; all borrowed. */
struct explained {
    const struct stored_record *plain;
    const struct stored_record *instrumented;
    const struct explanation *explanation;
};

struct explain_printer {
    struct console *console; /* borrowed */
    bool several;            /* there may be more than one: to be set before the first */
    unsigned n;              /* so far */
    struct buffer json;
    struct json_writer writer; /* once there is one */
};

/* `console` is borrowed, and has the options. */
void explain_printer_init(struct explain_printer *printer, struct console *console);
void explain_printer_done(struct explain_printer *printer);

/* One is done. */
int explain_print(struct explain_printer *printer, const struct explained *explained,
                  struct error *err);

/* All have been printed; also after a failure. */
int explain_print_end(struct explain_printer *printer, struct error *err);
