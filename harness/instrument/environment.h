#pragma once
/* The service's environment while instruments put into it what they need: who begins them makes
 * it, and instrument_environment_add() (instrument.h) is all that they see of it. Values are as a
 * spec has them: text in braces that is no placeholder is escaped (scenario/placeholder.h). */
#include "instrument/instrument.h"

/* That of this spec. The caller owns *ret. */
int instrument_environment_new(const struct run_spec *spec, struct instrument_environment **ret,
                               struct error *err);
void instrument_environment_free(struct instrument_environment *environment); /* NULL is fine */

/* All of it, NULL-terminated; borrowed until something is added. */
const char *const *instrument_environment_list(const struct instrument_environment *environment);
