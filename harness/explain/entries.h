#pragma once
/* Entries: sites of several instruments that are the same place become one, with a part for each
 * instrument and kind; and the tree of calls of what grows. */
#include "explain/accounts.h"

/* What grows, the largest share first, into explanation->entries. */
int entries_of_growth(const struct accounts *accounts, struct explanation *explanation,
                      struct error *err);

/* What is held at the last judged floor, the most bytes first, into explanation->held. */
int entries_of_held(const struct accounts *accounts, struct explanation *explanation,
                    struct error *err);

/* The calls of what grows, into explanation->nodes. */
int entries_tree(const struct accounts *accounts, struct explanation *explanation,
                 struct error *err);
