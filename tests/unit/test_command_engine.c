/* command_engine: work that is runs of a program, tried with shells on this machine. */
#include "load/command_engine.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "load/generator.h"
#include "load/output_log.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

#define MS NSEC_PER_MSEC

/* Every process of a test sleeps for so long that nobody else does. */
#define NAP "4321.5"

static struct temp_dir dir;
static struct load_profile profile;
static struct load_command command;
static struct generator *generator;
static char log_path[PATH_MAX + 16];
static char script_text[4096];
static char *argv_of_shell[4];

static void set_up(void)
{
    static char shell[] = "/bin/sh";
    static char option[] = "-c";
    static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
    static char word[] = "WORD=value";
    static char *env[] = {path, word, NULL};
    dir = temp_dir_make();
    snprintf(log_path, sizeof(log_path), "%s/load.log", dir.path);
    argv_of_shell[0] = shell;
    argv_of_shell[1] = option;
    argv_of_shell[2] = script_text;
    profile = (struct load_profile){.concurrency = 2, .timeout_ns = 10 * NSEC_PER_SEC};
    command = (struct load_command){
        .argv = argv_of_shell, .env = env, .cwd = dir.path, .log_path = log_path};
    generator = NULL;
}

static void tear_down(void)
{
    generator_free(generator);
    temp_dir_done(&dir);
}

static void begin(const char *script, uint64_t runs, nsec_t within_ns)
{
    struct error err = {0};
    snprintf(script_text, sizeof(script_text), "%s", script);
    if (generator == NULL)
        ck_assert_msg(generator_new_command(&profile, &command, &generator, &err) == 0, "%s",
                      err.text);
    ck_assert_msg(generator_begin(generator, runs, profile.concurrency, clock_now_ns() + within_ns,
                                  &err) == 0,
                  "%s", err.text);
}

static struct batch_result finish(void)
{
    struct batch_result result;
    struct pollfd over = {.fd = generator_fd(generator), .events = POLLIN};
    ck_assert_int_eq(poll(&over, 1, 20000), 1);
    ck_assert_int_eq(generator_finish(generator, &result, NULL), 0);
    return result;
}

static struct batch_result run(const char *script, uint64_t runs)
{
    begin(script, runs, 20 * NSEC_PER_SEC);
    return finish();
}

static const char *read_text(const char *name)
{
    static struct buffer text;
    buffer_done(&text);
    text = BUFFER_INIT(1 << 24);
    ck_assert_int_eq(file_read(dir.fd, name, &text, NULL), 0);
    return buffer_text(&text);
}

/* How many processes take the nap of this test. */
static unsigned nappers(void)
{
    unsigned n = 0;
    DIR *proc = opendir("/proc");
    const struct dirent *entry = NULL;
    while ((entry = readdir(proc)) != NULL) {
        char path[300];
        char line[64] = "";
        snprintf(path, sizeof(path), "/proc/%s/cmdline", entry->d_name);
        FILE *file = fopen(path, "re");
        if (file == NULL)
            continue;
        size_t length = fread(line, 1, sizeof(line) - 1, file);
        fclose(file);
        n += length > 6 && memcmp(line, "sleep\0" NAP, sizeof("sleep\0" NAP)) == 0;
    }
    closedir(proc);
    return n;
}

static void expect_nappers(unsigned wanted)
{
    for (unsigned i = 0; i < 2000 && nappers() != wanted; i++)
        usleep(2000);
    ck_assert_uint_eq(nappers(), wanted);
}

#define COUNTER(name) offsetof(struct load_counts, name)
static const struct {
    const char *script;
    size_t counter;
} outcomes[] = {
    {"exit 0", COUNTER(ok)},
    {"exit 1", COUNTER(other_status)},
    {"exit 255", COUNTER(other_status)},
    {"kill -9 $$", COUNTER(failed)},
    {"kill -15 $$", COUNTER(failed)},
    {"exec sleep " NAP, COUNTER(timed_out)},
    {"trap '' TERM INT HUP; while :; do sleep 0.01; done", COUNTER(timed_out)},
    {"sleep " NAP " & exit 0", COUNTER(ok)},
    {"cat", COUNTER(ok)}, /* nothing comes from standard input */
};

