#include "explain/explanation_json.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"

/* Every frame of an explanation, once. */
struct explanation_frames {
    const struct explanation_frame **items;
    size_t n;
    size_t *slots; /* number + 1; 0: free */
    size_t n_slots;
    bool failed;
};

static void explanation_frames_done(struct explanation_frames *frames)
{
    free(frames->items);
    free(frames->slots);
}

static size_t explanation_hash_text(size_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211U;
    return hash;
}

static bool explanation_same_frame(const struct explanation_frame *a,
                                   const struct explanation_frame *b)
{
    return a->line == b->line && a->is_system == b->is_system &&
           strcmp(a->function, b->function) == 0 && strcmp(a->file, b->file) == 0 &&
           strcmp(a->module, b->module) == 0;
}

/* The number of a frame; it is there afterwards, as there is room for all. */
static size_t explanation_frame_number(struct explanation_frames *frames,
                                       const struct explanation_frame *frame)
{
    size_t hash = explanation_hash_text((size_t)frame->line + 14695981039U, frame->function);
    size_t slot = explanation_hash_text(hash, frame->file) % frames->n_slots;
    for (; frames->slots[slot] != 0; slot = (slot + 1) % frames->n_slots)
        if (explanation_same_frame(frames->items[frames->slots[slot] - 1], frame))
            return frames->slots[slot] - 1;
    frames->items[frames->n++] = frame;
    frames->slots[slot] = frames->n;
    return frames->n - 1;
}

static size_t explanation_count_frames(const struct explanation_entry *entries, unsigned n)
{
    size_t frames = 0;
    for (unsigned i = 0; i < n; i++)
        frames += entries[i].n_frames;
    return frames;
}

static void explanation_add_frames(struct explanation_frames *frames,
                                   const struct explanation_entry *entries, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        for (unsigned k = 0; k < entries[i].n_frames; k++)
            explanation_frame_number(frames, &entries[i].frames[k]);
}

static int explanation_collect_frames(const struct explanation *explanation,
                                      struct explanation_frames *frames, struct error *err)
{
    size_t room = explanation_count_frames(explanation->entries, explanation->n_entries) +
                  explanation_count_frames(explanation->held, explanation->n_held) +
                  explanation->n_nodes + 1;
    frames->n_slots = 2 * room + 1;
    frames->items = calloc(room, sizeof(const struct explanation_frame *));
    frames->slots = calloc(frames->n_slots, sizeof(frames->slots[0]));
    if (frames->items == NULL || frames->slots == NULL)
        return error_out_of_memory(err);
    explanation_add_frames(frames, explanation->entries, explanation->n_entries);
    explanation_add_frames(frames, explanation->held, explanation->n_held);
    for (unsigned i = 0; i < explanation->n_nodes; i++)
        explanation_frame_number(frames, &explanation->nodes[i].frame);
    return 0;
}

static void explanation_write_frames(struct json_writer *writer,
                                     const struct explanation_frames *frames)
{
    json_write_array(writer, "frames");
    for (size_t i = 0; i < frames->n; i++) {
        const struct explanation_frame *frame = frames->items[i];
        json_write_row_object(writer, NULL);
        json_write_text(writer, "function", frame->function);
        if (*frame->file != '\0')
            json_write_text(writer, "file", frame->file);
        if (frame->line > 0)
            json_write_i64(writer, "line", frame->line);
        if (*frame->module != '\0')
            json_write_text(writer, "module", frame->module);
        if (frame->is_system)
            json_write_bool(writer, "system", true);
        json_write_close_object(writer);
    }
    json_write_close_array(writer);
}

static void explanation_write_part(struct json_writer *writer, const struct explanation_part *part)
{
    json_write_row_object(writer, NULL);
    json_write_text(writer, "instrument", part->instrument);
    if (*part->label != '\0')
        json_write_text(writer, "label", part->label);
    json_write_decimal(writer, "bytes_rate", part->bytes_per_request, 3);
    json_write_decimal(writer, "objects_rate", part->objects_per_request, 6);
    json_write_decimal(writer, "held_bytes", part->held_bytes, 0);
    json_write_decimal(writer, "held_objects", part->held_objects, 0);
    json_write_close_object(writer);
}

static void explanation_write_source(struct json_writer *writer,
                                     const struct explanation_source *source)
{
    if (source->n == 0)
        return;
    json_write_object(writer, "source");
    json_write_i64(writer, "first", source->first);
    json_write_array(writer, "lines");
    for (unsigned i = 0; i < source->n; i++)
        json_write_text(writer, NULL, source->lines[i]);
    json_write_close_array(writer);
    json_write_close_object(writer);
}

