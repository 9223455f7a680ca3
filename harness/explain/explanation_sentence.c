#include "explain/explanation_sentence.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"

#define PLACE_MAX (EXPLANATION_SENTENCE_MAX / 2)

/* The first place; NULL: there is none. */
static const struct explanation_entry *sentence_first(const struct explanation *explanation)
{
    return explanation->grows && explanation->n_entries > 0 ? &explanation->entries[0] : NULL;
}

/* What an instrument calls it, where it has a name of its own. */
static const char *sentence_label(const struct explanation_entry *entry)
{
    for (unsigned i = 0; i < entry->n_parts; i++)
        if (entry->parts[i].label[0] != '\0')
            return entry->parts[i].label;
    return "";
}

/* "registry_add (/src/registry.c:41)", "operator new (libstdc++.so.6)", or a label alone. */
static void sentence_place(const struct explanation_entry *entry, char *text)
{
    const struct explanation_frame *place = explanation_place(entry);
    const char *label = sentence_label(entry);
    if (place == NULL)
        snprintf(text, PLACE_MAX, "%s", label[0] != '\0' ? label : "a place that has no name");
    else if (place->file[0] != '\0' && place->line > 0)
        snprintf(text, PLACE_MAX, "%.200s (%.250s:%" PRId64 ")", place->function, place->file,
                 place->line);
    else if (place->module[0] != '\0')
        snprintf(text, PLACE_MAX, "%.200s (%.250s)", place->function, place->module);
    else
        snprintf(text, PLACE_MAX, "%.400s", place->function);
}

/* " (heap)", or what it is of: " (tcp to 127.0.0.1:80, CLOSE_WAIT)". */
static void sentence_kind(const struct explanation_entry *entry, char *text, size_t size)
{
    const char *label = explanation_place(entry) != NULL ? sentence_label(entry) : "";
    text[0] = '\0';
    if (label[0] != '\0')
        snprintf(text, size, " (%.200s)", label);
    else if (entry->n_parts > 0)
        snprintf(text, size, " (%.60s)", entry->parts[0].instrument);
}

const char *explanation_sentence(const struct explanation *explanation, char *text)
{
    char place[PLACE_MAX];
    char kind[256];
    char bytes[UNITS_TEXT_MAX];
    const struct explanation_entry *entry = sentence_first(explanation);
    const char *per = explanation->by_time ? "second" : "request";
    text[0] = '\0';
    if (entry == NULL)
        return text;
    sentence_place(entry, place);
    sentence_kind(entry, kind, sizeof(kind));
    if (entry->share > 0)
        snprintf(text, EXPLANATION_SENTENCE_MAX,
                 "%.0f %% of the growth is taken at %s: +%s per %s%s", entry->share * 100, place,
                 units_format_bytes(entry->bytes_per_request, bytes), per, kind);
    else if (entry->n_parts > 0)
        snprintf(text, EXPLANATION_SENTENCE_MAX, "%s: +%.3g %s per %s%s", place,
                 entry->parts[0].objects_per_request,
                 explanation_object_word(entry->parts[0].instrument,
                                         entry->parts[0].objects_per_request == 1),
                 per, kind);
    return text;
}

const char *explanation_short_place(const struct explanation *explanation, char *text)
{
    const struct explanation_entry *entry = sentence_first(explanation);
    const struct explanation_frame *place = entry != NULL ? explanation_place(entry) : NULL;
    text[0] = '\0';
    if (entry == NULL)
        return text;
    if (place == NULL || place->file[0] == '\0' || place->line == 0) {
        snprintf(text, EXPLANATION_SENTENCE_MAX, "%.200s",
                 place != NULL ? place->function : sentence_label(entry));
        return text;
    }
    const char *slash = strrchr(place->file, '/');
    snprintf(text, EXPLANATION_SENTENCE_MAX, "%.200s %.200s:%" PRId64, place->function,
             slash != NULL ? slash + 1 : place->file, place->line);
    return text;
}
