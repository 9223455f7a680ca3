#pragma once
/* Sites on their way to entries: those of one place, of whatever instrument, become one. */
#include "explain/accounts.h"

struct entry_site {
    const struct sites *sites; /* borrowed */
    uint32_t number;
    const struct sites *place_sites; /* whose line it is shown at: its own, or that of who opened
                                        the file that it is */
    uint32_t place;
    double bytes; /* what counts: explained, or held */
    double objects;
    bool grown;
};

struct entry_list {
    struct entry_site *items;
    size_t n;
};

/* An empty one with room for every site. */
int entry_list_new(const struct accounts *accounts, struct entry_list *ret, struct error *err);
void entry_list_done(struct entry_list *list); /* for CLEANUP */

/* Add a site; its place is found here. */
void entry_list_add(struct entry_list *list, const struct accounts *accounts,
                    const struct entry_site *site);

/* The entries of a list, the most first, EXPLANATION_ENTRIES_MAX at most: those of so many bytes
 * at least, and those that are counted. The list is reordered; the caller frees *ret. */
int entry_list_merge(struct entry_list *list, struct explanation *explanation, double least_bytes,
                     struct explanation_entry **ret, unsigned *ret_n, struct error *err);

/* The site, and whether it is of this instrument. */
const struct site *entry_site(const struct entry_site *item);
bool entry_is(const struct entry_site *item, const char *instrument);

/* A frame whose texts live as long as the explanation; false: no memory. */
bool entry_copy_frame(struct explanation *explanation, const struct profile_frame *frame,
                      struct explanation_frame *ret);
