#pragma once
/* A record on disk: a folder with result.json, timeline.csv, cycles.csv and service.log.
 *
 * result.json is what other programs read; its keys are a promise (schema "leakcage.result/1").
 * What was not measured is left out. The folder appears whole, by a rename, or not at all. */
#include "base/buffer.h"
#include "base/error.h"
#include "base/json_writer.h"
#include "scenario/record.h"

/* A record, and the folder that it is stored in, where its log and what it has collected are; NULL:
 * it is not stored. Both are borrowed. */
struct stored_record {
    const struct record *record;
    const char *dir;
};

/* The object of result.json. `key` as in json_writer.h. */
void record_write_json(struct json_writer *writer, const char *key, const struct record *record);

/* Its members alone, into the object that is open. */
void record_write_members(struct json_writer *writer, const struct record *record);

/* Write the record's files into `work_dir`, where service.log may be already, then make it appear
 * as `final_dir`, in place of what was there. */
int record_store(const struct record *record, const char *work_dir, const char *final_dir,
                 struct error *err);

/* Read a record from its folder and judge it anew: the same timeline, the same verdict. */
int record_load(const char *dir, struct record **ret, struct error *err);
