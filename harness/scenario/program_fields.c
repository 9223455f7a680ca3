/* $.service and the entries of $.dependencies. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/line_watch.h"
#include "scenario/tables.h"

enum { PROGRAM_WORDS_MAX = 1024 };

/* Every placeholder has a value. */
static int program_check_placeholders(const struct placeholder_names *names, const char *text,
                                      const struct json_place *place, struct error *err)
{
    struct placeholder unknown;
    if (!placeholder_find_unknown(text, names, &unknown))
        return 0;
    char known[512];
    return json_error(
        place, err,
        "found the unknown placeholder {%.*s}, expected one of %s; write {{%.*s}} for "
        "the text itself",
        (int)unknown.name_length, unknown.name, placeholder_list(names, known, sizeof(known)),
        (int)unknown.name_length, unknown.name);
}

int words_read(struct reader *reader, const struct json_place *place, const char *const **ret,
               struct error *err)
{
    if (!json_is_array(place))
        return json_error_expected(place, err,
                                   "an array of words such as [\"./my-service\", \"--verbose\"]");
    if (json_expect_array(place, PROGRAM_WORDS_MAX, err) < 0)
        return -1;
    const char **words = arena_alloc(reader->arena, (json_length(place) + 1) * sizeof(*words));
    if (words == NULL)
        return error_out_of_memory(err);

    struct json_place word;
    for (bool more = json_first(place, &word); more; more = json_next(place, &word)) {
        const char *text = NULL;
        if (json_string(&word, &text, err) < 0 ||
            program_check_placeholders(&reader->names, text, &word, err) < 0 ||
            reader_keep(reader, text, &words[word.index], err) < 0)
            return -1;
    }
    *ret = words;
    return 0;
}

static int program_read_command(struct reader *reader, const struct json_place *place, void *object,
                                struct error *err)
{
    struct program *program = object;
    const char *const *words = NULL;
    if (words_read(reader, place, &words, err) < 0)
        return -1;
    if (words[0] == NULL || words[0][0] == '\0')
        return json_error_expected(place, err, "a program, such as [\"./my-service\"]");
    program->command = words;
    return 0;
}

static int program_read_args(struct reader *reader, const struct json_place *place, void *object,
                             struct error *err)
{
    struct program *program = object;
    return words_read(reader, place, &program->args, err);
}

/* Where the entry for this variable stands in the list, or the list's end. */
static size_t program_find_variable(const char *const *env, const char *key)
{
    size_t length = strlen(key);
    size_t at = 0;
    while (env[at] != NULL && (strncmp(env[at], key, length) != 0 || env[at][length] != '='))
        at++;
    return at;
}

static bool program_is_variable(const char *key)
{
    if (key[0] == '\0' || (key[0] >= '0' && key[0] <= '9'))
        return false;
    return strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
           strlen(key);
}

/* Variables are merged: the object adds to, or replaces in, what is there. */
static int program_read_env(struct reader *reader, const struct json_place *place, void *object,
                            struct error *err)
{
    struct program *program = object;
    if (json_expect_object(place, err) < 0)
        return -1;
    size_t count = words_count(program->env);
    size_t more_count = json_length(place);
    if (count + more_count > PROGRAM_WORDS_MAX)
        return json_error(place, err, "found more than %d variables, expected less",
                          PROGRAM_WORDS_MAX);
    const char **env = arena_alloc(reader->arena, (count + more_count + 1) * sizeof(*env));
    if (env == NULL)
        return error_out_of_memory(err);
    memcpy(env, program->env, count * sizeof(*env));

    struct json_place variable;
    for (bool more = json_first(place, &variable); more; more = json_next(place, &variable)) {
        const char *key = json_key(&variable);
        const char *value = NULL;
        if (!program_is_variable(key))
            return json_error(&variable, err,
                              "found a variable named \"%.60s\", expected letters, digits, '_', "
                              "'.' and '-', and no digit first",
                              key);
        if (json_string(&variable, &value, err) < 0 ||
            program_check_placeholders(&reader->names, value, &variable, err) < 0)
            return -1;
        const char *entry = arena_printf(reader->arena, "%s=%s", key, value);
        if (entry == NULL)
            return error_out_of_memory(err);
        env[program_find_variable(env, key)] = entry;
    }
    program->env = env;
    return 0;
}

