#include "memory/name_counts.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define NAME_COUNTS_SLOTS_MIN 64
#define ELLIPSIS              "…"

struct name_count {
    uint64_t count; /* 0: an empty slot */
    uint64_t bytes; /* of the largest file, SURVEY_ABSENT: none */
    uint32_t hash;
    char name[SURVEY_NAME_MAX];
};

void name_counts_done(struct name_counts *counts)
{
    free(counts->entries);
    *counts = NAME_COUNTS_INIT;
}

/* FNV-1a */
static uint32_t name_counts_hash(const char *name)
{
    uint32_t hash = 2166136261U;
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619U;
    return hash;
}

/* The name's slot, or the empty one it belongs in. */
static struct name_count *name_counts_slot(const struct name_counts *counts, const char *name,
                                           uint32_t hash)
{
    for (size_t i = hash;; i++) {
        struct name_count *slot = &counts->entries[i & (counts->n_slots - 1)];
        /* There are slots: grown before. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
        if (slot->count == 0 || (slot->hash == hash && strcmp(slot->name, name) == 0))
            return slot;
    }
}

static int name_counts_grow(struct name_counts *counts, struct error *err)
{
    if (counts->n_slots > 0 && counts->n_used < counts->n_slots / 2)
        return 0;

    struct name_counts larger = {.n_slots = counts->n_slots > 0 ? counts->n_slots * 2
                                                                : NAME_COUNTS_SLOTS_MIN,
                                 .n_used = counts->n_used};
    larger.entries = calloc(larger.n_slots, sizeof(*larger.entries));
    if (larger.entries == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < counts->n_slots; i++) {
        const struct name_count *old = &counts->entries[i];
        if (old->count > 0)
            *name_counts_slot(&larger, old->name, old->hash) = *old;
    }
    free(counts->entries);
    *counts = larger;
    return 0;
}

/* A name as it fits a row. Nothing is cut within a UTF-8 sequence. */
static void name_counts_fit(const char *name, char fitting[SURVEY_NAME_MAX])
{
    size_t length = strlen(name);
    if (length < SURVEY_NAME_MAX) {
        memcpy(fitting, name, length + 1);
        return;
    }
    size_t room = SURVEY_NAME_MAX - 1 - strlen(ELLIPSIS);
    if (name[0] == '/') {
        const char *tail = name + length - room;
        while (((unsigned char)*tail & 0xc0) == 0x80)
            tail++;
        snprintf(fitting, SURVEY_NAME_MAX, "%s%s", ELLIPSIS, tail);
    } else {
        while (room > 0 && ((unsigned char)name[room] & 0xc0) == 0x80)
            room--;
        snprintf(fitting, SURVEY_NAME_MAX, "%.*s%s", (int)room, name, ELLIPSIS);
    }
}

static uint64_t name_counts_larger(uint64_t a, uint64_t b)
{
    if (a == SURVEY_ABSENT || b == SURVEY_ABSENT)
        return a == SURVEY_ABSENT ? b : a;
    return a > b ? a : b;
}

static int name_counts_add_many(struct name_counts *counts, const char *name, uint64_t count,
                                uint64_t bytes, struct error *err)
{
    if (name_counts_grow(counts, err) < 0)
        return -1;
    char fitting[SURVEY_NAME_MAX];
    name_counts_fit(name, fitting);
    uint32_t hash = name_counts_hash(fitting);
    struct name_count *slot = name_counts_slot(counts, fitting, hash);
    if (slot->count == 0) {
        slot->hash = hash;
        slot->bytes = SURVEY_ABSENT;
        memcpy(slot->name, fitting, sizeof(fitting));
        counts->n_used++;
    }
    slot->count += count;
    slot->bytes = name_counts_larger(slot->bytes, bytes);
    return 0;
}

int name_counts_add(struct name_counts *counts, const char *name, struct error *err)
{
    return name_counts_add_many(counts, name, 1, SURVEY_ABSENT, err);
}

int name_counts_add_file(struct name_counts *counts, const char *name, uint64_t bytes,
                         struct error *err)
{
    return name_counts_add_many(counts, name, 1, bytes, err);
}

/* The same counts with single paths joined by folder: "/tmp/a7c" and "/tmp/b0d" to "/tmp/…". */
static int name_counts_join(const struct name_counts *counts, struct name_counts *ret,
                            struct error *err)
{
    for (size_t i = 0; i < counts->n_slots; i++) {
        const struct name_count *entry = &counts->entries[i];
        if (entry->count == 0)
            continue;
        const char *slash = strrchr(entry->name, '/');
        bool joins = slash != NULL && entry->count == 1 &&
                     (entry->name[0] == '/' || strncmp(entry->name, ELLIPSIS, 3) == 0);
        char folder[SURVEY_NAME_MAX + sizeof(ELLIPSIS)];
        if (joins)
            snprintf(folder, sizeof(folder), "%.*s%s", (int)(slash + 1 - entry->name), entry->name,
                     ELLIPSIS);
        if (name_counts_add_many(ret, joins ? folder : entry->name, entry->count, entry->bytes,
                                 err) < 0)
            return -1;
    }
    return 0;
}

static int name_counts_compare(const void *left, const void *right)
{
    const struct name_count *a = left;
    const struct name_count *b = right;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return strcmp(a->name, b->name);
}

int name_counts_top(const struct name_counts *counts, struct survey_group *rows, unsigned *ret_n,
                    struct error *err)
{
    CLEANUP(name_counts_done) struct name_counts joined = NAME_COUNTS_INIT;
    if (counts->n_used > SURVEY_GROUPS_MAX) {
        if (name_counts_join(counts, &joined, err) < 0)
            return -1;
        counts = &joined;
    }

    CLEANUP(freep) struct name_count *sorted = calloc(counts->n_used + 1, sizeof(*sorted));
    if (sorted == NULL)
        return error_out_of_memory(err);
    size_t n = 0;
    for (size_t i = 0; i < counts->n_slots; i++)
        if (counts->entries[i].count > 0)
            sorted[n++] = counts->entries[i];
    qsort(sorted, n, sizeof(*sorted), name_counts_compare);

    unsigned n_rows = 0;
    bool overflows = n > SURVEY_GROUPS_MAX;
    for (size_t i = 0; i < n; i++) {
        bool other = overflows && i >= SURVEY_GROUPS_MAX - 1;
        if (!other || i == SURVEY_GROUPS_MAX - 1) {
            struct survey_group *row = &rows[n_rows++];
            snprintf(row->name, sizeof(row->name), "%s", other ? "other" : sorted[i].name);
            row->count = 0;
            row->bytes = other ? SURVEY_ABSENT : sorted[i].bytes;
        }
        rows[n_rows - 1].count += sorted[i].count;
    }
    *ret_n = n_rows;
    return 0;
}
