/* From text to the tree of yaml.h. */
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "base/yaml.h"

#define STRING_TAG "tag:yaml.org,2002:str"

/* The tree while it grows. */
struct yaml_builder {
    struct arena *arena;
    const char *name;
    const char *text;
    struct yaml_node *first_root;
    struct yaml_node *last_root;
    struct yaml_node *open; /* the innermost mapping or sequence; NULL: none */
    unsigned depth;
    const char *key; /* read, and its value not yet; NULL: none */
    yaml_mark_t key_mark;
};

/* "file:line:column: " and the text, which may quote what is in the file. */
static int builder_error(const struct yaml_builder *builder, const yaml_mark_t *mark,
                         struct error *err, const char *text)
{
    (void)error_set(err, ERROR_USAGE, "%s", text);
    if (err != NULL)
        utf8_tame(err->text, false);
    return error_prefix(err, "%s:%zu:%zu", builder->name, mark->line + 1, mark->column + 1);
}

/* The byte at that line and column, NUL when there is none. */
static char builder_byte_at(const struct yaml_builder *builder, const yaml_mark_t *mark)
{
    const char *at = builder->text;
    for (size_t line = 0; line < mark->line && at != NULL; line++) {
        at = strchr(at, '\n');
        at = at != NULL ? at + 1 : NULL;
    }
    if (at == NULL)
        return '\0';
    for (size_t column = 0; column < mark->column && *at != '\0'; column++)
        do
            at++;
        while (((unsigned char)*at & 0xc0) == 0x80);
    return *at;
}

/* Where the byte stands. */
static yaml_mark_t builder_mark_of(const struct yaml_builder *builder, size_t offset)
{
    yaml_mark_t mark = {.index = offset};
    for (size_t i = 0; i < offset && builder->text[i] != '\0'; i++) {
        bool newline = builder->text[i] == '\n';
        mark.line += newline;
        mark.column = newline ? 0 : mark.column + 1;
    }
    return mark;
}

/* What libyaml did not like. */
static int builder_parser_error(const struct yaml_builder *builder, const yaml_parser_t *parser,
                                struct error *err)
{
    char text[400];
    if (parser->error == YAML_MEMORY_ERROR)
        return error_out_of_memory(err);
    if (parser->error == YAML_READER_ERROR) {
        yaml_mark_t mark = builder_mark_of(builder, parser->problem_offset);
        snprintf(text, sizeof(text), "found a byte that is no text (%s), expected YAML in UTF-8",
                 parser->problem != NULL ? parser->problem : "unreadable");
        return builder_error(builder, &mark, err, text);
    }
    if (builder_byte_at(builder, &parser->problem_mark) == '\t')
        return builder_error(builder, &parser->problem_mark, err,
                             "found a tab, expected spaces: YAML is not indented with tabs");
    snprintf(text, sizeof(text), "%s%s%s%s",
             parser->problem != NULL ? parser->problem : "cannot be read",
             parser->context != NULL ? " (" : "", parser->context != NULL ? parser->context : "",
             parser->context != NULL ? ")" : "");
    return builder_error(builder, &parser->problem_mark, err, text);
}

static int builder_check_key(const struct yaml_builder *builder, const yaml_mark_t *mark,
                             struct error *err)
{
    char text[200];
    for (const struct yaml_node *child = builder->open->first; child != NULL; child = child->next) {
        if (strcmp(child->key, builder->key) != 0)
            continue;
        snprintf(text, sizeof(text), "found the key \"%.60s\" again, which is on line %u already",
                 builder->key, child->key_line);
        return builder_error(builder, mark, err, text);
    }
    if (builder->open->n_children == YAML_KEYS_MAX) {
        snprintf(text, sizeof(text), "found more than %d keys, expected less", YAML_KEYS_MAX);
        return builder_error(builder, mark, err, text);
    }
    return 0;
}

/* Hang a new node into what is open, or start a document with it; NULL when out of memory. */
static struct yaml_node *builder_add(struct yaml_builder *builder, enum yaml_kind kind,
                                     const yaml_mark_t *mark)
{
    struct yaml_node *node = arena_alloc(builder->arena, sizeof(*node));
    if (node == NULL)
        return NULL;
    node->kind = kind;
    node->file = builder->name;
    node->line = (unsigned)mark->line + 1;
    node->column = (unsigned)mark->column + 1;
    node->parent = builder->open;
    struct yaml_node **last = &builder->last_root;
    if (builder->open != NULL) {
        last = &builder->open->last;
        node->index = builder->open->n_children++;
        node->key = builder->key;
        node->key_line = (unsigned)builder->key_mark.line + 1;
        node->key_column = (unsigned)builder->key_mark.column + 1;
        if (builder->open->first == NULL)
            builder->open->first = node;
    } else if (builder->first_root == NULL) {
        builder->first_root = node;
    }
    if (*last != NULL)
        (*last)->next = node;
    *last = node;
    builder->key = NULL;
    return node;
}

