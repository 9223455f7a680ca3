#include "base/yaml.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/utf8.h"

#define YAML_STEP_MAX 64

const struct yaml_node *yaml_member(const struct yaml_node *node, const char *key)
{
    if (node == NULL || node->kind != YAML_MAPPING)
        return NULL;
    for (const struct yaml_node *child = node->first; child != NULL; child = child->next)
        if (strcmp(child->key, key) == 0)
            return yaml_is_null(child) ? NULL : child;
    return NULL;
}

bool yaml_is_null(const struct yaml_node *node)
{
    if (node->kind != YAML_SCALAR || node->quoted)
        return false;
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (strcmp(node->text, words[i]) == 0)
            return true;
    return false;
}

/* What Kubernetes' reader (YAML 1.1) takes for a boolean. */
static bool yaml_is_boolean_word(const char *text)
{
    static const char *const words[] = {"y", "n", "yes", "no", "true", "false", "on", "off"};
    char lower[8] = "";
    size_t length = strlen(text);
    if (length >= sizeof(lower))
        return false;
    for (size_t i = 0; i < length; i++)
        lower[i] = (char)tolower((unsigned char)text[i]);
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (strcmp(lower, words[i]) == 0)
            return true;
    return false;
}

/* A number: decimal with a fraction and an exponent, hexadecimal, octal, binary, .inf, .nan. */
static bool yaml_is_number_word(const char *text)
{
    const char *at = text + (*text == '-' || *text == '+');
    if (strcmp(at, ".inf") == 0 || strcmp(at, ".nan") == 0)
        return true;
    if (at[0] == '0' && at[1] != '\0' && strchr("xXoObB", at[1]) != NULL)
        return at[2] != '\0' && strspn(at + 2, "0123456789abcdefABCDEF_") == strlen(at + 2);
    size_t whole = strspn(at, "0123456789_");
    at += whole;
    size_t fraction = 0;
    if (*at == '.') {
        fraction = strspn(at + 1, "0123456789_");
        at += 1 + fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (*at == 'e' || *at == 'E') {
        at += 1 + (at[1] == '-' || at[1] == '+');
        size_t exponent = strspn(at, "0123456789");
        at += exponent;
        if (exponent == 0)
            return false;
    }
    return *at == '\0';
}

bool yaml_is_text(const struct yaml_node *node)
{
    if (node->kind != YAML_SCALAR)
        return false;
    return node->quoted || (!yaml_is_null(node) && !yaml_is_boolean_word(node->text) &&
                            !yaml_is_number_word(node->text));
}

/* One step of a path: ".image", "image" at the front, "[0]". */
static void yaml_step(const struct yaml_node *node, char *step, size_t size)
{
    if (node->key != NULL)
        snprintf(step, size, "%s%.60s", node->parent->parent != NULL ? "." : "", node->key);
    else
        snprintf(step, size, "[%zu]", node->index);
    utf8_tame(step, false);
}

const char *yaml_path(const struct yaml_node *node, char *text)
{
    char tail[YAML_PATH_MAX] = "";
    for (; node->parent != NULL; node = node->parent) {
        char step[YAML_STEP_MAX];
        yaml_step(node, step, sizeof(step));
        int length = snprintf(text, YAML_PATH_MAX, "%s%s", step, tail);
        if (length + YAML_STEP_MAX > YAML_PATH_MAX) {
            snprintf(text, YAML_PATH_MAX, "...%s", tail);
            return text;
        }
        snprintf(tail, sizeof(tail), "%s", text);
    }
    snprintf(text, YAML_PATH_MAX, "%s", tail);
    return text;
}

const char *yaml_describe(const struct yaml_node *node, char *text)
{
    if (node->kind != YAML_SCALAR) {
        snprintf(text, YAML_DESCRIBE_MAX, "%s%s", node->n_children == 0 ? "an empty " : "a ",
                 node->kind == YAML_MAPPING ? "mapping" : "list");
        return text;
    }
    if (node->quoted)
        snprintf(text, YAML_DESCRIBE_MAX, "\"%.60s\"", node->text);
    else
        snprintf(text, YAML_DESCRIBE_MAX, "%.60s", node->text[0] != '\0' ? node->text : "nothing");
    utf8_tame(text, false);
    return text;
}

/* What the errors have in common: the place, and what was found there if that is asked for. */
static int yaml_set_error(const struct yaml_node *node, bool of_key, bool found, struct error *err,
                          const char *text)
{
    char path[YAML_PATH_MAX];
    char what[YAML_DESCRIBE_MAX];
    yaml_path(node, path);
    bool key = of_key && node->key != NULL;
    (void)error_set(err, ERROR_USAGE, "%s:%u:%u: %s%s%s%s%s%s", node->file,
                    key ? node->key_line : node->line, key ? node->key_column : node->column, path,
                    path[0] != '\0' ? ": " : "", found ? "found " : "",
                    found ? yaml_describe(node, what) : "", found ? ", expected " : "", text);
    if (err != NULL)
        utf8_tame(err->text, true); /* what it quotes comes from the file */
    return -1;
}

int yaml_error(const struct yaml_node *node, struct error *err, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return yaml_set_error(node, false, false, err, text);
}

int yaml_error_expected(const struct yaml_node *node, struct error *err, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return yaml_set_error(node, false, true, err, text);
}

int yaml_error_key(const struct yaml_node *node, struct error *err, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return yaml_set_error(node, true, false, err, text);
}

int yaml_error_prefix(const struct yaml_node *node, struct error *err)
{
    char path[YAML_PATH_MAX];
    if (err != NULL)
        utf8_tame(err->text, true);
    return error_prefix(err, "%s:%u:%u: %s", node->file, node->line, node->column,
                        yaml_path(node, path));
}

int yaml_load_file(const char *path, struct arena *arena, struct yaml_node **ret, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(YAML_FILE_MAX_BYTES);
    if (file_read(AT_FDCWD, path, &text, err) < 0) {
        if (err != NULL)
            err->kind = ERROR_USAGE;
        return -1;
    }
    if (strlen(buffer_text(&text)) != text.length)
        return error_set(err, ERROR_USAGE, "%s: holds a NUL, so it is no text, expected YAML",
                         path);
    return yaml_load_text(path, buffer_text(&text), arena, ret, err);
}
