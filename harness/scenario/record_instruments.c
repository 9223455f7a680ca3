#include "scenario/record_instruments.h"

#include <stdio.h>
#include <string.h>

static const char *const state_names[RECORD_INSTRUMENT_STATE_MAX_] = {
    [RECORD_INSTRUMENT_USED] = "used",
    [RECORD_INSTRUMENT_IMPOSSIBLE] = "impossible",
    [RECORD_INSTRUMENT_FAILED] = "failed",
};

const char *record_instrument_state_name(enum record_instrument_state state)
{
    return state_names[state];
}

void record_add_instrument(struct record *record, const struct record_instrument *instrument)
{
    struct record_instrument *there = record->instruments;
    struct record_instrument *end = there + record->n_instruments;
    while (there < end && strcmp(there->name, instrument->name) != 0)
        there++;
    if (there == end && record->n_instruments == RECORD_INSTRUMENTS_MAX)
        return;
    if (there == end) {
        record->n_instruments++;
        *there = *instrument;
        return;
    }
    if (instrument->state > there->state) {
        there->state = instrument->state;
        memcpy(there->why, instrument->why, sizeof(there->why));
    }
    if (instrument->effect[0] != '\0')
        memcpy(there->effect, instrument->effect, sizeof(there->effect));
}

const char *record_instruments_text(const struct record *record, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < record->n_instruments && length < size; i++) {
        const struct record_instrument *instrument = &record->instruments[i];
        if (instrument->state != RECORD_INSTRUMENT_IMPOSSIBLE)
            length += (size_t)snprintf(text + length, size - length, "%s%s", length > 0 ? ", " : "",
                                       instrument->name);
    }
    return text;
}

void record_write_instruments(struct json_writer *writer, const struct record *record)
{
    if (record->n_instruments == 0)
        return;
    json_write_array(writer, "instruments");
    for (unsigned i = 0; i < record->n_instruments; i++) {
        const struct record_instrument *instrument = &record->instruments[i];
        json_write_object(writer, NULL);
        json_write_text(writer, "name", instrument->name);
        json_write_text(writer, "state", state_names[instrument->state]);
        json_write_text(writer, "why", instrument->why[0] != '\0' ? instrument->why : NULL);
        json_write_text(writer, "effect",
                        instrument->effect[0] != '\0' ? instrument->effect : NULL);
        json_write_close_object(writer);
    }
    json_write_close_array(writer);
}

/* A member that may be missing, cut to fit. */
static int instrument_read_text(const struct json_place *object, const char *key, char *text,
                                size_t size, struct error *err)
{
    struct json_place place;
    const char *value = "";
    if (json_member(object, key, &place) && json_string(&place, &value, err) < 0)
        return -1;
    snprintf(text, size, "%s", value);
    return 0;
}

static int instrument_read(const struct json_place *object, struct record_instrument *ret,
                           struct error *err)
{
    char state[32];
    if (json_expect_object(object, err) < 0 ||
        instrument_read_text(object, "name", ret->name, sizeof(ret->name), err) < 0 ||
        instrument_read_text(object, "state", state, sizeof(state), err) < 0 ||
        instrument_read_text(object, "why", ret->why, sizeof(ret->why), err) < 0 ||
        instrument_read_text(object, "effect", ret->effect, sizeof(ret->effect), err) < 0)
        return -1;
    if (ret->name[0] == '\0')
        return json_error(object, err, "found no \"name\", expected that of an instrument");
    for (unsigned i = 0; i < RECORD_INSTRUMENT_STATE_MAX_; i++) {
        if (strcmp(state_names[i], state) != 0)
            continue;
        ret->state = (enum record_instrument_state)i;
        return 0;
    }
    return json_error(object, err,
                      "found the unknown state \"%s\", expected used, impossible or "
                      "failed",
                      state);
}

int record_read_instruments(const struct json_place *root, struct record *record, struct error *err)
{
    struct json_place list;
    struct json_place item;
    if (!json_member(root, "instruments", &list))
        return 0;
    if (json_expect_array(&list, RECORD_INSTRUMENTS_MAX, err) < 0)
        return -1;
    for (bool more = json_first(&list, &item); more; more = json_next(&list, &item)) {
        struct record_instrument instrument = {.name = ""};
        if (instrument_read(&item, &instrument, err) < 0)
            return -1;
        record_add_instrument(record, &instrument);
    }
    return 0;
}
