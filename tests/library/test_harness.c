/* The harness does not leak, by its own verdict: test_harness REPOSITORY RECORDING. Each is called
 * with what it is called with in a run, errors among it. */
#include <poll.h>
#include <string.h>

#include "base/json.h"
#include "load/generator.h"
#include "scenario/plan.h"
#include "scenario/pod.h"
#include "scenario/record_files.h"
#include "tests/library/judged.h"
#include "tests/support/http_server.h"
#include "timeline/timeline_csv.h"
#include "verdict/verdict.h"

#define MEBIBYTE      ((uint64_t)1024 * 1024)
#define FILE_MAX      ((size_t)16 * 1024 * 1024)
#define BATCH         20
#define BATCH_WAIT_MS 20000

static const char *repository;
static const char *recording;

static void expect_no_leak(int (*function)(void *context), void *context, uint64_t calls)
{
    struct leakcage_result result;
    const struct leakcage_options options = {.calls = calls, .limit_bytes = 64 * MEBIBYTE};
    ck_assert_msg(leakcage_check(function, context, &options, &result) == 0, "%s", result.reason);
    ck_assert_uint_eq(result.failed_calls, 0);
    ck_assert_uint_ge(result.calls, calls * 9 / 10);
    judged_nothing_left();
}

/* The text of a file of the repository, malloc'd. */
static char *read_text(const char *folder, const char *name)
{
    CLEANUP(freep) char *path = file_join(folder, name);
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(FILE_MAX);
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(file_read(AT_FDCWD, path, &text, &err) == 0, "%s", err.text);
    return strdup(buffer_text(&text));
}

/* With a right scenario, and with one that is cut off in its middle. */
static int read_scenario(void *context)
{
    const char *text = context;
    struct scenario *scenario = NULL;
    CLEANUP(freep) char *half = strndup(text, strlen(text) / 2);
    if (half == NULL || scenario_load_text("half.json", "/", half, &scenario, NULL) != -1)
        return -1;
    if (scenario_load_text("whole.json", "/", text, &scenario, NULL) < 0)
        return -1;
    scenario_free(scenario);
    return 0;
}

START_TEST(scenarios)
{
    CLEANUP(freep) char *text = read_text(repository, "scenarios/json-tree.json");
    expect_no_leak(read_scenario, text, 300);
}
END_TEST

static int read_json(void *context)
{
    const char *text = context;
    CLEANUP(json_freep) struct json_document *document = NULL;
    struct error err = {.kind = ERROR_NONE};
    if (json_load_text("half.json", text, strlen(text) / 2, &document, &err) != -1)
        return -1;
    return json_load_text("whole.json", text, strlen(text), &document, NULL);
}

START_TEST(json)
{
    CLEANUP(freep) char *text = read_text(recording, "result.json");
    expect_no_leak(read_json, text, 300);
}
END_TEST

static const char manifest[] = "apiVersion: v1\n"
                               "kind: Pod\n"
                               "metadata: {name: shop}\n"
                               "spec:\n"
                               "  containers:\n"
                               "    - name: app\n"
                               "      image: localhost/shop:1\n"
                               "      args: [\"--mode\", fast, \"$(MODE)\"]\n"
                               "      env: [{name: MODE, value: slow}]\n"
                               "      ports: [{containerPort: 8080}]\n"
                               "      resources: {limits: {memory: 64Mi}}\n";

static int read_pod(void *context)
{
    static const struct pod_options nothing_asked = {.container = NULL};
    CLEANUP(buffer_done) struct buffer notes = BUFFER_INIT(POD_NOTES_MAX_BYTES);
    CLEANUP(scenario_freep) struct scenario *scenario = NULL;
    CLEANUP(freep) char *broken = strndup(manifest, strlen(manifest) - 5);
    (void)context;
    if (broken == NULL ||
        pod_load_text("broken.yaml", broken, &nothing_asked, &notes, &scenario, NULL) != -1)
        return -1;
    return pod_load_text("pod.yaml", manifest, &nothing_asked, &notes, &scenario, NULL);
}

START_TEST(manifests)
{
    expect_no_leak(read_pod, NULL, 300);
}
END_TEST

