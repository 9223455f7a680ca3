#pragma once
/* The catalogue: the scenarios that come with leakcage. */
#include "cli/places.h"
#include "scenario/scenario.h"

/* Load a scenario by what the user typed: a file, or a name of the catalogue. An unknown name is an
 * error that suggests the nearest one. The caller owns *ret. */
int catalogue_load(const char *name, const struct places *places, struct scenario **ret,
                   struct error *err);

/* The catalogue's names, sorted, NULL-terminated; free with catalogue_free_names(). */
int catalogue_names(const struct places *places, char ***ret, struct error *err);
void catalogue_free_names(char **names);
