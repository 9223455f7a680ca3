#pragma once
/* The inside of scenario and plan: the tables behind `struct settings`, and what both do with it.
 */
#include "base/word_list.h"
#include "scenario/fields.h"
#include "scenario/scenario.h"

/* $.service and the entries of $.dependencies (struct program), what only the service has (struct
 * settings), $.load (struct load_profile), its requests and timers (struct request_kind), $.cycles
 * and the root (struct settings). */
extern const struct field program_fields[];
extern const struct field service_fields[];
extern const struct field load_fields[];
extern const struct field request_fields[];
extern const struct field timer_fields[];
extern const struct field cycles_fields[];
extern const struct field restart_fields[];
extern const struct field settings_fields[];

/* The range of limits: up to 1 PiB, which is more memory than a machine has. */
#define BYTES_MIN ((double)SCENARIO_LIMIT_MIN_BYTES)
#define BYTES_MAX ((double)((uint64_t)1 << 50))

/* $.expect, $.limit_for and $.expect_for of struct settings. */
field_reader settings_read_expect, settings_read_limit_for, settings_read_expect_for;
field_writer settings_write_expect, settings_write_limit_for, settings_write_expect_for;

/* $.gate of struct settings. */
field_reader settings_read_gate;
field_writer settings_write_gate;

/* An empty scenario with the settings' defaults; NULL when out of memory. */
struct scenario *scenario_new(const char *source, const char *dir);

/* A name made of any text: "/opt/My_Service.sh" becomes "my-service-sh". */
void scenario_make_name(const char *text, char name[SCENARIO_NAME_MAX]);

/* A program of which nothing is said but its name. */
struct program program_defaults(const char *name);

/* The placeholders that have a value in this object: {services} and {dir} if `paths`, the ports of
 * the dependencies there are and of those that the object adds. Borrowed from both. */
void settings_collect_names(const struct json_place *object, const struct settings *settings,
                            bool paths, struct placeholder_names *ret);

/* The values go together and are in range. -1: err says what is wrong and `key` (of settings_key)
 * where, as a JSON path without "$." such as "cycles.min". */
#define SETTINGS_KEY_MAX 128
int settings_check(const struct settings *settings, char *key, struct error *err);

/* settings_check() for an object that was read from JSON: errors carry file, line and path. */
int settings_check_place(const struct settings *settings, const struct json_place *object,
                         struct error *err);

/* Everything that *settings points to is copied into the arena. */
int settings_keep(struct settings *settings, struct arena *arena, struct error *err);

/* An array of strings with known placeholders; *ret is NULL-terminated. And back. */
int words_read(struct reader *reader, const struct json_place *place, const char *const **ret,
               struct error *err);
void words_write(struct json_writer *writer, const char *key, const char *const *words);

/* A working directory, with known placeholders. */
int cwd_read(struct reader *reader, const struct json_place *place, const char **ret,
             struct error *err);

/* The words of enum restart_policy, in its order; NULL-terminated. */
extern const char *const restart_policy_names[];
