#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/json_document.h"
#include "base/units.h"
#include "base/utf8.h"

enum { JSON_WORD_MAX = 40 }; /* the longest word that json_nearest() compares */

static const double json_exact_max = 9007199254740991.0; /* 2^53 - 1 */

struct json_place json_root(const struct json_document *document)
{
    return (struct json_place){.document = document, .node = document->root, .path = "$"};
}

unsigned json_line(const struct json_place *place)
{
    const struct json_mark *mark = json_find_mark(place->document, place->node);
    return mark != NULL ? mark->line : 0;
}

/* Cut text to `size` bytes with "…" at its end, not inside a character. */
static void json_cut(char *text, size_t size)
{
    size_t end = size - 1 - strlen("…");
    while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80)
        end--;
    memcpy(text + end, "…", sizeof("…"));
}

const char *json_describe(const struct json_place *place, char *text)
{
    const cJSON *node = place->node;
    if (cJSON_IsObject(node) || cJSON_IsArray(node)) {
        snprintf(text, JSON_DESCRIBE_MAX, "an %s%s", node->child == NULL ? "empty " : "",
                 cJSON_IsObject(node) ? "object" : "array");
        return text;
    }
    if (cJSON_IsString(node)) {
        char value[JSON_DESCRIBE_MAX - 2];
        int length = snprintf(value, sizeof(value), "%s", node->valuestring);
        if (length < 0 || (size_t)length >= sizeof(value))
            json_cut(value, sizeof(value));
        snprintf(text, JSON_DESCRIBE_MAX, "\"%s\"", value);
        utf8_tame(text, false);
        return text;
    }

    /* A number or a word, as it was written. */
    const struct json_mark *mark = json_find_mark(place->document, node);
    const char *start = mark != NULL ? place->document->text + mark->offset : "?";
    size_t length = strcspn(start, ",]} \t\r\n");
    snprintf(text, JSON_DESCRIBE_MAX, "%.*s", (int)(length < 64 ? length : 64), start);
    return text;
}

/* "file:line: path: " in front. */
static int json_error_place(const struct json_place *place, struct error *err)
{
    if (err == NULL)
        return -1;
    utf8_tame(err->text, false);
    err->kind = ERROR_USAGE;
    return error_prefix(err, "%s:%u: %s", place->document->name, json_line(place), place->path);
}

int json_error(const struct json_place *place, struct error *err, const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    error_set(err, ERROR_USAGE, "%s", text);
    return json_error_place(place, err);
}

int json_error_expected(const struct json_place *place, struct error *err, const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    char found[JSON_DESCRIBE_MAX];
    return json_error(place, err, "found %s, expected %s", json_describe(place, found), text);
}

int json_error_prefix(const struct json_place *place, struct error *err)
{
    return json_error_place(place, err);
}

bool json_is_object(const struct json_place *place)
{
    return cJSON_IsObject(place->node);
}

bool json_is_array(const struct json_place *place)
{
    return cJSON_IsArray(place->node);
}

bool json_is_string(const struct json_place *place)
{
    return cJSON_IsString(place->node);
}

bool json_is_null(const struct json_place *place)
{
    return cJSON_IsNull(place->node);
}

/* A key that can follow a dot in a path. */
static bool json_is_plain_key(const char *key)
{
    if (*key == '\0')
        return false;
    for (; *key != '\0'; key++)
        if (!isalnum((unsigned char)*key) && *key != '_' && *key != '-' && *key != '$')
            return false;
    return true;
}

/* The place of a child. */
static void json_place_child(const struct json_place *parent, const cJSON *node, size_t index,
                             struct json_place *ret)
{
    struct json_place child = {.document = parent->document, .node = node, .index = index};
    size_t size = sizeof(child.path);
    int length = 0;
    if (cJSON_IsArray(parent->node))
        length = snprintf(child.path, size, "%s[%zu]", parent->path, index);
    else if (json_is_plain_key(node->string))
        length = snprintf(child.path, size, "%s.%s", parent->path, node->string);
    else
        length = snprintf(child.path, size, "%s[\"%s\"]", parent->path, node->string);
    if (length < 0 || (size_t)length >= size)
        json_cut(child.path, size);
    utf8_tame(child.path, false);
    *ret = child;
}

