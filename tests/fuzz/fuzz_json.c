/* JSON (base/json.h): every value asked for everything, and written again. */
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "tests/fuzz/fuzz.h"

#define OUT_MAX ((size_t)16 << 20)

static void expect_no_more(const struct json_place *place, int status, const struct error *err)
{
    if (status < 0)
        fuzz_require_error(err, ERROR_USAGE);
    FUZZ_REQUIRE(json_line(place) >= 1);
}

static void ask(const struct json_place *place)
{
    char text[JSON_DESCRIBE_MAX];
    static const char *const words[] = {"limit", "load", "requests", NULL};
    struct error err = {.kind = ERROR_NONE};
    const char *string = NULL;
    bool flag = false;
    uint64_t count = 0;
    double number = 0;
    nsec_t duration_ns = 0;
    fuzz_require_harmless("what was found", json_describe(place, text),
                          strlen(json_describe(place, text)), false);
    expect_no_more(place, json_string(place, &string, &err), &err);
    expect_no_more(place, json_bool(place, &flag, &err), &err);
    int status = json_count(place, 2, UINT64_MAX, &count, &err);
    expect_no_more(place, status, &err);
    FUZZ_REQUIRE(status < 0 || (count >= 2 && count <= UINT64_C(1) << 53));
    status = json_number(place, -1e6, 1e6, &number, &err);
    expect_no_more(place, status, &err);
    FUZZ_REQUIRE(status < 0 || (number >= -1e6 && number <= 1e6));
    expect_no_more(place, json_bytes(place, 0, UINT64_MAX, &count, &err), &err);
    status = json_duration(place, 0, 1000 * NSEC_PER_SEC, &duration_ns, &err);
    expect_no_more(place, status, &err);
    FUZZ_REQUIRE(status < 0 || (duration_ns >= 0 && duration_ns <= 1000 * NSEC_PER_SEC));
    if (json_is_object(place))
        expect_no_more(place, json_check_keys(place, words, &err), &err);
    if (json_is_string(place) && json_string(place, &string, NULL) == 0)
        expect_no_more(place, json_error_word(place, string, words, &err), &err);
}

/* All values, and a copy of them; the reader bounds how deep it goes. */
static size_t walk(const struct json_place *place, const char *key, struct json_writer *writer,
                   unsigned depth)
{
    struct json_place child;
    size_t n = 1;
    FUZZ_REQUIRE(depth <= JSON_NESTING_MAX);
    ask(place);
    bool is_object = json_is_object(place);
    if (!is_object && !json_is_array(place)) {
        const char *text = "";
        double number = 0;
        if (json_string(place, &text, NULL) == 0)
            json_write_text(writer, key, text);
        else if (json_number(place, -1e300, 1e300, &number, NULL) == 0)
            json_write_double(writer, key, number);
        else
            json_write_bool(writer, key, false);
        return n;
    }
    if (is_object)
        json_write_object(writer, key);
    else
        json_write_array(writer, key);
    size_t length = 0;
    for (bool more = json_first(place, &child); more; more = json_next(place, &child), length++)
        n += walk(&child, is_object ? json_key(&child) : NULL, writer, depth + 1);
    FUZZ_REQUIRE(length == json_length(place));
    if (is_object)
        json_write_close_object(writer);
    else
        json_write_close_array(writer);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(freep) char *text = fuzz_text(data, size);
    CLEANUP(json_freep) struct json_document *document = NULL;
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(OUT_MAX);
    struct error err = {.kind = ERROR_NONE};
    if (json_load_text("input.json", text, size, &document, &err) < 0) {
        fuzz_require_error(&err, ERROR_USAGE);
        return 0;
    }
    const struct json_place root = json_root(document);
    struct json_writer writer;
    json_writer_begin(&writer, &out);
    (void)walk(&root, NULL, &writer, 0);
    if (json_writer_end(&writer, &err) == 0)
        fuzz_require_json("a copy", buffer_text(&out), out.length);
    return 0;
}