/* A timeline, written and read back. */
static int write_and_read(void *context)
{
    const struct record *record = context;
    CLEANUP(buffer_done) struct buffer samples = BUFFER_INIT(FILE_MAX);
    CLEANUP(buffer_done) struct buffer cycles = BUFFER_INIT(FILE_MAX);
    CLEANUP(timeline_freep) struct timeline *timeline = NULL;
    if (timeline_new(TIMELINE_SAMPLES_MAX, &timeline, NULL) < 0 ||
        timeline_csv_write(record->timeline, &samples, NULL) < 0 ||
        cycles_csv_write(record->timeline, &cycles, NULL) < 0 ||
        timeline_csv_read("timeline.csv", samples.data, timeline, NULL) < 0 ||
        cycles_csv_read("cycles.csv", cycles.data, timeline, NULL) < 0)
        return -1;
    return timeline->n_cycles == record->timeline->n_cycles ? 0 : -1;
}

/* What a run decides after each of its cycles, and at its end. */
static int judge(void *context)
{
    const struct record *record = context;
    struct verdict verdict;
    (void)verdict_next(record->timeline, &record->question);
    verdict_decide(record->timeline, &record->question, &verdict);
    return verdict.kind == record->verdict.kind ? 0 : -1;
}

static int load_and_judge(void *context)
{
    struct record *record = NULL;
    (void)context;
    if (record_load(recording, &record, NULL) < 0)
        return -1;
    record_free(record);
    return 0;
}

static struct record *recorded;

static void load_recording(void)
{
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(record_load(recording, &recorded, &err) == 0, "%s", err.text);
}

static void free_recording(void)
{
    record_free(recorded);
}

START_TEST(timelines)
{
    expect_no_leak(write_and_read, recorded, 30);
}
END_TEST

START_TEST(verdicts)
{
    expect_no_leak(judge, recorded, 120);
}
END_TEST

START_TEST(records)
{
    expect_no_leak(load_and_judge, NULL, 30);
}
END_TEST

/* A generator's life: made, two batches, one of them among errors, gone. */
static int drive(void *context)
{
    static const struct load_profile profile = {
        .requests = {{.method = "GET", .path = "/ok", .weight = 3},
                     {.method = "POST", .path = "/chunked", .body = "x", .weight = 2},
                     {.method = "GET", .path = "/no-answer", .weight = 1},
                     {.method = "GET", .path = "/half", .weight = 1}},
        .n_requests = 4,
        .concurrency = 4,
        .reuse = true,
        .timeout_ns = 5 * NSEC_PER_SEC,
    };
    CLEANUP(generator_freep) struct generator *generator = NULL;
    struct batch_result result;
    if (generator_new(&profile, context, &generator, NULL) < 0)
        return -1;
    for (int i = 0; i < 2; i++) {
        struct pollfd over = {.fd = generator_fd(generator), .events = POLLIN};
        if (generator_begin(generator, BATCH, 4, clock_now_ns() + 10 * NSEC_PER_SEC, NULL) < 0 ||
            poll(&over, 1, BATCH_WAIT_MS) != 1 || generator_finish(generator, &result, NULL) < 0 ||
            result.deadline_hit)
            return -1;
        generator_disconnect(generator);
    }
    return 0;
}

START_TEST(load)
{
    struct http_server *server = http_server_new();
    CLEANUP(freep) char *url = strdup(http_server_url(server));
    expect_no_leak(drive, url, 60);
    http_server_free(server);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("the harness");
    TCase *parsers = tcase_create("parsers");
    TCase *runs = tcase_create("runs");
    tcase_set_timeout(parsers, 90);
    tcase_set_timeout(runs, 90);
    tcase_add_test(parsers, scenarios);
    tcase_add_test(parsers, json);
    tcase_add_test(parsers, manifests);
    tcase_add_checked_fixture(runs, load_recording, free_recording);
    tcase_add_test(runs, timelines);
    tcase_add_test(runs, verdicts);
    tcase_add_test(runs, records);
    tcase_add_test(runs, load);
    suite_add_tcase(suite, parsers);
    suite_add_tcase(suite, runs);
    return suite;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: test_harness REPOSITORY RECORDING\n");
        return EXIT_FAILURE;
    }
    repository = argv[1];
    recording = argv[2];
    judged_skip_where_unavailable();
    return judged_run(suite());
}