bool json_first(const struct json_place *parent, struct json_place *ret)
{
    if (parent->node->child == NULL)
        return false;
    json_place_child(parent, parent->node->child, 0, ret);
    return true;
}

bool json_next(const struct json_place *parent, struct json_place *child)
{
    if (child->node->next == NULL)
        return false;
    json_place_child(parent, child->node->next, child->index + 1, child);
    return true;
}

bool json_member(const struct json_place *object, const char *key, struct json_place *ret)
{
    if (!json_is_object(object))
        return false;
    size_t index = 0;
    for (const cJSON *node = object->node->child; node != NULL; node = node->next, index++) {
        if (strcmp(node->string, key) == 0) {
            json_place_child(object, node, index, ret);
            return true;
        }
    }
    return false;
}

size_t json_length(const struct json_place *place)
{
    return (size_t)cJSON_GetArraySize(place->node);
}

const char *json_key(const struct json_place *place)
{
    return place->node->string != NULL ? place->node->string : "";
}

int json_expect_object(const struct json_place *place, struct error *err)
{
    return json_is_object(place) ? 0 : json_error_expected(place, err, "an object");
}

int json_expect_array(const struct json_place *place, size_t maximum, struct error *err)
{
    if (!json_is_array(place))
        return json_error_expected(place, err, "an array");
    size_t length = json_length(place);
    if (length > maximum)
        return json_error(place, err, "found %zu entries, expected at most %zu", length, maximum);
    return 0;
}

/* "a", "b", "c" */
static void json_list_words(const char *const *words, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (; *words != NULL && used < size; words++) {
        int length = snprintf(text + used, size - used, "%s\"%s\"", used > 0 ? ", " : "", *words);
        used += length > 0 ? (size_t)length : 0;
    }
    if (used >= size)
        json_cut(text, size);
}

int json_error_word(const struct json_place *place, const char *word, const char *const *words,
                    struct error *err)
{
    char list[512];
    const char *near = json_nearest(word, words);
    json_list_words(words, list, sizeof(list));
    if (near != NULL)
        return json_error(place, err, "found \"%.60s\", expected one of %s; did you mean \"%s\"?",
                          word, list, near);
    return json_error(place, err, "found \"%.60s\", expected one of %s", word, list);
}

int json_check_keys(const struct json_place *object, const char *const *known, struct error *err)
{
    bool root = object->node == object->document->root;
    struct json_place child;
    for (bool more = json_first(object, &child); more; more = json_next(object, &child)) {
        const char *key = json_key(&child);
        const char *const *word = known;
        while (*word != NULL && strcmp(*word, key) != 0)
            word++;
        if (*word != NULL || (root && key[0] == '$'))
            continue;

        char list[512];
        const char *near = json_nearest(key, known);
        json_list_words(known, list, sizeof(list));
        if (near != NULL)
            return json_error(&child, err,
                              "found an unknown key, expected one of %s; did you mean "
                              "\"%s\"?",
                              list, near);
        return json_error(&child, err, "found an unknown key, expected one of %s", list);
    }
    return 0;
}

int json_string(const struct json_place *place, const char **ret, struct error *err)
{
    if (!json_is_string(place))
        return json_error_expected(place, err, "text in quotes");
    *ret = place->node->valuestring;
    return 0;
}

int json_bool(const struct json_place *place, bool *ret, struct error *err)
{
    if (!cJSON_IsBool(place->node))
        return json_error_expected(place, err, "true or false");
    *ret = cJSON_IsTrue(place->node);
    return 0;
}

int json_count(const struct json_place *place, uint64_t minimum, uint64_t maximum, uint64_t *ret,
               struct error *err)
{
    double value = cJSON_IsNumber(place->node) ? place->node->valuedouble : -1;
    bool whole = value >= 0 && value <= json_exact_max && value == floor(value);
    if (!whole || (uint64_t)value < minimum || (uint64_t)value > maximum)
        return json_error_expected(place, err, "a whole number from %" PRIu64 " to %" PRIu64,
                                   minimum, maximum);
    *ret = (uint64_t)value;
    return 0;
}

