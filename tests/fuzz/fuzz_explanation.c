/* explanation.json (explain/explanation_json.h): what is read is written, read again the same, and
 * shown in every form. */
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "explain/explanation_json.h"
#include "explain/explanation_sentence.h"
#include "report/explanation_text.h"
#include "scenario/record.h"
#include "tests/fuzz/fuzz.h"

#define OUT_MAX ((size_t)64 << 20)

static void write_json(const struct explanation *explanation, struct buffer *out)
{
    struct json_writer writer;
    struct error err = {.kind = ERROR_NONE};
    json_writer_begin(&writer, out);
    explanation_write_json(&writer, NULL, explanation);
    if (json_writer_end(&writer, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
}

static void check_writing(const struct explanation *explanation)
{
    CLEANUP(buffer_done) struct buffer first = BUFFER_INIT(OUT_MAX);
    CLEANUP(buffer_done) struct buffer second = BUFFER_INIT(OUT_MAX);
    CLEANUP(explanation_freep) struct explanation *again = NULL;
    struct error err = {.kind = ERROR_NONE};
    write_json(explanation, &first);
    fuzz_require_harmless("JSON", buffer_text(&first), first.length, true);
    fuzz_write("explanation.json", buffer_text(&first), first.length);
    if (explanation_load(fuzz_folder(), &again, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    write_json(again, &second);
    fuzz_require_same("what was written", buffer_text(&first), buffer_text(&second));
}

static void check_text(const struct explanation *explanation)
{
    static const struct terminal_style styles[] = {
        {.utf8 = true, .width = 100},
        {.utf8 = false, .width = 20},
    };
    static struct record *record; /* for good */
    struct run_spec spec = {.id = "leaky", .scenario = "leaky", .source = "leaky.json"};
    char sentence[EXPLANATION_SENTENCE_MAX];
    settings_defaults(&spec.settings);
    if (record == NULL)
        FUZZ_REQUIRE(record_new(&spec, &record, NULL) == 0);
    for (size_t i = 0; i < ARRAY_LENGTH(styles); i++) {
        CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(OUT_MAX);
        struct error err = {.kind = ERROR_NONE};
        const struct explanation_text text = {.explanation = explanation,
                                              .plain = record,
                                              .instrumented = record,
                                              .dir = "results/leaky",
                                              .folder = "/srv"};
        FUZZ_REQUIRE(explanation_text_write(&text, &styles[i], &out, &err) == 0);
        fuzz_require_harmless("text", buffer_text(&out), out.length, true);
    }
    FUZZ_REQUIRE(strlen(explanation_sentence(explanation, sentence)) < sizeof(sentence));
    FUZZ_REQUIRE(strlen(explanation_short_place(explanation, sentence)) < sizeof(sentence));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(explanation_freep) struct explanation *explanation = NULL;
    struct error err = {.kind = ERROR_NONE};
    fuzz_write("explanation.json", data, size);
    int status = explanation_load(fuzz_folder(), &explanation, &err);
    FUZZ_REQUIRE(status <= 0);
    if (status < 0) {
        fuzz_require_error(&err, ERROR_USAGE);
        return 0;
    }
    check_writing(explanation);
    check_text(explanation);
    return 0;
}
