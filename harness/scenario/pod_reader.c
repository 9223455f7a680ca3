#include "scenario/pod_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/units.h"
#include "scenario/placeholder.h"

void pod_note(struct pod_reader *reader, const struct yaml_node *node, const char *format, ...)
{
    char text[512];
    char path[YAML_PATH_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    yaml_path(node, path);
    (void)buffer_printf(reader->notes, NULL, "%s:%u:%u: %s%s%s\n", node->file,
                        node->key != NULL ? node->key_line : node->line,
                        node->key != NULL ? node->key_column : node->column, path,
                        path[0] != '\0' ? ": " : "", text);
}

static const struct pod_field *pod_find_field(const struct pod_field *table, const char *key)
{
    for (; table->key != NULL; table++)
        if (strcmp(table->key, key) == 0)
            return table;
    return NULL;
}

/* A key that Kubernetes does not have, or not yet. */
static int pod_unknown_field(struct pod_reader *reader, const struct yaml_node *node,
                             const struct pod_field *table, struct error *err)
{
    const char *known[128] = {NULL};
    for (size_t i = 0; table[i].key != NULL && i + 1 < ARRAY_LENGTH(known); i++)
        known[i] = table[i].key;
    const char *near = json_nearest(node->key, known);
    if (near != NULL)
        return yaml_error_key(node, err, "found an unknown field; did you mean \"%s\"?", near);
    pod_note(reader, node, "is ignored: leakcage does not know it");
    return 0;
}

int pod_check_fields(struct pod_reader *reader, const struct yaml_node *mapping,
                     const struct pod_field *table, struct error *err)
{
    const struct yaml_node *node = mapping != NULL ? mapping->first : NULL;
    for (; node != NULL; node = node->next) {
        const struct pod_field *field = pod_find_field(table, node->key);
        if (field == NULL && pod_unknown_field(reader, node, table, err) < 0)
            return -1;
        if (field != NULL && field->ignored != NULL && !yaml_is_null(node))
            pod_note(reader, node, "is ignored: %s", field->ignored);
    }
    return 0;
}

static int pod_of_kind(const struct yaml_node *parent, const char *key, enum yaml_kind kind,
                       const struct yaml_node **ret, struct error *err)
{
    const struct yaml_node *node = yaml_member(parent, key);
    if (node != NULL && node->kind != kind)
        return yaml_error_expected(node, err, "%s", kind == YAML_MAPPING ? "a mapping" : "a list");
    *ret = node;
    return 0;
}

int pod_mapping(const struct yaml_node *parent, const char *key, const struct yaml_node **ret,
                struct error *err)
{
    return pod_of_kind(parent, key, YAML_MAPPING, ret, err);
}

int pod_list(const struct yaml_node *parent, const char *key, const struct yaml_node **ret,
             struct error *err)
{
    return pod_of_kind(parent, key, YAML_SEQUENCE, ret, err);
}

int pod_text(const struct yaml_node *parent, const char *key, const char **ret, struct error *err)
{
    const struct yaml_node *node = yaml_member(parent, key);
    if (node != NULL && !yaml_is_text(node))
        return yaml_error_expected(node, err, "%s",
                                   node->kind == YAML_SCALAR ? "text: put it into quotes" : "text");
    *ret = node != NULL ? node->text : NULL;
    return 0;
}

int pod_count(const struct yaml_node *parent, const char *key, uint64_t maximum, uint64_t *ret,
              struct error *err)
{
    const struct yaml_node *node = yaml_member(parent, key);
    if (node == NULL)
        return 0;
    if (node->kind != YAML_SCALAR || node->quoted)
        return yaml_error_expected(node, err, "a whole number without quotes");
    return units_parse_count(node->text, 0, maximum, ret, err) < 0 ? yaml_error_prefix(node, err)
                                                                   : 0;
}

/* The value of $(NAME), NULL when there is no such variable. */
static const char *pod_variable(const struct pod_reader *reader, const char *name, size_t length)
{
    for (size_t i = reader->n_variables; i-- > 0;)
        if (strncmp(reader->names[i], name, length) == 0 && reader->names[i][length] == '\0')
            return reader->values[i];
    return NULL;
}

/* What "$…" at `text` comes to, into *ret; returns what is behind it. "$$" is "$"; a "$(" that is
 * never closed, and a name that nobody knows, stay as they are. */
static const char *pod_expand_one(const struct pod_reader *reader, const char *text,
                                  struct buffer *out, bool *ret_failed)
{
    const char *close = text[1] == '(' ? strchr(text, ')') : NULL;
    const char *value =
        close != NULL ? pod_variable(reader, text + 2, (size_t)(close - text) - 2) : NULL;
    const char *end = close != NULL ? close + 1 : text + 1 + (text[1] == '$');
    if (value == NULL && close == NULL)
        value = "$";
    int status = value != NULL ? buffer_append_text(out, value, NULL)
                               : buffer_append(out, text, (size_t)(end - text), NULL);
    *ret_failed = status < 0;
    return end;
}

const char *pod_expand_raw(const struct pod_reader *reader, const char *text)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(YAML_FILE_MAX_BYTES);
    for (bool failed = false; *text != '\0';) {
        size_t plain = strcspn(text, "$");
        if (buffer_append(&out, text, plain, NULL) < 0)
            return NULL;
        text += plain;
        if (*text == '$')
            text = pod_expand_one(reader, text, &out, &failed);
        if (failed)
            return NULL;
    }
    return scenario_keep(reader->scenario, buffer_text(&out));
}

const char *pod_expand(const struct pod_reader *reader, const char *text)
{
    const char *expanded = pod_expand_raw(reader, text);
    CLEANUP(freep) char *escaped = expanded != NULL ? placeholder_escape(expanded) : NULL;
    return escaped != NULL ? scenario_keep(reader->scenario, escaped) : NULL;
}
