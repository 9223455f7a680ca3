#pragma once
/* Entries of baselines made by hand, for what stores them and compares with them. */
#include "scenario/baseline.h"

/* A clean case of five repeats, of a scenario of this name, in driver vm. */
struct baseline_entry baselines_entry(const char *scenario);

/* The whole baseline as text, or the end of the test; the caller frees it. */
char *baselines_text(const struct baseline *baseline);

/* A baseline of these entries, put in this order. */
struct baseline *baselines_new(const struct baseline_entry *entries, size_t n);
