/* The small languages of options and scenarios: sizes, times, shares, counts, Kubernetes'
 * quantities, words of a command, shards, what to attach to, expressions for logs. A line is read
 * as each of them; what is written by us is read again. */
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/line_watch.h"
#include "base/units.h"
#include "base/words.h"
#include "cli/shard.h"
#include "driver/attach_target.h"
#include "load/request.h"
#include "scenario/instruments.h"
#include "scenario/program.h"
#include "scenario/quantity.h"
#include "scenario/scenario.h"
#include "tests/fuzz/fuzz.h"

static void check_units(const char *text)
{
    char formatted[UNITS_TEXT_MAX];
    struct error err = {.kind = ERROR_NONE};
    uint64_t bytes = 0;
    uint64_t count = 0;
    nsec_t duration_ns = 0;
    double share = 0;
    if (units_parse_bytes(text, &bytes, &err) == 0)
        FUZZ_REQUIRE(strlen(units_format_bytes((double)bytes, formatted)) > 0);
    else
        fuzz_require_error(&err, ERROR_USAGE);
    if (units_parse_duration(text, &duration_ns, &err) == 0) {
        FUZZ_REQUIRE(duration_ns >= 0);
        FUZZ_REQUIRE(strlen(units_format_duration(duration_ns, formatted)) > 0);
    } else {
        fuzz_require_error(&err, ERROR_USAGE);
    }
    if (units_parse_percent(text, &share, &err) == 0)
        FUZZ_REQUIRE(isfinite(share) && share >= 0);
    else
        fuzz_require_error(&err, ERROR_USAGE);
    if (units_parse_count(text, 3, UINT64_MAX - 1, &count, &err) == 0) {
        char plain[32];
        FUZZ_REQUIRE(count >= 3 && count < UINT64_MAX);
        snprintf(plain, sizeof(plain), "%llu", (unsigned long long)count);
        FUZZ_REQUIRE(units_parse_bytes(plain, &bytes, NULL) < 0 || bytes == count);
        FUZZ_REQUIRE(strlen(units_format_count(count, formatted)) > 0);
    } else {
        fuzz_require_error(&err, ERROR_USAGE);
    }
}

static void check_quantity(const char *text)
{
    struct error err = {.kind = ERROR_NONE};
    uint64_t bytes = 0;
    double cpus = 0;
    if (quantity_parse_bytes(text, &bytes, &err) == 0)
        FUZZ_REQUIRE(bytes <= UINT64_C(1) << 63);
    else
        fuzz_require_error(&err, ERROR_USAGE);
    if (quantity_parse_cpus(text, &cpus, &err) == 0)
        FUZZ_REQUIRE(isfinite(cpus) && cpus >= 0);
    else
        fuzz_require_error(&err, ERROR_USAGE);
}

/* Words in single quotes are themselves again. */
static void check_words(const char *text)
{
    CLEANUP(freep) char **words = NULL;
    CLEANUP(freep) char **again = NULL;
    CLEANUP(buffer_done) struct buffer quoted = BUFFER_INIT((size_t)1 << 20);
    struct error err = {.kind = ERROR_NONE};
    if (words_split(text, &words, &err) < 0) {
        fuzz_require_error(&err, ERROR_USAGE);
        return;
    }
    FUZZ_REQUIRE(words[0] != NULL);
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strchr(words[i], '\'') != NULL)
            return;
        FUZZ_REQUIRE(buffer_printf(&quoted, &err, "%s'%s'", i > 0 ? " " : "", words[i]) == 0);
    }
    FUZZ_REQUIRE(words_split(buffer_text(&quoted), &again, &err) == 0);
    size_t i = 0;
    for (; words[i] != NULL; i++)
        FUZZ_REQUIRE(again[i] != NULL && strcmp(words[i], again[i]) == 0);
    FUZZ_REQUIRE(again[i] == NULL);
}

static void check_request(const char *text)
{
    struct error err = {.kind = ERROR_NONE};
    struct request request = {.bytes = NULL};
    const struct request_kind kinds[] = {
        {.method = "GET", .path = text, .weight = 1},
        {.method = text, .path = "/", .weight = 1},
        {.method = "POST",
         .path = "/",
         .headers = {text},
         .n_headers = 1,
         .body = text,
         .weight = 1},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        if (request_init(&request, &kinds[i], "http://127.0.0.1:8080", &err) == 0)
            FUZZ_REQUIRE(request.length > 0);
        else
            fuzz_require_error(&err, ERROR_USAGE);
        request_done(&request);
    }
    const struct request_kind plain = {.method = "GET", .path = "/", .weight = 1};
    if (request_init(&request, &plain, text, &err) < 0)
        fuzz_require_error(&err, ERROR_USAGE);
    request_done(&request);
}

static void check_names(const char *text)
{
    struct error err = {.kind = ERROR_NONE};
    struct shard shard;
    struct attach_target target;
    uint32_t instruments = 0;
    const char *word = NULL;
    size_t length = 0;
    if (shard_parse(text, &shard, &err) == 0)
        FUZZ_REQUIRE(shard.index < shard.count);
    if (attach_target_parse(text, "", &target, &err) < 0)
        FUZZ_REQUIRE(err.text[0] != '\0');
    if (!instruments_parse(text, &instruments, &word, &length))
        FUZZ_REQUIRE(word >= text && word + length <= text + strlen(text));
    (void)scenario_is_name(text);
    (void)program_is_ready_word(text);
    (void)service_is_ask(text);
    (void)service_is_collect_url(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(freep) char *text = fuzz_text(data, size);
    check_units(text);
    check_quantity(text);
    check_words(text);
    check_request(text);
    check_names(text);
    return 0;
}
