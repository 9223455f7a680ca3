/* live_feed: what a run tells, line by line, while it goes on; bounded, whole, and no reason to
 * fail. */
#include "run/live_feed.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

#define TEXT_MAX_BYTES ((size_t)16 * 1024 * 1024)

static struct temp_dir dir;
static struct run_spec runs[2];
static struct plan plan;
static struct live_feed *feed;

static void setup(void)
{
    dir = temp_dir_make();
    for (int i = 0; i < 2; i++) {
        settings_defaults(&runs[i].settings);
        runs[i].settings.limit_bytes = (uint64_t)64 * 1024 * 1024;
        runs[i].settings.cycles = 8;
        runs[i].scenario = "trial";
        snprintf(runs[i].id, sizeof(runs[i].id), i == 0 ? "trial" : "trial.fixed");
    }
    runs[1].variant = "fixed";
    plan = (struct plan){.runs = runs, .n_runs = 2};
    feed = live_feed_new(&plan, dir.path);
    ck_assert_ptr_nonnull(feed);
}

static void teardown(void)
{
    live_feed_free(feed);
    temp_dir_done(&dir);
}

static struct run_progress at(nsec_t elapsed_ns, const char *phase)
{
    return (struct run_progress){
        .id = "trial",
        .phase = phase,
        .cycle = 2,
        .cycles_max = 8,
        .requests = 30,
        .requests_goal = 100,
        .memory_bytes = 1048576,
        .limit_bytes = UINT64_MAX,
        .elapsed_ns = elapsed_ns,
        .cycles_min = 5,
        .starts = 1,
        .threads = 4,
        .descriptors = SURVEY_ABSENT,
    };
}

static void tell(nsec_t elapsed_ns, const char *phase)
{
    const struct run_progress progress = at(elapsed_ns, phase);
    live_feed_progress(feed, &progress);
}

static int open_feed(const char *name)
{
    char path[64];
    snprintf(path, sizeof(path), "live/%s", name);
    return openat(dir.fd, path, O_RDONLY | O_CLOEXEC);
}

/* All that is in there, whatever its name is by now. */
static void read_all(int fd, struct buffer *ret)
{
    char part[65536];
    ck_assert_int_ge(fd, 0);
    buffer_clear(ret);
    lseek(fd, 0, SEEK_SET);
    for (ssize_t n; (n = read(fd, part, sizeof(part))) > 0;)
        ck_assert_int_eq(buffer_append(ret, part, (size_t)n, NULL), 0);
}

static unsigned count_lines(const struct buffer *text)
{
    unsigned n = 0;
    for (const char *at_line = buffer_text(text); (at_line = strchr(at_line, '\n')) != NULL;
         at_line++)
        n++;
    return n;
}

/* Line by line, each an object of its own. */
static void expect_objects(const struct buffer *text)
{
    const char *line = buffer_text(text);
    for (const char *end = NULL; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        CLEANUP(json_freep) struct json_document *document = NULL;
        struct error err = {.kind = ERROR_NONE};
        ck_assert_msg(json_load_text("line", line, (size_t)(end - line), &document, &err) == 0,
                      "%s", err.text);
    }
    ck_assert_str_eq(line, "");
}

START_TEST(the_first_line_says_what_it_is_and_the_others_how_it_goes)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(TEXT_MAX_BYTES);
    tell(0, "start");
    tell(NSEC_PER_SEC + 234567890, "cycle 3");
    CLEANUP(closep) int fd = open_feed("trial.jsonl");
    read_all(fd, &text);
    expect_objects(&text);
    ck_assert_uint_eq(count_lines(&text), 3);
    static const char head[] = "{\"schema\":\"leakcage.live/1\",\"id\":\"trial\",\"scenario\":"
                               "\"trial\",\"limit_bytes\":67108864,\"cycles_max\":8,"
                               "\"started_unix_s\":1";
    ck_assert_int_eq(strncmp(buffer_text(&text), head, strlen(head)), 0);
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "{\"t_s\":1.235,\"phase\":\"cycle 3\","
                                                     "\"cycle\":2,\"cycles_max\":8,"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "\"requests\":30,\"requests_goal\":100,"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "\"current_bytes\":1048576"));
}
END_TEST

