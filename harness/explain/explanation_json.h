#pragma once
/* An explanation as JSON, "leakcage.explanation/1", written and read back; explanation.schema.json
 * says what each key is. Frames stand in one table, and stacks are numbers in it. What is read may
 * have been changed by anybody: whatever is out of bounds is ERROR_USAGE with its place. */
#include "base/json_writer.h"
#include "explain/explanation.h"

#define EXPLANATION_SCHEMA         "leakcage.explanation/1"
#define EXPLANATION_FILE_MAX_BYTES ((size_t)16 << 20)

/* Write it as an object. `key` as in json_writer.h. What fails is the writer's. */
void explanation_write_json(struct json_writer *writer, const char *key,
                            const struct explanation *explanation);

/* Write DIR/explanation.json, whole or not at all. */
int explanation_store(const struct explanation *explanation, const char *dir, struct error *err);

/* Read DIR/explanation.json. 1: there is none. The caller owns *ret. */
int explanation_load(const char *dir, struct explanation **ret, struct error *err);
