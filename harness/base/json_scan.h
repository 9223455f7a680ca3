#pragma once
/* A strict reading of JSON text (RFC 8259), before cJSON sees it.
 *
 * cJSON forgives what an author should be told (leading zeros, raw control characters, numbers it
 * cuts after 63 characters), recurses, and forgets where a value stood. So the text is scanned
 * first, without recursion: everything that is wrong is found here, with its line and column, and
 * the place of every value is noted in document order, which is the pre-order of cJSON's tree. */
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Where one value starts. */
struct json_mark {
    uint32_t offset;
    uint32_t line;     /* from 1 */
    uint32_t key_line; /* of its key, inside an object; else 0 */
};

struct json_marks {
    struct json_mark *items; /* owned */
    size_t count;
    size_t capacity;
};

/* Scan `text`, which has a NUL behind its `length` < 4 GiB bytes; `name` is what errors call it.
 * The marks must be empty before; they are filled also on failure. */
int json_scan(const char *name, const char *text, size_t length, struct json_marks *marks,
              struct error *err);

/* Release the marks; for CLEANUP. */
void json_marks_done(struct json_marks *marks);