START_TEST(what_is_not_known_is_left_out)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(TEXT_MAX_BYTES);
    struct run_progress progress = at(0, "start");
    progress.memory_bytes = SURVEY_ABSENT;
    progress.requests_goal = 0;
    runs[0].settings.limit_bytes = SCENARIO_NO_LIMIT;
    live_feed_progress(feed, &progress);
    CLEANUP(closep) int fd = open_feed("trial.jsonl");
    read_all(fd, &text);
    ck_assert_ptr_null(strstr(buffer_text(&text), "_bytes"));
    ck_assert_ptr_null(strstr(buffer_text(&text), "requests_goal"));
    ck_assert_ptr_null(strstr(buffer_text(&text), "label"));
}
END_TEST

START_TEST(all_that_was_seen_is_told)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(TEXT_MAX_BYTES);
    struct run_progress progress = at(NSEC_PER_SEC, "cycle 3");
    memory_sample_set(&progress.memory, MEMORY_CURRENT, 1048576);
    memory_sample_set(&progress.memory, MEMORY_INACTIVE_FILE, 48576);
    memory_sample_set(&progress.memory, MEMORY_ANON, 500000);
    memory_sample_set(&progress.memory, MEMORY_PSI_SOME, 70);
    progress.load = (struct load_sample){.t_ns = 5,
                                         .counts = {.ok = 20, .reset = 2, .started = 30},
                                         .in_flight = 8,
                                         .latency_p50_ns = 1500000,
                                         .latency_p99_ns = -1};
    live_feed_progress(feed, &progress);
    CLEANUP(closep) int fd = open_feed("trial.jsonl");
    read_all(fd, &text);
    const char *line = strchr(buffer_text(&text), '\n') + 1;
    ck_assert_str_eq(line, "{\"t_s\":1,\"phase\":\"cycle 3\",\"cycle\":2,\"cycles_max\":8,"
                           "\"cycles_min\":5,\"starts\":1,\"oom_kills\":0,\"threads_count\":4,"
                           "\"requests\":30,\"requests_goal\":100,\"current_bytes\":1048576,"
                           "\"anon_bytes\":500000,\"psi_some_us\":70,\"working_set_bytes\":1000000,"
                           "\"requests_total\":22,\"requests_failed\":2,\"in_flight\":8,"
                           "\"latency_p50_s\":0.0015}\n");
}
END_TEST

START_TEST(a_latency_is_told_once)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(TEXT_MAX_BYTES);
    for (int i = 0; i < 4; i++) {
        struct run_progress progress = at(i * NSEC_PER_SEC, "cycle 3");
        progress.load = (struct load_sample){
            .t_ns = 5 + (i == 3), .counts = {.ok = 20}, .latency_p50_ns = 1500000};
        live_feed_progress(feed, &progress);
    }
    CLEANUP(closep) int fd = open_feed("trial.jsonl");
    read_all(fd, &text);
    unsigned n = 0;
    for (const char *found = buffer_text(&text);
         (found = strstr(found, "\"latency_p50_s\":")) != NULL; found++)
        n++;
    ck_assert_uint_eq(count_lines(&text), 5);
    ck_assert_uint_eq(n, 2);
}
END_TEST

START_TEST(a_floor_is_told_once_and_at_once)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(TEXT_MAX_BYTES);
    struct run_progress progress = at(0, "cycle 3");
    progress.floor = (struct run_floor){.present = true,
                                        .kind = CYCLE_WARMUP,
                                        .t_ns = 1500 * NSEC_PER_MSEC,
                                        .requests = 610,
                                        .bytes = -4096};
    for (int i = 0; i < 6; i++) {
        progress.floor.index = i >= 4;
        progress.floor.start = i >= 4;
        live_feed_progress(feed, &progress);
    }
    CLEANUP(closep) int fd = open_feed("trial.jsonl");
    read_all(fd, &text);
    ck_assert_uint_eq(count_lines(&text), 3); /* two floors within the 100 ms of the first line */
    ck_assert_ptr_nonnull(strstr(buffer_text(&text),
                                 "\"floor\":{\"index\":0,\"kind\":\"warm-up\",\"start\":0,"
                                 "\"t_s\":1.5,\"requests\":610,\"bytes\":-4096}}\n"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "\"floor\":{\"index\":1,"));
}
END_TEST

