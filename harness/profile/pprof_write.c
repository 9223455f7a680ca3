#include "profile/pprof_write.h"

#include <string.h>

#include "base/cleanup.h"
#include "profile/gzip.h"
#include "profile/pprof_fields.h"
#include "profile/pprof_read.h"
#include "profile/wire.h"

/* The string table as it comes into being, and a message before it is appended. */
struct pprof_writer {
    const struct profile *profile;
    struct buffer *out;
    struct store store;
    struct intern strings;
    struct intern functions; /* by name and file */
    struct intern modules;   /* by name */
    struct buffer message, packed;
    struct error *err;
    bool failed;
};

static void pprof_writer_done(struct pprof_writer *writer)
{
    intern_done(&writer->strings);
    intern_done(&writer->functions);
    intern_done(&writer->modules);
    store_done(&writer->store);
    buffer_done(&writer->message);
    buffer_done(&writer->packed);
}

/* The number of a text, which is in the table from now on. */
static uint64_t pprof_text(struct pprof_writer *writer, const char *text)
{
    uint32_t id = 0;
    if (!writer->failed)
        writer->failed = intern_add(&writer->strings, text, strlen(text), &id, writer->err) < 0;
    return id;
}

/* A field of the message that is being made. */
static void pprof_field(struct pprof_writer *writer, uint32_t number, uint64_t value)
{
    if (!writer->failed)
        writer->failed = wire_put_number(&writer->message, number, value, writer->err) < 0;
}

/* A number of the field that is being packed. */
static void pprof_pack(struct pprof_writer *writer, uint64_t value)
{
    if (!writer->failed)
        writer->failed = wire_put_number(&writer->packed, 0, value, writer->err) < 0;
}

/* Move what stands in one buffer to another, as a field of it. */
static void pprof_move(struct pprof_writer *writer, struct buffer *from, struct buffer *to,
                       uint32_t number)
{
    if (!writer->failed)
        writer->failed =
            wire_put_bytes(to, number, buffer_text(from), from->length, writer->err) < 0;
    buffer_clear(from);
}

static void pprof_put_type(struct pprof_writer *writer, uint32_t number,
                           const struct profile_type *type)
{
    pprof_field(writer, PPROF_TYPE, pprof_text(writer, type->type));
    pprof_field(writer, PPROF_UNIT, pprof_text(writer, type->unit));
    pprof_move(writer, &writer->message, writer->out, number);
}

static void pprof_put_samples(struct pprof_writer *writer)
{
    const struct profile *profile = writer->profile;
    for (size_t i = 0; i < profile->n_samples; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        for (uint32_t k = 0; k < sample->depth; k++)
            pprof_pack(writer, (uint64_t)sample->frames[k] + 1);
        pprof_move(writer, &writer->packed, &writer->message, PPROF_SAMPLE_LOCATION_ID);
        for (unsigned k = 0; k < profile->n_types; k++)
            pprof_pack(writer, (uint64_t)sample->values[k]);
        pprof_move(writer, &writer->packed, &writer->message, PPROF_SAMPLE_VALUE);
        pprof_move(writer, &writer->message, writer->out, PPROF_SAMPLE);
    }
}

/* The id of the mapping of this frame; it is written when it is met first, and says: names are
 * known already, do not look for them. */
static uint64_t pprof_put_mapping(struct pprof_writer *writer, const struct profile_frame *frame)
{
    uint64_t name = pprof_text(writer, frame->module);
    uint32_t known = writer->modules.n;
    uint32_t id = 0;
    if (!writer->failed)
        writer->failed = intern_add(&writer->modules, &name, sizeof(name), &id, writer->err) < 0;
    if (writer->failed || id < known)
        return (uint64_t)id + 1;
    pprof_field(writer, PPROF_MAPPING_ID, (uint64_t)id + 1);
    pprof_field(writer, PPROF_MAPPING_FILENAME, name);
    pprof_field(writer, PPROF_MAPPING_HAS_FUNCTIONS, 1);
    pprof_field(writer, PPROF_MAPPING_HAS_FILENAMES, 1);
    pprof_field(writer, PPROF_MAPPING_HAS_LINE_NUMBERS, 1);
    pprof_field(writer, PPROF_MAPPING_HAS_INLINE_FRAMES, 1);
    pprof_move(writer, &writer->message, writer->out, PPROF_MAPPING);
    return (uint64_t)id + 1;
}