int cwd_read(struct reader *reader, const struct json_place *place, const char **ret,
             struct error *err)
{
    const struct placeholder_names names = {.paths = reader->names.paths, .data = true};
    const char *text = NULL;
    if (json_string(place, &text, err) < 0)
        return -1;
    if (text[0] == '\0')
        return json_error_expected(place, err, "a folder");
    if (program_check_placeholders(&names, text, place, err) < 0)
        return -1;
    return reader_keep(reader, text, ret, err);
}

static int program_read_cwd(struct reader *reader, const struct json_place *place, void *object,
                            struct error *err)
{
    struct program *program = object;
    return cwd_read(reader, place, &program->cwd, err);
}

bool program_is_ready_word(const char *text)
{
    return strcmp(text, "tcp") == 0 || strcmp(text, "none") == 0 ||
           (strncmp(text, "log:", 4) == 0 && text[4] != '\0') || url_path_fault(text) == NULL;
}

int program_check_ready_log(const char *text, struct error *err)
{
    return strncmp(text, "log:", 4) == 0 ? line_watch_check(text + 4, err) : 0;
}

static int program_read_ready(struct reader *reader, const struct json_place *place, void *object,
                              struct error *err)
{
    struct program *program = object;
    const char *text = NULL;
    if (json_string(place, &text, err) < 0)
        return -1;
    if (!program_is_ready_word(text))
        return json_error_expected(place, err, "\"tcp\", \"none\", \"log:REGEX\", or %s",
                                   url_path_fault(text));
    if (program_check_ready_log(text, err) < 0)
        return json_error_prefix(place, err);
    return reader_keep(reader, text, &program->ready, err);
}

void words_write(struct json_writer *writer, const char *key, const char *const *words)
{
    json_write_array(writer, key);
    for (; *words != NULL; words++)
        json_write_text(writer, NULL, *words);
    json_write_close_array(writer);
}

static void program_write_command(struct json_writer *writer, const char *key, const void *object)
{
    const struct program *program = object;
    if (program->command[0] != NULL) /* an image has its own */
        words_write(writer, key, program->command);
}

static void program_write_args(struct json_writer *writer, const char *key, const void *object)
{
    words_write(writer, key, ((const struct program *)object)->args);
}

static void program_write_env(struct json_writer *writer, const char *key, const void *object)
{
    const struct program *program = object;
    json_write_object(writer, key);
    for (const char *const *entry = program->env; *entry != NULL; entry++) {
        CLEANUP(freep) char *name = strndup(*entry, strcspn(*entry, "="));
        if (name != NULL)
            json_write_text(writer, name, strchr(*entry, '=') + 1);
    }
    json_write_close_object(writer);
}

static void program_write_cwd(struct json_writer *writer, const char *key, const void *object)
{
    const struct program *program = object;
    if (program->cwd != NULL)
        json_write_text(writer, key, program->cwd);
}

static void program_write_ready(struct json_writer *writer, const char *key, const void *object)
{
    json_write_text(writer, key, ((const struct program *)object)->ready);
}

#define AT(member)  offsetof(struct program, member)
#define OTHER(name) 0, 0, 0, program_read_##name, program_write_##name

const struct field program_fields[] = {
    {"command", FIELD_OTHER, OTHER(command)},
    {"args", FIELD_OTHER, OTHER(args)},
    {"env", FIELD_OTHER, OTHER(env)},
    {"cwd", FIELD_OTHER, OTHER(cwd)},
    {"port", FIELD_PORT, AT(port), 1, 65535, NULL, NULL},
    {"user", FIELD_LINE, AT(user), 0, 0, NULL, NULL},
    {"ready", FIELD_OTHER, OTHER(ready)},
    {"ready_timeout", FIELD_DURATION, AT(ready_timeout_ns), 0.01, 3600, NULL, NULL},
    {NULL, 0, 0, 0, 0, NULL, NULL},
};
