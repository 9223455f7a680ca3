#include "profile/pprof_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "profile/gzip.h"
#include "profile/pprof_fields.h"
#include "profile/wire.h"

#define PPROF_ADDRESS_MAX 320

/* A text of the string table; it becomes a name of the profile when it is used. */
struct pprof_string {
    const unsigned char *data;
    size_t length;
    const char *name;
};

struct pprof_location {
    struct wire message;
    const uint32_t *frames; /* NULL: not looked at so far */
    uint32_t n_frames;
};

/* What has to be known before samples can be read, in whatever order it comes. Messages are kept as
 * the numbers they hold, by their fields. */
struct pprof_reader {
    struct profile *profile;
    struct store store;
    struct pprof_string *strings;
    uint64_t (*mappings)[PPROF_MAPPING_END];
    uint64_t (*functions)[PPROF_FUNCTION_END];
    struct pprof_location *locations;
    size_t n_strings, capacity_strings, capacity_mappings, capacity_functions, capacity_locations;
    struct intern mapping_ids, function_ids, location_ids;
    uint64_t default_type; /* a string */
    uint64_t period_type[PPROF_VALUE_TYPE_END];
    uint32_t *stack; /* of the sample, or location, that is being read */
    size_t capacity_stack;
    size_t n_frames; /* of all samples so far */
};

static void pprof_reader_done(struct pprof_reader *reader)
{
    intern_done(&reader->mapping_ids);
    intern_done(&reader->function_ids);
    intern_done(&reader->location_ids);
    free(reader->strings);
    free(reader->mappings);
    free(reader->functions);
    free(reader->locations);
    free(reader->stack);
    store_done(&reader->store);
    profile_free(reader->profile);
}

static int pprof_reader_init(struct pprof_reader *reader, struct error *err)
{
    struct store *store = &reader->store;
    if (profile_new(&reader->profile, err) < 0 ||
        store_init(store, PROFILE_MEMORY_MAX_BYTES, err) < 0 ||
        intern_init(&reader->mapping_ids, store, err) < 0 ||
        intern_init(&reader->function_ids, store, err) < 0)
        return -1;
    return intern_init(&reader->location_ids, store, err);
}

static int pprof_string(struct pprof_reader *reader, uint64_t number, const char **ret,
                        struct error *err)
{
    if (number >= reader->n_strings)
        return error_set(err, ERROR_USAGE, "there is no string %" PRIu64, number);
    struct pprof_string *string = &reader->strings[number];
    if (string->name == NULL && profile_add_name(reader->profile, (const char *)string->data,
                                                 string->length, &string->name, err) < 0)
        return -1;
    *ret = string->name;
    return 0;
}

/* Number an id, which nothing of its sort has so far. */
static int pprof_add_id(struct intern *ids, const char *what, uint64_t id, uint32_t *ret,
                        struct error *err)
{
    uint32_t n = ids->n;
    if (id == 0)
        return error_set(err, ERROR_USAGE, "a %s without an id", what);
    if (intern_add(ids, &id, sizeof(id), ret, err) < 0)
        return -1;
    if (*ret != n)
        return error_set(err, ERROR_USAGE, "%s %" PRIu64 " is there twice", what, id);
    return 0;
}

static int pprof_add_string(struct pprof_reader *reader, struct wire text, struct error *err)
{
    if (store_grow(&reader->store, &reader->strings, reader->n_strings + 1,
                   sizeof(*reader->strings), &reader->capacity_strings, err) < 0)
        return -1;
    reader->strings[reader->n_strings++] =
        (struct pprof_string){.data = text.at, .length = (size_t)(text.end - text.at)};
    return 0;
}

static int pprof_add_mapping(struct pprof_reader *reader, struct wire message, struct error *err)
{
    uint64_t numbers[PPROF_MAPPING_END];
    uint32_t index = 0;
    if (wire_read_numbers(message, numbers, PPROF_MAPPING_END, err) < 0 ||
        pprof_add_id(&reader->mapping_ids, "mapping", numbers[PPROF_MAPPING_ID], &index, err) < 0 ||
        store_grow(&reader->store, &reader->mappings, (size_t)index + 1, sizeof(numbers),
                   &reader->capacity_mappings, err) < 0)
        return -1;
    memcpy(reader->mappings[index], numbers, sizeof(numbers));
    return 0;
}