/* The id of the function of this frame; it is written when it is met first. */
static uint64_t pprof_put_function(struct pprof_writer *writer, const struct profile_frame *frame)
{
    const uint64_t key[] = {pprof_text(writer, frame->function), pprof_text(writer, frame->file)};
    uint32_t known = writer->functions.n;
    uint32_t id = 0;
    if (!writer->failed)
        writer->failed = intern_add(&writer->functions, key, sizeof(key), &id, writer->err) < 0;
    if (writer->failed || id < known)
        return (uint64_t)id + 1;
    pprof_field(writer, PPROF_FUNCTION_ID, (uint64_t)id + 1);
    pprof_field(writer, PPROF_FUNCTION_NAME, key[0]);
    pprof_field(writer, PPROF_FUNCTION_SYSTEM_NAME, key[0]);
    pprof_field(writer, PPROF_FUNCTION_FILENAME, key[1]);
    pprof_move(writer, &writer->message, writer->out, PPROF_FUNCTION);
    return (uint64_t)id + 1;
}

static void pprof_put_locations(struct pprof_writer *writer)
{
    const struct profile *profile = writer->profile;
    for (size_t i = 0; i < profile->n_frames; i++) {
        uint64_t mapping = pprof_put_mapping(writer, &profile->frames[i]);
        uint64_t function = pprof_put_function(writer, &profile->frames[i]);
        pprof_field(writer, PPROF_LINE_FUNCTION_ID, function);
        pprof_field(writer, PPROF_LINE_LINE, (uint64_t)profile->frames[i].line);
        pprof_move(writer, &writer->message, &writer->packed, PPROF_LOCATION_LINE);
        pprof_field(writer, PPROF_LOCATION_ID, (uint64_t)i + 1);
        pprof_field(writer, PPROF_LOCATION_MAPPING_ID, mapping);
        if (!writer->failed)
            writer->failed = buffer_append(&writer->message, buffer_text(&writer->packed),
                                           writer->packed.length, writer->err) < 0;
        buffer_clear(&writer->packed);
        pprof_move(writer, &writer->message, writer->out, PPROF_LOCATION);
    }
}

/* Numbers of the profile itself, which are fields of no message but it. */
static void pprof_put_numbers(struct pprof_writer *writer)
{
    const struct profile *profile = writer->profile;
    const char *first =
        profile->default_type < profile->n_types ? profile->types[profile->default_type].type : "";
    pprof_field(writer, PPROF_TIME_NANOS, (uint64_t)profile->time_ns);
    pprof_field(writer, PPROF_DURATION_NANOS, (uint64_t)profile->duration_ns);
    pprof_field(writer, PPROF_PERIOD, (uint64_t)profile->period);
    pprof_field(writer, PPROF_DEFAULT_SAMPLE_TYPE, pprof_text(writer, first));
    if (!writer->failed)
        writer->failed = buffer_append(writer->out, buffer_text(&writer->message),
                                       writer->message.length, writer->err) < 0;
    buffer_clear(&writer->message);
}

int pprof_encode(const struct profile *profile, struct buffer *out, struct error *err)
{
    CLEANUP(pprof_writer_done)
    struct pprof_writer writer = {
        .profile = profile,
        .out = out,
        .message = BUFFER_INIT(PPROF_MAX_BYTES),
        .packed = BUFFER_INIT(PPROF_MAX_BYTES),
        .err = err,
    };
    if (store_init(&writer.store, PROFILE_MEMORY_MAX_BYTES, err) < 0 ||
        intern_init(&writer.strings, &writer.store, err) < 0 ||
        intern_init(&writer.functions, &writer.store, err) < 0 ||
        intern_init(&writer.modules, &writer.store, err) < 0)
        return -1;
    pprof_text(&writer, ""); /* string 0 is always this */
    for (unsigned i = 0; i < profile->n_types; i++)
        pprof_put_type(&writer, PPROF_SAMPLE_TYPE, &profile->types[i]);
    pprof_put_samples(&writer);
    pprof_put_locations(&writer);
    if (profile->period != 0 || *profile->period_type.type != '\0')
        pprof_put_type(&writer, PPROF_PERIOD_TYPE, &profile->period_type);
    pprof_put_numbers(&writer);
    for (uint32_t i = 0; i < writer.strings.n && !writer.failed; i++) {
        const struct intern_key *string = &writer.strings.keys[i];
        writer.failed =
            wire_put_bytes(out, PPROF_STRING_TABLE, string->data, string->length, err) < 0;
    }
    return writer.failed ? -1 : 0;
}

int pprof_write(const struct profile *profile, struct buffer *out, struct error *err)
{
    CLEANUP(buffer_done) struct buffer plain = BUFFER_INIT(PPROF_MAX_BYTES);
    if (pprof_encode(profile, &plain, err) < 0)
        return -1;
    return gzip_pack(buffer_text(&plain), plain.length, out, err);
}
