#pragma once
/* The instruments of one start of a service: those of a list that its spec asks for, in the order
 * of the list, with what they share. What one cannot do, and what it does to the service, goes
 * into the record, once for each; the others go on.
 *
 * What cannot work is replaced by what explains nearly as much: heaptrack by malloc, which needs no
 * place in the environment, and malloc by pages; also when that is found out only once the service
 * runs. */
#include "instrument/instrument.h"

/* `list` is NULL-terminated, and lives as long as the set. The caller owns *ret. */
int instrument_set_new(const struct instrument_site *site, const struct instrument *const *list,
                       struct instruments **ret, struct error *err);

/* As the members of struct run_instruments of these names. */
const char *const *instrument_set_environment(const struct instruments *set);
void instrument_set_started(struct instruments *set, const struct instrument_target *target);
void instrument_set_ready(struct instruments *set, const struct instrument_target *target);
void instrument_set_settled(struct instruments *set);
void instrument_set_floor(struct instruments *set, size_t cycle);
void instrument_set_end(struct instruments *set);