static int pprof_add_function(struct pprof_reader *reader, struct wire message, struct error *err)
{
    uint64_t numbers[PPROF_FUNCTION_END];
    uint32_t index = 0;
    if (wire_read_numbers(message, numbers, PPROF_FUNCTION_END, err) < 0 ||
        pprof_add_id(&reader->function_ids, "function", numbers[PPROF_FUNCTION_ID], &index, err) <
            0 ||
        store_grow(&reader->store, &reader->functions, (size_t)index + 1, sizeof(numbers),
                   &reader->capacity_functions, err) < 0)
        return -1;
    memcpy(reader->functions[index], numbers, sizeof(numbers));
    return 0;
}

/* The numbers of a location; its lines are passed over. */
static int pprof_location_numbers(struct wire message, uint64_t numbers[PPROF_LOCATION_LINE],
                                  struct error *err)
{
    return wire_read_numbers(message, numbers, PPROF_LOCATION_LINE, err);
}

static int pprof_add_location(struct pprof_reader *reader, struct wire message, struct error *err)
{
    uint64_t numbers[PPROF_LOCATION_LINE];
    uint32_t index = 0;
    if (pprof_location_numbers(message, numbers, err) < 0 ||
        pprof_add_id(&reader->location_ids, "location", numbers[PPROF_LOCATION_ID], &index, err) <
            0 ||
        store_grow(&reader->store, &reader->locations, (size_t)index + 1,
                   sizeof(*reader->locations), &reader->capacity_locations, err) < 0)
        return -1;
    reader->locations[index] = (struct pprof_location){.message = message};
    return 0;
}

/* Numbers of the profile itself. */
static int pprof_add_number(struct pprof_reader *reader, const struct wire_field *field,
                            struct error *err)
{
    struct profile *profile = reader->profile;
    if (field->type != WIRE_VARINT)
        return wire_error(field, err, "a number");
    switch (field->number) {
    case PPROF_TIME_NANOS:
        profile->time_ns = (int64_t)field->value;
        break;
    case PPROF_DURATION_NANOS:
        profile->duration_ns = (int64_t)field->value;
        break;
    case PPROF_PERIOD:
        profile->period = (int64_t)field->value;
        break;
    default:
        reader->default_type = field->value;
        break;
    }
    return 0;
}

/* Everything but samples and their types, which need it. */
static int pprof_add_part(struct pprof_reader *reader, const struct wire_field *field,
                          struct error *err)
{
    switch (field->number) {
    case PPROF_TIME_NANOS:
    case PPROF_DURATION_NANOS:
    case PPROF_PERIOD:
    case PPROF_DEFAULT_SAMPLE_TYPE:
        return pprof_add_number(reader, field, err);
    case PPROF_SAMPLE_TYPE:
    case PPROF_SAMPLE:
    case PPROF_STRING_TABLE:
    case PPROF_MAPPING:
    case PPROF_FUNCTION:
    case PPROF_LOCATION:
    case PPROF_PERIOD_TYPE:
        if (field->type != WIRE_BYTES)
            return wire_error(field, err, "a message");
        break;
    default:
        return 0;
    }
    switch (field->number) {
    case PPROF_STRING_TABLE:
        return pprof_add_string(reader, field->bytes, err);
    case PPROF_MAPPING:
        return pprof_add_mapping(reader, field->bytes, err);
    case PPROF_FUNCTION:
        return pprof_add_function(reader, field->bytes, err);
    case PPROF_LOCATION:
        return pprof_add_location(reader, field->bytes, err);
    case PPROF_PERIOD_TYPE:
        return wire_read_numbers(field->bytes, reader->period_type, PPROF_VALUE_TYPE_END, err);
    default:
        return 0;
    }
}

static int pprof_add_type(struct pprof_reader *reader, const struct wire_field *field,
                          struct error *err)
{
    uint64_t numbers[PPROF_VALUE_TYPE_END];
    const char *type = NULL;
    const char *unit = NULL;
    if (wire_read_numbers(field->bytes, numbers, PPROF_VALUE_TYPE_END, err) < 0 ||
        pprof_string(reader, numbers[PPROF_TYPE], &type, err) < 0 ||
        pprof_string(reader, numbers[PPROF_UNIT], &unit, err) < 0)
        return -1;
    return profile_add_type(reader->profile, type, unit, err);
}

/* The mapping of a location; NULL: it has none. */
static const uint64_t *pprof_mapping(const struct pprof_reader *reader, const uint64_t *location)
{
    uint64_t id = location[PPROF_LOCATION_MAPPING_ID];
    uint32_t index = intern_find(&reader->mapping_ids, &id, sizeof(id));
    return index != UINT32_MAX ? reader->mappings[index] : NULL;
}

