#pragma once
/* The part of a record, and of result.json, that tells which instruments looked into the service:
 * "instruments": [{"name", "state", "why", "effect"}]. A plain run has none. What was read comes
 * from a file, and is no more than text. */
#include "base/json.h"
#include "base/json_writer.h"
#include "scenario/record.h"

/* Add one, or what is new of it to the one of that name: a state that is worse replaces a better
 * one, with its reason; so does an effect that is not empty. What is beyond RECORD_INSTRUMENTS_MAX
 * is dropped. */
void record_add_instrument(struct record *record, const struct record_instrument *instrument);

/* "used", "impossible", "failed". */
const char *record_instrument_state_name(enum record_instrument_state state);

/* "heaptrack, pages": those that were there; "" when there were none. Returns text. */
const char *record_instruments_text(const struct record *record, char *text, size_t size);

/* Write them, as a member of the object that is open; nothing when there are none. */
void record_write_instruments(struct json_writer *writer, const struct record *record);

/* Read them back. What is wrong is ERROR_USAGE, with its place. */
int record_read_instruments(const struct json_place *root, struct record *record,
                            struct error *err);