START_TEST(how_a_run_ends_is_its_outcome)
{
    if (outcomes[_i].counter == COUNTER(timed_out))
        profile.timeout_ns = 100 * MS;
    struct batch_result result = run(outcomes[_i].script, 3);
    uint64_t count;
    memcpy(&count, (const char *)&result.counts + outcomes[_i].counter, sizeof(count));
    ck_assert_msg(count == 3, "%s", outcomes[_i].script);
    ck_assert_uint_eq(result.counts.started, 3);
    ck_assert_uint_eq(load_counts_completed(&result.counts), 3);
    ck_assert(!result.deadline_hit && !result.stopped);
    expect_nappers(0);
}
END_TEST

START_TEST(a_program_that_cannot_be_executed_is_said_in_the_log)
{
    temp_dir_write(&dir, "no-interpreter", "#!/nowhere/at/all\n");
    ck_assert_int_eq(fchmodat(dir.fd, "no-interpreter", 0755, 0), 0);
    char path[PATH_MAX + 32];
    snprintf(path, sizeof(path), "%s/no-interpreter", dir.path);
    argv_of_shell[0] = path;
    profile.concurrency = 1; /* else the lines of two may come between each other */
    struct batch_result result = run("", 2);
    ck_assert_uint_eq(result.counts.other_status, 2);
    ck_assert_ptr_nonnull(strstr(read_text("load.log"), "leakcage: cannot execute "));
    ck_assert_ptr_nonnull(strstr(read_text("load.log"), "no-interpreter: ENOENT\n"));
}
END_TEST

START_TEST(a_run_has_its_environment_and_folder_and_its_output_goes_to_the_log)
{
    profile.concurrency = 1; /* else the lines of two may come between each other */
    struct batch_result result = run("echo out $WORD; echo err >&2; pwd; echo x >> here", 2);
    char expected[PATH_MAX + 64];
    snprintf(expected, sizeof(expected), "out value\nerr\n%s\n", dir.path);
    ck_assert_uint_eq(result.counts.ok, 2);
    ck_assert_ptr_nonnull(strstr(read_text("load.log"), expected));
    ck_assert_str_eq(read_text("here"), "x\nx\n");
    ck_assert_int_gt(result.latency_p50_ns, 0);
    ck_assert_int_ge(result.latency_max_ns, result.latency_p50_ns);
}
END_TEST

START_TEST(there_are_never_more_runs_at_a_time_than_asked_for)
{
    profile.concurrency = 3;
    struct batch_result result =
        run("mkdir r$$; ls -d r* | wc -l >> seen; sleep 0.03; rmdir r$$", 12);
    ck_assert_uint_eq(result.counts.ok, 12);
    const char *seen = read_text("seen");
    ck_assert(strchr(seen, '4') == NULL && strchr(seen, '5') == NULL);
    ck_assert_ptr_nonnull(strchr(seen, '3'));
}
END_TEST

START_TEST(a_batch_may_have_less_at_a_time)
{
    profile.concurrency = 4;
    struct error err = {0};
    snprintf(script_text, sizeof(script_text), "mkdir only && sleep 0.02 && rmdir only");
    ck_assert_int_eq(generator_new_command(&profile, &command, &generator, &err), 0);
    ck_assert_int_eq(generator_begin(generator, 5, 1, clock_now_ns() + 10 * NSEC_PER_SEC, &err), 0);
    ck_assert_uint_eq(finish().counts.ok, 5);
}
END_TEST