START_TEST(a_text_from_outside_stays_a_text_on_its_line)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(TEXT_MAX_BYTES);
    runs[0].label = "</script>\"\n\r\x1b[2J\xff";
    tell(0, "a\nb");
    CLEANUP(closep) int fd = open_feed("trial.jsonl");
    read_all(fd, &text);
    expect_objects(&text);
    ck_assert_uint_eq(count_lines(&text), 2);
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "</script>\\\"\\n\\r\\u001b[2J\xef\xbf\xbd"));
}
END_TEST

START_TEST(the_end_is_the_last_line_and_the_file_is_gone)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(TEXT_MAX_BYTES);
    CLEANUP(record_freep) struct record *record = NULL;
    ck_assert_int_eq(record_new(&runs[0], &record, NULL), 0);
    record->verdict.kind = VERDICT_LEAK;
    tell(0, "start");
    CLEANUP(closep) int fd = open_feed("trial.jsonl");
    live_feed_end(feed, record, "results/trial");
    tell(NSEC_PER_SEC, "late");
    live_feed_end(feed, record, "results/trial");
    read_all(fd, &text);
    ck_assert_uint_eq(count_lines(&text), 3);
    ck_assert_ptr_nonnull(strstr(
        buffer_text(&text), "\n{\"end\":true,\"verdict\":\"leak\",\"dir\":\"results/trial\"}\n"));
    CLEANUP(closep) int gone = open_feed("trial.jsonl");
    ck_assert_int_eq(gone, -1);
}
END_TEST

START_TEST(a_run_that_failed_ends_without_a_verdict)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(TEXT_MAX_BYTES);
    CLEANUP(record_freep) struct record *record = NULL;
    ck_assert_int_eq(record_new(&runs[0], &record, NULL), 0);
    error_set(&record->error, ERROR_SERVICE, "exit status 3");
    tell(0, "start");
    CLEANUP(closep) int fd = open_feed("trial.jsonl");
    live_feed_end(feed, record, "results/trial");
    read_all(fd, &text);
    ck_assert_ptr_nonnull(
        strstr(buffer_text(&text), "\n{\"end\":true,\"dir\":\"results/trial\"}\n"));
}
END_TEST

START_TEST(a_session_that_ends_ends_what_is_still_told)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(TEXT_MAX_BYTES);
    tell(0, "start");
    CLEANUP(closep) int fd = open_feed("trial.jsonl");
    live_feed_free(feed);
    feed = NULL;
    read_all(fd, &text);
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "\n{\"end\":true}\n"));
    CLEANUP(closep) int never_begun = open_feed("trial.fixed.jsonl");
    ck_assert_int_eq(never_begun, -1);
}
END_TEST

/* So many seconds of a run that tells every 100 ms, its phase changing every `phase_s`. */
static void tell_for(unsigned seconds, unsigned phase_s)
{
    for (nsec_t i = 0; i < (nsec_t)seconds * 10; i++) {
        char phase[32];
        snprintf(phase, sizeof(phase), "cycle %u", (unsigned)(i / (10 * (nsec_t)phase_s)));
        tell(i * 100 * NSEC_PER_MSEC, phase);
    }
}

START_TEST(a_minute_is_told_in_full_and_a_day_in_thousands_of_lines)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(TEXT_MAX_BYTES);
    tell_for(60, 1000000);
    CLEANUP(closep) int fd = open_feed("trial.jsonl");
    read_all(fd, &text);
    ck_assert_uint_eq(count_lines(&text), 601);
    live_feed_free(feed);
    feed = live_feed_new(&plan, dir.path);
    tell_for(24 * 3600, 1000000);
    CLEANUP(closep) int day = open_feed("trial.jsonl");
    read_all(day, &text);
    ck_assert_uint_gt(count_lines(&text), 5000);
    ck_assert_uint_lt(count_lines(&text), 9000);
    ck_assert_uint_lt(text.length, (size_t)2 * 1024 * 1024);
    expect_objects(&text);
}
END_TEST

START_TEST(whatever_happens_a_feed_stays_below_its_bound_and_still_ends)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(TEXT_MAX_BYTES);
    tell_for(2 * 24 * 3600, 1);
    CLEANUP(closep) int fd = open_feed("trial.jsonl");
    live_feed_free(feed);
    feed = NULL;
    read_all(fd, &text);
    ck_assert_uint_gt(text.length, LIVE_FEED_MAX_BYTES / 2);
    ck_assert_uint_lt(text.length, LIVE_FEED_MAX_BYTES + (size_t)64 * 1024);
    ck_assert_str_eq(buffer_text(&text) + text.length - 13, "{\"end\":true}\n");
}
END_TEST