/* The file that it is of; "": it does not say. */
static int pprof_module(struct pprof_reader *reader, const uint64_t *location, const char **ret,
                        struct error *err)
{
    const uint64_t *mapping = pprof_mapping(reader, location);
    *ret = "";
    return mapping == NULL ? 0 : pprof_string(reader, mapping[PPROF_MAPPING_FILENAME], ret, err);
}

/* "libx.so+0x1234": the place in the file, which is the same in every process. */
static int pprof_address_frame(struct pprof_reader *reader, const uint64_t *location,
                               const char *file, uint32_t *ret, struct error *err)
{
    char text[PPROF_ADDRESS_MAX] = "";
    uint64_t address = location[PPROF_LOCATION_ADDRESS];
    const uint64_t *mapping = pprof_mapping(reader, location);
    if (mapping != NULL && *file != '\0')
        address += mapping[PPROF_MAPPING_OFFSET] - mapping[PPROF_MAPPING_START];
    const char *slash = strrchr(file, '/');
    const char *name = slash != NULL ? slash + 1 : file;
    if (address != 0 || *name != '\0')
        snprintf(text, sizeof(text), "%.250s%s0x%" PRIx64, name, *name != '\0' ? "+" : "", address);
    struct profile_frame frame = {.function = text, .file = "", .module = file};
    return profile_add_frame(reader->profile, &frame, ret, err);
}

/* 1: the line does not name its function. */
static int pprof_line_frame(struct pprof_reader *reader, struct wire message, const char *module,
                            uint32_t *ret, struct error *err)
{
    uint64_t line[PPROF_LINE_END];
    if (wire_read_numbers(message, line, PPROF_LINE_END, err) < 0)
        return -1;
    uint32_t index = intern_find(&reader->function_ids, &line[PPROF_LINE_FUNCTION_ID],
                                 sizeof(line[PPROF_LINE_FUNCTION_ID]));
    if (index == UINT32_MAX)
        return 1;
    const uint64_t *function = reader->functions[index];
    uint64_t name = function[PPROF_FUNCTION_NAME];
    struct profile_frame frame = {
        .function = "", .file = "", .line = (int64_t)line[PPROF_LINE_LINE], .module = module};
    if (name == 0)
        name = function[PPROF_FUNCTION_SYSTEM_NAME];
    if (pprof_string(reader, name, &frame.function, err) < 0 ||
        pprof_string(reader, function[PPROF_FUNCTION_FILENAME], &frame.file, err) < 0)
        return -1;
    if (*frame.function == '\0')
        return 1;
    return profile_add_frame(reader->profile, &frame, ret, err);
}

/* The frames of a location: its lines, the innermost first, or its address. */
static int pprof_read_location(struct pprof_reader *reader, struct pprof_location *location,
                               struct error *err)
{
    uint64_t numbers[PPROF_LOCATION_LINE];
    struct wire message = location->message;
    struct wire_field field;
    CLEANUP(freep) uint32_t *frames = NULL;
    size_t capacity = 0;
    size_t n = 0;
    const char *module = "";
    int status = pprof_location_numbers(message, numbers, err);
    if (status == 0)
        status = pprof_module(reader, numbers, &module, err);
    while (status == 0 && (status = wire_next(&message, &field, err)) == 0) {
        if (field.number != PPROF_LOCATION_LINE)
            continue;
        if (field.type != WIRE_BYTES)
            return wire_error(&field, err, "a message");
        if (store_grow(&reader->store, &frames, n + 1, sizeof(*frames), &capacity, err) < 0)
            return -1;
        status = pprof_line_frame(reader, field.bytes, module, &frames[n], err);
        n += status == 0;
        status = status == 1 ? 0 : status;
    }
    if (status < 0)
        return -1;
    const uint32_t *found = frames;
    uint32_t address_frame = 0;
    if (n == 0) {
        if (pprof_address_frame(reader, numbers, module, &address_frame, err) < 0)
            return -1;
        found = &address_frame;
        n = 1;
    }
    uint32_t *kept = store_alloc(&reader->store, n * sizeof(*found), err);
    if (kept == NULL)
        return -1;
    memcpy(kept, found, n * sizeof(*found));
    location->frames = kept;
    location->n_frames = (uint32_t)n;
    return 0;
}

