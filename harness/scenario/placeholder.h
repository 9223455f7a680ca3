#pragma once
/* Placeholders in commands, arguments, environment and cwd: {services}, {dir}, {data}, {port},
 * {NAME.port}.
 *
 * A word of letters, digits, '.', '_' and '-' in braces is a placeholder; any other brace stands
 * for itself, so that JSON or awk programs can be arguments. {{word}} is the text "{word}". */
#include <stdbool.h>
#include <stddef.h>

#include "scenario/scenario.h"

/* What was found: text[start, end) with the braces; `name` without. */
struct placeholder {
    size_t start;
    size_t end;
    const char *name; /* borrowed, not terminated */
    size_t name_length;
    bool escaped; /* {{name}} */
};

/* Which placeholders have a value. */
struct placeholder_names {
    bool paths; /* {services} and {dir} */
    bool data;  /* {data} */
    bool ports; /* {port}, {service.port} and one for each of: */
    const char *dependencies[SCENARIO_DEPENDENCIES_MAX + 1]; /* NULL-terminated */
};

/* The next one at or behind `from`; false when there is none. */
bool placeholder_next(const char *text, size_t from, struct placeholder *ret);

/* Whether it is the placeholder of that name. */
bool placeholder_is(const struct placeholder *placeholder, const char *name);

/* Is "{NAME.port}", the port of that program? */
bool placeholder_is_port_of(const struct placeholder *placeholder, const char *program);

/* The first placeholder in `text` that has no value; false when all have. */
bool placeholder_find_unknown(const char *text, const struct placeholder_names *names,
                              struct placeholder *ret);

/* What is allowed, for messages. Returns text[size]. */
const char *placeholder_list(const struct placeholder_names *names, char *text, size_t size);

/* `text` with {services} and {dir} replaced; what is put in is escaped, the rest stays as it is. A
 * NULL value leaves its placeholder. Malloc'd; NULL when out of memory. */
char *placeholder_fill_paths(const char *text, const char *services, const char *dir);

/* {word} to {{word}} and back. Malloc'd; NULL when out of memory. */
char *placeholder_escape(const char *text);
char *placeholder_unescape(const char *text);
