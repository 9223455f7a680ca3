#include "memory/process_name.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"

/* The next word of a command line; NULL behind the last. */
struct words {
    const char *next;
    const char *end;
};

static const char *words_next(struct words *words)
{
    const char *word = words->next;
    if (word >= words->end)
        return NULL;
    const char *stop = memchr(word, '\0', (size_t)(words->end - word));
    if (stop == NULL)
        return NULL;
    words->next = stop + 1;
    return word;
}

/* Which of an interpreter's options take a value, are followed by what it runs, or mean that it
 * runs no file. Lists are separated by blanks, and begin and end with one. */
struct interpreter {
    const char *name; /* without a version at its end */
    const char *valued;
    const char *followed;
    const char *none;
};

static const struct interpreter interpreters[] = {
    {"python", " -W -X ", " -m ", " -c "},
    {"pypy", " -W -X ", " -m ", " -c "},
    {"node", " -r --require --import --loader -C ", "", " -e --eval -p --print "},
    {"nodejs", " -r --require --import --loader -C ", "", " -e --eval -p --print "},
    {"java", " -cp -classpath --class-path -p --module-path --add-modules --add-opens ",
     " -jar -m --module ", ""},
    {"ruby", " -I -r -C ", "", " -e "},
    {"perl", " -I -M ", "", " -e -E "},
    {"php", " -c -d ", " -f ", " -r "},
    {"php-cgi", " -c -d ", "", ""},
    {"lua", " -l ", "", " -e "},
    {"sh", " -o +o ", "", " -c "},
    {"bash", " -o +o --rcfile --init-file ", "", " -c "},
    {"dash", " -o +o ", "", " -c "},
    {"ash", " -o +o ", "", " -c "},
    {"ksh", " -o +o ", "", " -c "},
    {"zsh", " -o +o ", "", " -c "},
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

static bool has_option(const char *options, const char *option)
{
    size_t length = strlen(option);
    for (const char *at = options; (at = strstr(at, option)) != NULL; at++)
        if (at > options && at[-1] == ' ' && at[length] == ' ')
            return true;
    return false;
}

static const struct interpreter *find_interpreter(const char *program)
{
    const char *name = base_name(program);
    name += *name == '-'; /* a login shell */
    size_t length = strlen(name);
    while (length > 0 && strchr("0123456789.", name[length - 1]) != NULL)
        length--;
    for (size_t i = 0; i < ARRAY_LENGTH(interpreters); i++)
        if (strlen(interpreters[i].name) == length &&
            memcmp(interpreters[i].name, name, length) == 0)
            return &interpreters[i];
    return NULL;
}

/* What it runs; NULL: no file. */
static const char *find_script(const struct interpreter *interpreter, struct words *words)
{
    for (const char *word; (word = words_next(words)) != NULL;) {
        if (word[0] != '-' && word[0] != '+')
            return *word != '\0' ? word : NULL;
        if (has_option(interpreter->none, word))
            return NULL;
        if (has_option(interpreter->followed, word))
            return words_next(words);
        if (has_option(interpreter->valued, word))
            (void)words_next(words);
    }
    return NULL;
}

/* Copy what fits, in whole characters, without blanks at the end. */
static void copy_tidy(const char *text, char ret[SURVEY_PROCESS_NAME_MAX])
{
    size_t length = 0;
    while (*text != '\0') {
        size_t bytes = utf8_length(text);
        bool plain = bytes > 0 && (unsigned char)*text >= ' ' && *text != 0x7f;
        size_t room = plain ? bytes : 1;
        if (length + room >= SURVEY_PROCESS_NAME_MAX)
            break;
        if (plain)
            memcpy(ret + length, text, bytes);
        else
            ret[length] = '?';
        length += room;
        text += bytes > 0 ? bytes : 1;
    }
    while (length > 0 && ret[length - 1] == ' ')
        length--;
    ret[length] = '\0';
}

void process_name(const char *comm, const char *cmdline, size_t length,
                  char ret[SURVEY_PROCESS_NAME_MAX])
{
    struct words words = {.next = cmdline, .end = cmdline + length};
    const char *program = words_next(&words);
    const char *name = comm;
    if (program != NULL && strstr(program, ": ") != NULL) {
        name = program;
    } else if (program != NULL) {
        const struct interpreter *interpreter = find_interpreter(program);
        const char *script = interpreter != NULL ? find_script(interpreter, &words) : NULL;
        if (script != NULL)
            name = base_name(script);
    }
    copy_tidy(name, ret);
}
