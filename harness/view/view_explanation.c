#include "view/view_explanation.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "explain/explanation_json.h"
#include "profile/flame.h"
#include "scenario/record_instruments.h"
#include "view/view_profiles.h"

/* An entry that is tried. */
#define VIEW_ENTRY_MAX ((size_t)1024 * 1024)

/* A name as long as it is worth, or nothing where there is none. */
static void view_write_name(struct json_writer *writer, const char *key, const char *name)
{
    char text[FLAME_TEXT_MAX];
    if (*name != '\0')
        json_write_text(writer, key, flame_text(name, text));
}

static void view_write_known(struct json_writer *writer, const char *key, const char *text)
{
    json_write_text(writer, key, *text != '\0' ? text : NULL);
}

static void view_write_frame(struct json_writer *writer, const struct explanation_frame *frame)
{
    json_write_object(writer, NULL);
    view_write_name(writer, "function", frame->function);
    view_write_name(writer, "file", frame->file);
    if (frame->line > 0)
        json_write_i64(writer, "line", frame->line);
    view_write_name(writer, "module", frame->module);
    if (frame->is_system)
        json_write_bool(writer, "system", true);
    json_write_close_object(writer);
}

static void view_write_part(struct json_writer *writer, const struct explanation_part *part)
{
    bool one = part->objects_per_request > 0.995 && part->objects_per_request < 1.005;
    json_write_object(writer, NULL);
    view_write_name(writer, "instrument", part->instrument);
    json_write_text(writer, "word", explanation_object_word(part->instrument, one));
    json_write_text(writer, "held_word",
                    explanation_object_word(part->instrument, part->held_objects == 1));
    view_write_name(writer, "label", part->label);
    json_write_decimal(writer, "bytes_per_request", part->bytes_per_request, 3);
    json_write_decimal(writer, "objects_per_request", part->objects_per_request, 6);
    json_write_decimal(writer, "held_bytes", part->held_bytes, 0);
    json_write_decimal(writer, "held_objects", part->held_objects, 0);
    json_write_close_object(writer);
}

static void view_write_source(struct json_writer *writer, const struct explanation_entry *entry)
{
    const struct explanation_source *source = &entry->source;
    const struct explanation_frame *place = explanation_place(entry);
    char text[FLAME_TEXT_MAX];
    if (place == NULL || source->n == 0)
        return;
    json_write_object(writer, "source");
    view_write_name(writer, "file", place->file);
    json_write_i64(writer, "first", source->first);
    json_write_i64(writer, "line", place->line);
    json_write_row(writer, "lines");
    for (unsigned i = 0; i < source->n; i++)
        json_write_text(writer, NULL, flame_text(source->lines[i], text));
    json_write_close_array(writer);
    json_write_close_object(writer);
}

static void view_write_entry(struct json_writer *writer, const struct explanation_entry *entry,
                             unsigned frames_max)
{
    unsigned n = entry->n_frames < frames_max ? entry->n_frames : frames_max;
    json_write_object(writer, NULL);
    json_write_decimal(writer, "share", entry->share, 4);
    json_write_decimal(writer, "bytes_per_request", entry->bytes_per_request, 3);
    json_write_decimal(writer, "held_bytes", entry->held_bytes, 0);
    if (entry->line_frame < n)
        json_write_u64(writer, "line_frame", entry->line_frame);
    if (entry->origin < n)
        json_write_u64(writer, "origin", entry->origin);
    if (entry->origin_frame < n)
        json_write_u64(writer, "origin_frame", entry->origin_frame);
    json_write_u64(writer, "more_stacks", entry->more_stacks);
    json_write_array(writer, "parts");
    for (unsigned i = 0; i < entry->n_parts; i++)
        view_write_part(writer, &entry->parts[i]);
    json_write_close_array(writer);
    json_write_array(writer, "frames");
    for (unsigned i = 0; i < n; i++)
        view_write_frame(writer, &entry->frames[i]);
    json_write_close_array(writer);
    if (n < entry->n_frames)
        json_write_u64(writer, "frames_left_out", entry->n_frames - n);
    view_write_source(writer, entry);
    json_write_close_object(writer);
}

/* As many frames as there is room for, at least up to the lines to look at; 0: not even those. */
static unsigned view_fit_entry(const struct explanation_entry *entry, size_t room)
{
    for (unsigned frames = VIEW_EXPLANATION_FRAMES; frames > 0; frames /= 2) {
        CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(VIEW_ENTRY_MAX);
        struct json_writer trial;
        json_writer_begin_line(&trial, &text);
        view_write_entry(&trial, entry, frames);
        if (json_writer_end(&trial, NULL) == 0 && text.length <= room)
            return frames;
    }
    return 0;
}

