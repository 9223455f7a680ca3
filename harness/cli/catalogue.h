#pragma once
/* The catalogue: the scenarios that come with leakcage. */
#include "cli/options.h"
#include "cli/places.h"
#include "scenario/scenario.h"

/* Load a scenario by what the user typed: a file, or a name of the catalogue. An unknown name is an
 * error that suggests the nearest one. The caller owns *ret. */
int catalogue_load(const char *name, const struct places *places, struct scenario **ret,
                   struct error *err);

/* The same to be run: its paths stay within its folder (scenario/confinement.h), unless the options
 * or LEAKCAGE_ALLOW_OUTSIDE=1 in the environment say otherwise. */
int catalogue_open(const char *name, const struct options *options, const struct places *places,
                   struct scenario **ret, struct error *err);

/* May scenarios' paths lead anywhere? */
bool catalogue_allows_outside(const struct options *options);

/* The catalogue's names, sorted, NULL-terminated; free with catalogue_free_names(). */
int catalogue_names(const struct places *places, char ***ret, struct error *err);
void catalogue_free_names(char **names);