static bool builder_awaits_key(const struct yaml_builder *builder)
{
    return builder->open != NULL && builder->open->kind == YAML_MAPPING && builder->key == NULL;
}

static int builder_check_extras(const struct yaml_builder *builder, const yaml_event_t *event,
                                const yaml_char_t *anchor, const yaml_char_t *tag,
                                struct error *err)
{
    char text[200];
    if (anchor != NULL)
        snprintf(text, sizeof(text),
                 "found the anchor &%.40s, expected none: write the value out wherever it is meant",
                 (const char *)anchor);
    else if (tag != NULL && strcmp((const char *)tag, STRING_TAG) != 0)
        snprintf(text, sizeof(text), "found the tag %.60s, expected none", (const char *)tag);
    else
        return 0;
    return builder_error(builder, &event->start_mark, err, text);
}

static int builder_scalar(struct yaml_builder *builder, const yaml_event_t *event,
                          struct error *err)
{
    const yaml_char_t *tag = event->data.scalar.tag;
    const char *value = (const char *)event->data.scalar.value;
    if (builder_check_extras(builder, event, event->data.scalar.anchor, tag, err) < 0)
        return -1;
    if (strlen(value) != event->data.scalar.length)
        return builder_error(builder, &event->start_mark, err,
                             "found text with a NUL in it, expected none");
    const char *text = arena_strdup(builder->arena, value);
    if (text == NULL)
        return error_out_of_memory(err);
    if (builder_awaits_key(builder)) {
        builder->key = text;
        builder->key_mark = event->start_mark;
        return builder_check_key(builder, &event->start_mark, err);
    }
    struct yaml_node *node = builder_add(builder, YAML_SCALAR, &event->start_mark);
    if (node == NULL)
        return error_out_of_memory(err);
    node->text = text;
    node->quoted = tag != NULL || event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return 0;
}

static int builder_open(struct yaml_builder *builder, const yaml_event_t *event,
                        enum yaml_kind kind, struct error *err)
{
    bool mapping = kind == YAML_MAPPING;
    const yaml_char_t *anchor =
        mapping ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    const yaml_char_t *tag =
        mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    if (builder_check_extras(builder, event, anchor, tag, err) < 0)
        return -1;
    if (builder_awaits_key(builder))
        return builder_error(builder, &event->start_mark, err,
                             "found a list or a mapping as a key, expected text");
    if (builder->depth == YAML_NESTING_MAX)
        return builder_error(builder, &event->start_mark, err,
                             "found more than 32 levels of nesting, expected less");
    struct yaml_node *node = builder_add(builder, kind, &event->start_mark);
    if (node == NULL)
        return error_out_of_memory(err);
    builder->open = node;
    builder->depth++;
    return 0;
}

static int builder_take(struct yaml_builder *builder, const yaml_event_t *event, struct error *err)
{
    char text[200];
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return builder_scalar(builder, event, err);
    case YAML_SEQUENCE_START_EVENT:
        return builder_open(builder, event, YAML_SEQUENCE, err);
    case YAML_MAPPING_START_EVENT:
        return builder_open(builder, event, YAML_MAPPING, err);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        if (builder->open != NULL) { /* libyaml sees to it */
            builder->open = builder->open->parent;
            builder->depth--;
        }
        return 0;
    case YAML_ALIAS_EVENT:
        snprintf(text, sizeof(text), "found the alias *%.40s, expected the value itself",
                 (const char *)event->data.alias.anchor);
        return builder_error(builder, &event->start_mark, err, text);
    default:
        return 0;
    }
}

static int builder_run(struct yaml_builder *builder, yaml_parser_t *parser, struct error *err)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event))
            return builder_parser_error(builder, parser, err);
        bool over = event.type == YAML_STREAM_END_EVENT;
        int status = builder_take(builder, &event, err);
        yaml_event_delete(&event);
        if (status < 0 || over)
            return status;
    }
}

int yaml_load_text(const char *name, const char *text, struct arena *arena, struct yaml_node **ret,
                   struct error *err)
{
    struct yaml_builder builder = {.arena = arena, .text = text};
    builder.name = arena_strdup(arena, name);
    yaml_parser_t fresh;
    if (builder.name == NULL || !yaml_parser_initialize(&fresh))
        return error_out_of_memory(err);
    CLEANUP(yaml_parser_delete) yaml_parser_t parser = fresh;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
    if (builder_run(&builder, &parser, err) < 0)
        return -1;
    *ret = builder.first_root;
    return 0;
}