/* Those that there is room for, the most important first. */
static void view_write_entries(struct json_writer *writer, const char *key,
                               const struct explanation_entry *entries, unsigned n, size_t room)
{
    char left_out[32];
    size_t begin = writer->out->length;
    unsigned shown = 0;
    json_write_array(writer, key);
    for (; shown < n && shown < VIEW_EXPLANATION_ENTRIES; shown++) {
        size_t used = writer->out->length - begin;
        unsigned frames = used < room ? view_fit_entry(&entries[shown], room - used) : 0;
        if (frames == 0)
            break;
        view_write_entry(writer, &entries[shown], frames);
    }
    json_write_close_array(writer);
    snprintf(left_out, sizeof(left_out), "%s_left_out", key);
    if (shown < n)
        json_write_u64(writer, left_out, n - shown);
}

static void view_write_areas(struct json_writer *writer, const struct explanation *explanation)
{
    json_write_array(writer, "areas");
    for (unsigned i = 0; i < explanation->n_areas; i++) {
        const struct explanation_area *area = &explanation->areas[i];
        json_write_object(writer, NULL);
        json_write_text(writer, "name", area->name);
        json_write_decimal(writer, "measured_rate", area->measured_rate, 3);
        json_write_decimal(writer, "explained_rate", area->explained_rate, 3);
        json_write_close_object(writer);
    }
    json_write_close_array(writer);
}

static void view_write_instruments(struct json_writer *writer, const struct record *record)
{
    json_write_array(writer, "instruments");
    for (unsigned i = 0; i < record->n_instruments; i++) {
        const struct record_instrument *instrument = &record->instruments[i];
        json_write_object(writer, NULL);
        json_write_text(writer, "name", instrument->name);
        json_write_text(writer, "state", record_instrument_state_name(instrument->state));
        view_write_known(writer, "why", instrument->why);
        view_write_known(writer, "effect", instrument->effect);
        json_write_close_object(writer);
    }
    json_write_close_array(writer);
}

/* What profiles of the run with instruments are rows of. */
static void view_write_kinds(struct json_writer *writer, const struct timeline *timeline)
{
    json_write_array(writer, "cycles");
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        json_write_object(writer, NULL);
        json_write_text(writer, "kind", cycle_kind_name(timeline->cycles[i].kind));
        json_write_close_object(writer);
    }
    json_write_close_array(writer);
}

static void view_write_explanation(struct json_writer *writer,
                                   const struct explanation *explanation, size_t room)
{
    json_write_bool(writer, "grows", explanation->grows);
    json_write_bool(writer, "by_time", explanation->by_time);
    json_write_decimal(writer, "measured_rate", explanation->measured_rate, 3);
    json_write_decimal(writer, "explained_rate", explanation->explained_rate, 3);
    json_write_decimal(writer, "share", explanation->share, 4);
    view_write_known(writer, "missing", explanation->missing);
    view_write_known(writer, "holding", explanation->holding);
    json_write_bool(writer, "agrees", explanation->agrees);
    view_write_known(writer, "disagreement", explanation->disagreement);
    if (explanation->slowdown > 0)
        json_write_decimal(writer, "slowdown", explanation->slowdown, 2);
    view_write_areas(writer, explanation);
    view_write_entries(writer, "entries", explanation->entries, explanation->n_entries,
                       explanation->n_entries > 0 ? room - room / 4 : 0);
    view_write_entries(writer, "held", explanation->held, explanation->n_held,
                       explanation->n_entries > 0 ? room / 4 : room);
}

/* The run with instruments; what of it cannot be read is said, and the rest is shown. */
static void view_write_instrumented(struct json_writer *writer, const char *dir, size_t room)
{
    CLEANUP(record_freep) struct record *record = NULL;
    struct error err = {.kind = ERROR_NONE};
    if (record_load(dir, &record, &err) < 0) {
        json_write_text(writer, "why", err.text);
        return;
    }
    const struct stored_record run = {.record = record, .dir = dir};
    view_write_instruments(writer, record);
    view_write_kinds(writer, record->timeline);
    view_profiles_write(writer, &run, EXPLANATION_FOLDER "/", room);
}

void view_explanation_write(struct json_writer *writer, const struct stored_record *run,
                            size_t n_runs)
{
    CLEANUP(explanation_freep) struct explanation *explanation = NULL;
    struct error err = {.kind = ERROR_NONE};
    if (run->dir == NULL)
        return;
    CLEANUP(freep) char *dir = file_join(run->dir, EXPLANATION_FOLDER);
    if (dir == NULL) {
        writer->failed = true;
        error_out_of_memory(&writer->error);
        return;
    }
    int status = explanation_load(dir, &explanation, &err);
    if (status > 0)
        return;
    size_t share = VIEW_EXPLANATIONS_BYTES / n_runs;
    size_t half = share / 2;
    json_write_object(writer, "explanation");
    if (status < 0) {
        json_write_text(writer, "why", err.text);
    } else {
        view_write_explanation(writer, explanation,
                               half < VIEW_EXPLANATION_BYTES ? half : VIEW_EXPLANATION_BYTES);
        view_write_instrumented(writer, dir,
                                half < VIEW_EXPLAINED_FLAMES ? half : VIEW_EXPLAINED_FLAMES);
    }
    json_write_close_object(writer);
}