START_TEST(a_run_of_another_plan_is_told_nowhere)
{
    struct run_progress progress = at(0, "start");
    progress.id = "../../etc/passwd";
    live_feed_progress(feed, &progress);
    CLEANUP(freep) char *live = file_join(dir.path, "live");
    ck_assert_int_eq(rmdir(live), 0); /* it is empty */
}
END_TEST

/* A guest may write into the work folder. */
START_TEST(a_link_in_its_place_is_not_followed)
{
    temp_dir_write(&dir, "elsewhere/trial.jsonl", "mine\n");
    CLEANUP(freep) char *target = file_join(dir.path, "elsewhere/trial.jsonl");
    temp_dir_link(&dir, "live/trial.jsonl", target);
    tell(0, "start");
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(TEXT_MAX_BYTES);
    ck_assert_int_eq(file_read(dir.fd, "elsewhere/trial.jsonl", &text, NULL), 0);
    ck_assert_str_eq(buffer_text(&text), "mine\n");
}
END_TEST

START_TEST(a_disk_that_was_full_leaves_whole_lines_behind_the_torn_one)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(TEXT_MAX_BYTES);
    struct rlimit unlimited;
    tell(0, "start");
    CLEANUP(closep) int fd = open_feed("trial.jsonl");
    struct stat status;
    ck_assert_int_eq(fstat(fd, &status), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit full = {.rlim_cur = (rlim_t)status.st_size + 20,
                                .rlim_max = unlimited.rlim_max};
    int limited = setrlimit(RLIMIT_FSIZE, &full); /* of Check's own files, too */
    tell(NSEC_PER_SEC, "cycle 1");
    tell(2 * NSEC_PER_SEC, "cycle 2");
    int restored = setrlimit(RLIMIT_FSIZE, &unlimited);
    ck_assert_int_eq(limited, 0);
    ck_assert_int_eq(restored, 0);
    tell(3 * NSEC_PER_SEC, "cycle 3");
    read_all(fd, &text);
    ck_assert_uint_eq(count_lines(&text), 4); /* two, the torn one, and the last */
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "\n{\"t_s\":3,\"phase\":\"cycle 3\""));
}
END_TEST

START_TEST(no_feed_is_no_failure)
{
    temp_dir_write(&dir, "file", "x");
    CLEANUP(freep) char *path = file_join(dir.path, "file");
    ck_assert_ptr_null(live_feed_new(&plan, path));
    const struct run_progress progress = at(0, "start");
    CLEANUP(record_freep) struct record *record = NULL;
    ck_assert_int_eq(record_new(&runs[0], &record, NULL), 0);
    live_feed_progress(NULL, &progress);
    live_feed_end(NULL, record, "x");
    live_feed_free(NULL);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("live_feed");
    TCase *c = tcase_create("a feed");
    tcase_set_timeout(c, 30);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, the_first_line_says_what_it_is_and_the_others_how_it_goes);
    tcase_add_test(c, what_is_not_known_is_left_out);
    tcase_add_test(c, all_that_was_seen_is_told);
    tcase_add_test(c, a_latency_is_told_once);
    tcase_add_test(c, a_floor_is_told_once_and_at_once);
    tcase_add_test(c, a_text_from_outside_stays_a_text_on_its_line);
    tcase_add_test(c, the_end_is_the_last_line_and_the_file_is_gone);
    tcase_add_test(c, a_run_that_failed_ends_without_a_verdict);
    tcase_add_test(c, a_session_that_ends_ends_what_is_still_told);
    tcase_add_test(c, a_minute_is_told_in_full_and_a_day_in_thousands_of_lines);
    tcase_add_test(c, whatever_happens_a_feed_stays_below_its_bound_and_still_ends);
    tcase_add_test(c, a_run_of_another_plan_is_told_nowhere);
    tcase_add_test(c, a_link_in_its_place_is_not_followed);
    tcase_add_test(c, a_disk_that_was_full_leaves_whole_lines_behind_the_torn_one);
    tcase_add_test(c, no_feed_is_no_failure);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
