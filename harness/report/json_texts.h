#pragma once
/* Texts in the JSON of reports. What does not apply is left out. */
#include "base/json_writer.h"

/* NULL, and with it no key, for "". */
const char *json_word(const char *text);

/* An array of those of these texts that are not NULL; no key when there are none. The writer keeps
 * the failure. */
void json_write_texts(struct json_writer *writer, const char *key, const char *const *texts,
                      size_t n);