START_TEST(an_open_loop_begins_runs_at_its_rate)
{
    profile.rate_per_s = 50;
    struct batch_result result = run("exit 0", 11);
    ck_assert_uint_eq(result.counts.ok, 11);
    ck_assert_int_ge(result.end_ns - result.start_ns, 200 * MS);
}
END_TEST

START_TEST(latency_in_an_open_loop_counts_from_the_due_time)
{
    profile.concurrency = 1;
    profile.rate_per_s = 1000;
    struct batch_result result = run("sleep 0.05", 4);
    ck_assert_int_ge(result.latency_max_ns, 190 * MS);
    ck_assert_int_ge(result.service_max_ns, 50 * MS);
    ck_assert_int_lt(result.service_p50_ns, result.latency_max_ns);
}
END_TEST

/* What shells do to leave something behind; each line ends at once. */
static const char *const leavers[] = {
    "sleep " NAP " &",
    "sleep " NAP " & sleep " NAP " &",
    "setsid sleep " NAP " & sleep 0.1",
    "setsid sh -c 'sleep " NAP " & sleep " NAP "' & sleep 0.1",
    "(setsid sh -c '(setsid sleep " NAP " &) & exit' &); sleep 0.1",
    "nohup sleep " NAP " >/dev/null 2>&1 & sleep 0.05",
};

START_TEST(nothing_is_left_of_a_run_when_it_has_ended)
{
    struct batch_result result = run(leavers[_i], 2);
    ck_assert_uint_eq(result.counts.ok, 2);
    ck_assert_uint_eq(nappers(), 0);
}
END_TEST

START_TEST(nothing_is_left_of_a_run_that_took_too_long)
{
    char script[512];
    snprintf(script, sizeof(script), "%s\nsleep " NAP, leavers[_i]);
    profile.timeout_ns = 300 * MS;
    struct batch_result result = run(script, 2);
    ck_assert_uint_eq(result.counts.timed_out, 2);
    ck_assert_uint_eq(nappers(), 0);
}
END_TEST

START_TEST(at_the_deadline_what_runs_is_killed_and_counted)
{
    const char *script = "[ -e go ] && exit; setsid sleep " NAP " & exec sleep " NAP;
    begin(script, 10, 300 * MS);
    struct batch_result result = finish();
    ck_assert(result.deadline_hit);
    ck_assert_uint_eq(result.counts.started, 2);
    ck_assert_uint_eq(result.counts.timed_out, 2);
    ck_assert_uint_eq(nappers(), 0);
    temp_dir_write(&dir, "go", "");
    ck_assert_uint_eq(run(script, 4).counts.ok, 4);
}
END_TEST

START_TEST(a_stopped_batch_ends_at_once_and_its_runs_have_no_outcome)
{
    begin("exec sleep " NAP, 10, 20 * NSEC_PER_SEC);
    expect_nappers(2);
    generator_stop(generator);
    struct batch_result result = finish();
    ck_assert(result.stopped);
    ck_assert_uint_eq(result.counts.started, 2);
    ck_assert_uint_eq(load_counts_completed(&result.counts), 0);
    ck_assert_uint_eq(nappers(), 0);
}
END_TEST

START_TEST(with_the_generator_everything_goes)
{
    begin("setsid sleep " NAP " & exec sleep " NAP, 10, 20 * NSEC_PER_SEC);
    expect_nappers(4);
    generator_free(generator);
    generator = NULL;
    ck_assert_uint_eq(nappers(), 0);
}
END_TEST

/* Our own death, in another process. */
START_TEST(when_its_owner_is_killed_everything_goes)
{
    pid_t owner = fork();
    if (owner == 0) {
        begin("setsid sleep " NAP " & exec sleep " NAP, 10, 20 * NSEC_PER_SEC);
        pause();
        _exit(0);
    }
    expect_nappers(4);
    ck_assert_int_eq(kill(owner, SIGKILL), 0);
    ck_assert_int_eq(waitpid(owner, NULL, 0), owner);
    expect_nappers(0);
}
END_TEST