int json_number(const struct json_place *place, double minimum, double maximum, double *ret,
                struct error *err)
{
    double value = place->node->valuedouble;
    if (!cJSON_IsNumber(place->node) || !(value >= minimum && value <= maximum))
        return json_error_expected(place, err, "a number from %.10g to %.10g", minimum, maximum);
    *ret = value;
    return 0;
}

int json_bytes(const struct json_place *place, uint64_t minimum, uint64_t maximum, uint64_t *ret,
               struct error *err)
{
    double number = cJSON_IsNumber(place->node) ? place->node->valuedouble : -1;
    bool fits = number >= 0 && number <= json_exact_max && number == floor(number);
    uint64_t value = fits ? (uint64_t)number : 0;
    if (json_is_string(place)) {
        if (units_parse_bytes(place->node->valuestring, &value, err) < 0)
            return json_error_prefix(place, err);
    } else if (!fits) {
        return json_error_expected(place, err,
                                   "a size such as \"64M\", or a whole number of bytes");
    }

    char low[UNITS_TEXT_MAX];
    char high[UNITS_TEXT_MAX];
    if (value < minimum || value > maximum)
        return json_error_expected(place, err, "a size from %s to %s",
                                   units_format_bytes((double)minimum, low),
                                   units_format_bytes((double)maximum, high));
    *ret = value;
    return 0;
}

int json_duration(const struct json_place *place, nsec_t minimum_ns, nsec_t maximum_ns,
                  nsec_t *ret_ns, struct error *err)
{
    if (!json_is_string(place))
        return json_error_expected(place, err,
                                   "a time with its unit in quotes, such as \"500ms\" or \"10s\"");
    nsec_t value = 0;
    if (units_parse_duration(place->node->valuestring, &value, err) < 0)
        return json_error_prefix(place, err);

    char low[UNITS_TEXT_MAX];
    char high[UNITS_TEXT_MAX];
    if (value < minimum_ns || value > maximum_ns)
        return json_error_expected(place, err, "a time from %s to %s",
                                   units_format_duration(minimum_ns, low),
                                   units_format_duration(maximum_ns, high));
    *ret_ns = value;
    return 0;
}

/* Edit distance in which a swap of neighbours costs one (optimal string alignment); SIZE_MAX for
 * words that are longer than any of ours. */
static size_t json_distance(const char *a, const char *b)
{
    size_t length_a = strlen(a);
    size_t length_b = strlen(b);
    unsigned char rows[3][JSON_WORD_MAX + 1] = {0};
    if (length_a > JSON_WORD_MAX || length_b > JSON_WORD_MAX)
        return SIZE_MAX;

    for (size_t j = 0; j <= length_b; j++)
        rows[0][j] = (unsigned char)j;
    for (size_t i = 1; i <= length_a; i++) {
        unsigned char *row = rows[i % 3];
        const unsigned char *above = rows[(i + 2) % 3];
        const unsigned char *before = rows[(i + 1) % 3];
        row[0] = (unsigned char)i;
        for (size_t j = 1; j <= length_b; j++) {
            unsigned best = above[j - 1] + (a[i - 1] != b[j - 1] ? 1U : 0U);
            if (above[j] + 1U < best)
                best = above[j] + 1U;
            if (row[j - 1] + 1U < best)
                best = row[j - 1] + 1U;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1U < best)
                best = before[j - 2] + 1U;
            row[j] = (unsigned char)best;
        }
    }
    return rows[length_a % 3][length_b];
}

const char *json_nearest(const char *word, const char *const *candidates)
{
    const char *nearest = NULL;
    size_t best = strlen(word) / 4 + 2; /* must be below: one edit in "cpu", three in "dependncy" */
    for (; *candidates != NULL; candidates++) {
        size_t distance = json_distance(word, *candidates);
        if (distance < best) {
            best = distance;
            nearest = *candidates;
        }
    }
    return nearest;
}
