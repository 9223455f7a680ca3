#include "explain/explanation_source.h"

#include <sys/stat.h>

#include "base/arena.h"
#include "explain/explanation.h"
#include "explain/source_lines.h"

#define SOURCE_AROUND 3

static bool source_is_newer(const char *file, int64_t started_unix_s)
{
    struct stat status;
    return started_unix_s > 0 && stat(file, &status) == 0 && status.st_mtim.tv_sec > started_unix_s;
}

static int source_add(struct explanation *explanation, struct explanation_entry *entry,
                      int64_t started_unix_s, struct error *err)
{
    struct source_lines found;
    const struct explanation_frame *place = explanation_place(entry);
    entry->source = (struct explanation_source){.n = 0};
    if (place == NULL || source_is_newer(place->file, started_unix_s) ||
        !source_lines_read(place->file, place->line, SOURCE_AROUND, &found))
        return 0;
    const char **lines = arena_alloc(explanation->arena, found.n * sizeof(*lines));
    if (lines == NULL)
        return error_out_of_memory(err);
    for (unsigned i = 0; i < found.n; i++) {
        lines[i] = arena_strdup(explanation->arena, found.text[i]);
        if (lines[i] == NULL)
            return error_out_of_memory(err);
    }
    entry->source = (struct explanation_source){found.first, found.n, lines};
    return 0;
}

int explanation_add_sources(struct explanation *explanation, int64_t started_unix_s,
                            struct error *err)
{
    for (unsigned i = 0; i < explanation->n_entries; i++)
        if (source_add(explanation, &explanation->entries[i], started_unix_s, err) < 0)
            return -1;
    for (unsigned i = 0; i < explanation->n_held; i++)
        if (source_add(explanation, &explanation->held[i], started_unix_s, err) < 0)
            return -1;
    return 0;
}
