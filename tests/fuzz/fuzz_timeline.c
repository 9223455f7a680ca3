/* timeline.csv and cycles.csv as parts of one input: what is read is written, read again the same,
 * and judged. */
#include <string.h>

#include "base/cleanup.h"
#include "tests/fuzz/fuzz.h"
#include "timeline/timeline_csv.h"
#include "verdict/verdict.h"

#define OUT_MAX ((size_t)64 << 20)

static int read_timeline(char *samples, char *cycles, struct timeline **ret, struct error *err)
{
    CLEANUP(timeline_freep) struct timeline *timeline = NULL;
    FUZZ_REQUIRE(timeline_new(TIMELINE_READ_MAX, &timeline, err) == 0);
    if (timeline_csv_read("timeline.csv", samples, timeline, err) < 0 ||
        cycles_csv_read("cycles.csv", cycles, timeline, err) < 0)
        return -1;
    *ret = take_ptr(&timeline);
    return 0;
}

static void write_timeline(const struct timeline *timeline, struct buffer *samples,
                           struct buffer *cycles)
{
    struct error err = {.kind = ERROR_NONE};
    FUZZ_REQUIRE(timeline_csv_write(timeline, samples, &err) == 0);
    FUZZ_REQUIRE(cycles_csv_write(timeline, cycles, &err) == 0);
}

static void check_writing(const struct timeline *timeline)
{
    CLEANUP(buffer_done) struct buffer samples = BUFFER_INIT(OUT_MAX);
    CLEANUP(buffer_done) struct buffer cycles = BUFFER_INIT(OUT_MAX);
    CLEANUP(buffer_done) struct buffer samples_again = BUFFER_INIT(OUT_MAX);
    CLEANUP(buffer_done) struct buffer cycles_again = BUFFER_INIT(OUT_MAX);
    CLEANUP(timeline_freep) struct timeline *again = NULL;
    struct error err = {.kind = ERROR_NONE};
    write_timeline(timeline, &samples, &cycles);
    CLEANUP(freep) char *first = strdup(buffer_text(&samples));
    CLEANUP(freep) char *second = strdup(buffer_text(&cycles));
    if (read_timeline(first, second, &again, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    write_timeline(again, &samples_again, &cycles_again);
    fuzz_require_same("what was written", buffer_text(&samples), buffer_text(&samples_again));
    fuzz_require_same("what was written", buffer_text(&cycles), buffer_text(&cycles_again));
}

static void check_verdict(const struct timeline *timeline)
{
    static const struct verdict_question questions[] = {
        {.limit_bytes = UINT64_C(64) << 20,
         .concurrency = 8,
         .cycles_max = 40,
         .cycles_min = 6,
         .cycle_requests = 250,
         .can_reclaim = true},
        {.limit_bytes = UINT64_MAX,
         .concurrency = 1,
         .cycles_max = 512,
         .cycles_min = 1,
         .cycle_requests = 1,
         .can_trim = true,
         .attached = true,
         .heap_is_exact = true,
         .heap_has_garbage = true,
         .rate_per_s = 10},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(questions); i++) {
        struct verdict verdict;
        struct verdict again;
        memset(&verdict, 0, sizeof(verdict));
        memset(&again, 0, sizeof(again));
        struct verdict_action action = verdict_next(timeline, &questions[i]);
        FUZZ_REQUIRE(action.step <= VERDICT_STEP_DONE);
        verdict_decide(timeline, &questions[i], &verdict);
        verdict_decide(timeline, &questions[i], &again);
        FUZZ_REQUIRE(verdict.kind == again.kind && verdict.cause == again.cause);
        FUZZ_REQUIRE(verdict.reason[0] != '\0' && strcmp(verdict.reason, again.reason) == 0);
        FUZZ_REQUIRE(verdict.n_findings <= VERDICT_FINDINGS_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(freep) char *samples = fuzz_part_text(data, size, "timeline.csv");
    CLEANUP(freep) char *cycles = fuzz_part_text(data, size, "cycles.csv");
    CLEANUP(timeline_freep) struct timeline *timeline = NULL;
    struct error err = {.kind = ERROR_NONE};
    if (samples == NULL || cycles == NULL)
        return 0;
    if (read_timeline(samples, cycles, &timeline, &err) < 0) {
        fuzz_require_error(&err, ERROR_USAGE);
        return 0;
    }
    check_writing(timeline);
    check_verdict(timeline);
    return 0;
}