static void explanation_write_entry(struct json_writer *writer, struct explanation_frames *frames,
                                    const struct explanation_entry *entry)
{
    const struct explanation_frame *place = explanation_place(entry);
    json_write_object(writer, NULL);
    if (place != NULL) {
        json_write_text(writer, "function", place->function);
        if (*place->file != '\0')
            json_write_text(writer, "file", place->file);
        if (place->line > 0)
            json_write_i64(writer, "line", place->line);
    }
    json_write_decimal(writer, "share", entry->share, 4);
    json_write_decimal(writer, "bytes_rate", entry->bytes_per_request, 3);
    json_write_decimal(writer, "held_bytes", entry->held_bytes, 0);
    json_write_array(writer, "parts");
    for (unsigned i = 0; i < entry->n_parts; i++)
        explanation_write_part(writer, &entry->parts[i]);
    json_write_close_array(writer);
    json_write_row(writer, "stack");
    for (unsigned i = 0; i < entry->n_frames; i++)
        json_write_u64(writer, NULL, explanation_frame_number(frames, &entry->frames[i]));
    json_write_close_array(writer);
    if (entry->line_frame < entry->n_frames)
        json_write_u64(writer, "line_frame", entry->line_frame);
    if (entry->origin < entry->n_frames)
        json_write_u64(writer, "origin", entry->origin);
    if (entry->origin_frame < entry->n_frames)
        json_write_u64(writer, "origin_frame", entry->origin_frame);
    json_write_u64(writer, "more_stacks", entry->more_stacks);
    explanation_write_source(writer, &entry->source);
    json_write_close_object(writer);
}

static void explanation_write_tree(struct json_writer *writer, struct explanation_frames *frames,
                                   const struct explanation *explanation)
{
    json_write_array(writer, "tree");
    for (unsigned i = 0; i < explanation->n_nodes; i++) {
        const struct explanation_node *node = &explanation->nodes[i];
        json_write_row_object(writer, NULL);
        json_write_i64(writer, "parent", node->parent);
        json_write_u64(writer, "frame", explanation_frame_number(frames, &node->frame));
        json_write_decimal(writer, "bytes_rate", node->bytes_per_request, 3);
        json_write_close_object(writer);
    }
    json_write_close_array(writer);
}

static void explanation_write_text(struct json_writer *writer, const char *key, const char *text)
{
    if (*text != '\0')
        json_write_text(writer, key, text);
}

static void explanation_write_facts(struct json_writer *writer,
                                    const struct explanation *explanation)
{
    json_write_text(writer, "schema", EXPLANATION_SCHEMA);
    json_write_bool(writer, "grows", explanation->grows);
    json_write_text(writer, "per", explanation->by_time ? "second" : "request");
    json_write_decimal(writer, "measured_rate", explanation->measured_rate, 3);
    json_write_decimal(writer, "explained_rate", explanation->explained_rate, 3);
    json_write_decimal(writer, "share", explanation->share, 4);
    json_write_array(writer, "areas");
    for (unsigned i = 0; i < explanation->n_areas; i++) {
        json_write_row_object(writer, NULL);
        json_write_text(writer, "name", explanation->areas[i].name);
        json_write_decimal(writer, "measured_rate", explanation->areas[i].measured_rate, 3);
        json_write_decimal(writer, "explained_rate", explanation->areas[i].explained_rate, 3);
        json_write_close_object(writer);
    }
    json_write_close_array(writer);
    explanation_write_text(writer, "missing", explanation->missing);
    explanation_write_text(writer, "holding", explanation->holding);
    json_write_bool(writer, "agrees", explanation->agrees);
    explanation_write_text(writer, "disagreement", explanation->disagreement);
    if (explanation->slowdown > 0)
        json_write_decimal(writer, "slowdown", explanation->slowdown, 3);
}

void explanation_write_json(struct json_writer *writer, const char *key,
                            const struct explanation *explanation)
{
    CLEANUP(explanation_frames_done) struct explanation_frames frames = {.n = 0};
    if (writer->failed)
        return;
    if (explanation_collect_frames(explanation, &frames, &writer->error) < 0) {
        writer->failed = true;
        return;
    }
    json_write_object(writer, key);
    explanation_write_facts(writer, explanation);
    json_write_array(writer, "entries");
    for (unsigned i = 0; i < explanation->n_entries; i++)
        explanation_write_entry(writer, &frames, &explanation->entries[i]);
    json_write_close_array(writer);
    json_write_array(writer, "held");
    for (unsigned i = 0; i < explanation->n_held; i++)
        explanation_write_entry(writer, &frames, &explanation->held[i]);
    json_write_close_array(writer);
    explanation_write_tree(writer, &frames, explanation);
    explanation_write_frames(writer, &frames);
    json_write_close_object(writer);
}

int explanation_store(const struct explanation *explanation, const char *dir, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(EXPLANATION_FILE_MAX_BYTES);
    CLEANUP(freep) char *path = file_join(dir, EXPLANATION_FILE);
    struct json_writer writer;
    if (path == NULL)
        return error_out_of_memory(err);
    json_writer_begin(&writer, &text);
    explanation_write_json(&writer, NULL, explanation);
    if (json_writer_end(&writer, err) < 0)
        return error_prefix(err, "%s", path);
    return file_write_atomic(AT_FDCWD, path, text.data, text.length, err);
}
