#include "explain/explanation.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"

int explanation_new(struct explanation **ret, struct error *err)
{
    CLEANUP(explanation_freep) struct explanation *explanation = calloc(1, sizeof(*explanation));
    if (explanation == NULL)
        return error_out_of_memory(err);
    explanation->arena = arena_new();
    if (explanation->arena == NULL)
        return error_out_of_memory(err);
    *ret = take_ptr(&explanation);
    return 0;
}

void explanation_free(struct explanation *explanation)
{
    if (explanation == NULL)
        return;
    free(explanation->entries);
    free(explanation->held);
    arena_free(explanation->arena);
    free(explanation);
}

void explanation_freep(struct explanation **explanation)
{
    explanation_free(*explanation);
}

const struct explanation_frame *explanation_place(const struct explanation_entry *entry)
{
    if (entry->origin_frame < entry->n_frames)
        return &entry->frames[entry->origin_frame];
    return entry->line_frame < entry->n_frames ? &entry->frames[entry->line_frame] : NULL;
}

const char *explanation_object_word(const char *instrument, bool one)
{
    static const struct {
        const char *instrument, *one, *many;
    } words[] = {
        {"heap", "block", "blocks"},
        {"pages", "page", "pages"},
        {"mappings", "mapping", "mappings"},
        {"descriptors", "descriptor", "descriptors"},
        {"threads", "thread", "threads"},
        {"files", "file", "files"},
        {"go-goroutines", "goroutine", "goroutines"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (strcmp(instrument, words[i].instrument) == 0)
            return one ? words[i].one : words[i].many;
    return one ? "object" : "objects";
}