START_TEST(a_keeper_that_is_killed_fails_its_run_and_is_replaced)
{
    profile.concurrency = 1;
    struct batch_result result = run("[ -e once ] || { touch once; kill -9 $PPID; sleep 5; }", 3);
    ck_assert_uint_eq(result.counts.failed, 1);
    ck_assert_uint_eq(result.counts.ok, 2);
}
END_TEST

START_TEST(of_endless_output_the_end_is_kept)
{
    struct batch_result result = run("head -c 3000000 /dev/zero | tr '\\0' 'x'; echo; echo end", 2);
    struct stat status;
    ck_assert_uint_eq(result.counts.ok, 2);
    generator_free(generator);
    generator = NULL;
    ck_assert_int_eq(fstatat(dir.fd, "load.log", &status, 0), 0);
    ck_assert_int_le(status.st_size, OUTPUT_LOG_MAX_BYTES + 65536);
    const char *text = read_text("load.log");
    ck_assert_ptr_nonnull(strstr(text, "is cut off here"));
    ck_assert_ptr_nonnull(strstr(text, "\nend\n"));
}
END_TEST

START_TEST(what_makes_no_sense_is_refused)
{
    struct error err = {0};
    profile.concurrency = COMMAND_CONCURRENCY_MAX + 1;
    ck_assert_int_eq(generator_new_command(&profile, &command, &generator, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "at most 256"));
    profile.concurrency = 1;
    profile.n_timers = 1;
    profile.timers[0] = (struct request_kind){.method = "GET", .path = "/", .every_ns = MS};
    ck_assert_int_eq(generator_new_command(&profile, &command, &generator, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "timers over HTTP"));
    profile.n_timers = 0;
    command.log_path = "/nowhere/load.log";
    ck_assert_int_eq(generator_new_command(&profile, &command, &generator, &err), -1);
    ck_assert_int_eq(err.errno_value, ENOENT);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("command_engine");
    TCase *work = tcase_create("work");
    TCase *end = tcase_create("end");
    tcase_add_checked_fixture(work, set_up, tear_down);
    tcase_add_checked_fixture(end, set_up, tear_down);
    tcase_set_timeout(end, 30);
    tcase_add_loop_test(work, how_a_run_ends_is_its_outcome, 0, (int)ARRAY_LENGTH(outcomes));
    tcase_add_test(work, a_program_that_cannot_be_executed_is_said_in_the_log);
    tcase_add_test(work, a_run_has_its_environment_and_folder_and_its_output_goes_to_the_log);
    tcase_add_test(work, there_are_never_more_runs_at_a_time_than_asked_for);
    tcase_add_test(work, a_batch_may_have_less_at_a_time);
    tcase_add_test(work, an_open_loop_begins_runs_at_its_rate);
    tcase_add_test(work, latency_in_an_open_loop_counts_from_the_due_time);
    tcase_add_test(work, of_endless_output_the_end_is_kept);
    tcase_add_test(work, what_makes_no_sense_is_refused);
    tcase_add_loop_test(end, nothing_is_left_of_a_run_when_it_has_ended, 0,
                        (int)ARRAY_LENGTH(leavers));
    tcase_add_loop_test(end, nothing_is_left_of_a_run_that_took_too_long, 0,
                        (int)ARRAY_LENGTH(leavers));
    tcase_add_test(end, at_the_deadline_what_runs_is_killed_and_counted);
    tcase_add_test(end, a_stopped_batch_ends_at_once_and_its_runs_have_no_outcome);
    tcase_add_test(end, with_the_generator_everything_goes);
    tcase_add_test(end, when_its_owner_is_killed_everything_goes);
    tcase_add_test(end, a_keeper_that_is_killed_fails_its_run_and_is_replaced);
    suite_add_tcase(s, work);
    suite_add_tcase(s, end);
    return s;
}

CHECK_MAIN(suite);
