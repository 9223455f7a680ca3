#pragma once
/* Programs with a sanitizer in them (-fsanitize=address, -fsanitize=thread), whatever their names.
 *
 * A sanitizer keeps memory for purposes of its own: what is freed, or the history of each thread.
 * That would be growth with every request, and no leak of the service's. So leakcage runs such a
 * service with options under which the sanitizer keeps little, unless somebody has chosen others,
 * and the record says with which. What only starts such a program (a script) is not seen here but
 * when it runs: run/quarantine.h. */
#include "scenario/plan.h"

/* Into the environment of each run's service that is a program of this machine, when a sanitizer is
 * in it: its options as we have them in our own environment, for no guest has that by itself; else
 * those of build_sanitizer_options(), named in the run's sanitizer_options. What the service's own
 * environment sets stays. Images and what runs already are left alone, and so are dependencies,
 * whose memory is not measured. Before runs are repeated. */
int sanitized_prepare(struct plan *plan, struct error *err);
