#pragma once
/* Lists of words, as commands and environments are: NULL-terminated arrays that are never changed,
 * for others may have them too. What is made of them is a new list in an arena, whose words are
 * those of the old ones; NULL when out of memory. */
#include <stddef.h>

#include "base/arena.h"

/* How many there are. */
size_t words_count(const char *const *words);

/* `words`, and `more` behind them. */
const char *const *words_append(struct arena *arena, const char *const *words,
                                const char *const *more);

/* `words` (at least one) with another first one: the program of a command. */
const char *const *words_with_first(struct arena *arena, const char *const *words,
                                    const char *first);

/* Where the environment `env` sets the variable of `entry` ("K=V"); its length: nowhere. */
size_t words_find_variable(const char *const *env, const char *entry);

/* `env` with `entry` in the place of one of the same name, else behind all. */
const char *const *words_set_variable(struct arena *arena, const char *const *env,
                                      const char *entry);