/* Append the frames of a location to the stack. */
static int pprof_push_location(struct pprof_reader *reader, uint64_t id, uint32_t *depth,
                               struct error *err)
{
    uint32_t index = intern_find(&reader->location_ids, &id, sizeof(id));
    if (index == UINT32_MAX)
        return error_set(err, ERROR_USAGE, "there is no location %" PRIu64, id);
    struct pprof_location *location = &reader->locations[index];
    if (location->frames == NULL && pprof_read_location(reader, location, err) < 0)
        return -1;
    if (location->frames == NULL)
        return error_set(err, ERROR_INTERNAL, "location %" PRIu64 " was not read", id);
    reader->n_frames += location->n_frames;
    if (reader->n_frames > PPROF_FRAMES_MAX)
        return error_set(err, ERROR_USAGE, "its samples have more than %zu frames",
                         PPROF_FRAMES_MAX);
    if (store_grow(&reader->store, &reader->stack, (size_t)*depth + location->n_frames,
                   sizeof(*reader->stack), &reader->capacity_stack, err) < 0)
        return -1;
    memcpy(reader->stack + *depth, location->frames, location->n_frames * sizeof(*reader->stack));
    *depth += location->n_frames;
    return 0;
}

static int pprof_read_sample(struct pprof_reader *reader, struct wire message, struct error *err)
{
    struct profile *profile = reader->profile;
    int64_t values[PROFILE_TYPES_MAX] = {0};
    unsigned n_values = 0;
    uint32_t depth = 0;
    uint64_t number = 0;
    struct wire_field field;
    int status = 0;
    while ((status = wire_next(&message, &field, err)) == 0) {
        if (field.number != PPROF_SAMPLE_LOCATION_ID && field.number != PPROF_SAMPLE_VALUE)
            continue;
        while ((status = wire_next_number(&field, &number, err)) == 0) {
            if (field.number == PPROF_SAMPLE_LOCATION_ID) {
                if (pprof_push_location(reader, number, &depth, err) < 0)
                    return -1;
            } else if (n_values < profile->n_types) {
                values[n_values++] = (int64_t)number;
            } else {
                return error_set(err, ERROR_USAGE, "it has more values than types");
            }
        }
        if (status < 0)
            return -1;
    }
    if (status < 0)
        return -1;
    if (n_values != profile->n_types)
        return error_set(err, ERROR_USAGE, "it has %u values, expected %u", n_values,
                         profile->n_types);
    return profile_add_sample(profile, reader->stack, depth, values, err);
}

static int pprof_read_types(struct pprof_reader *reader, struct wire wire, struct error *err)
{
    struct profile *profile = reader->profile;
    struct wire_field field;
    const char *first = NULL;
    while (wire_next(&wire, &field, err) == 0) {
        if (field.number == PPROF_SAMPLE_TYPE && pprof_add_type(reader, &field, err) < 0)
            return error_prefix(err, "sample type %u", profile->n_types);
    }
    if (profile->n_types == 0)
        return error_set(err, ERROR_USAGE, "it has no sample type");
    if (pprof_string(reader, reader->default_type, &first, err) < 0 ||
        pprof_string(reader, reader->period_type[PPROF_TYPE], &profile->period_type.type, err) <
            0 ||
        pprof_string(reader, reader->period_type[PPROF_UNIT], &profile->period_type.unit, err) < 0)
        return -1;
    profile->default_type = profile_find_type(profile, first);
    return 0;
}

static int pprof_read_plain(struct pprof_reader *reader, const void *data, size_t length,
                            struct error *err)
{
    struct wire wire = wire_of(data, length);
    struct wire_field field;
    int status = 0;
    while ((status = wire_next(&wire, &field, err)) == 0) {
        if (pprof_add_part(reader, &field, err) < 0)
            return -1;
    }
    if (status < 0 || pprof_read_types(reader, wire_of(data, length), err) < 0)
        return -1;
    wire = wire_of(data, length);
    for (size_t n = 0; wire_next(&wire, &field, err) == 0; n += field.number == PPROF_SAMPLE) {
        if (field.number == PPROF_SAMPLE && pprof_read_sample(reader, field.bytes, err) < 0)
            return error_prefix(err, "sample %zu", n);
    }
    return 0;
}

int pprof_read(const void *data, size_t length, struct profile **ret, struct error *err)
{
    CLEANUP(buffer_done) struct buffer plain = BUFFER_INIT(PPROF_MAX_BYTES);
    CLEANUP(pprof_reader_done) struct pprof_reader reader = {.profile = NULL};
    if (gzip_is(data, length)) {
        if (gzip_unpack(data, length, &plain, err) < 0)
            return -1;
        data = buffer_text(&plain);
        length = plain.length;
    }
    if (length > PPROF_MAX_BYTES)
        return error_set(err, ERROR_USAGE, "pprof: it is longer than %zu MiB",
                         PPROF_MAX_BYTES >> 20);
    if (pprof_reader_init(&reader, err) < 0 || pprof_read_plain(&reader, data, length, err) < 0)
        return error_prefix(err, "pprof");
    *ret = take_ptr(&reader.profile);
    return 0;
}
