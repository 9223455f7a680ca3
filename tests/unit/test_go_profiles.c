/* go_profiles: a program of Go's that leaks, told by what it serves. Skipped (77) where there is no
 * Go. */
#include "instrument/go_profiles.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/tool.h"
#include "instrument/environment.h"
#include "instrument/go_sampling.h"
#include "tests/support/check_main.h"
#include "tests/support/instrumented.h"

#define SKIPPED 77
#define GO      "/usr/bin/go"
#define UNITS   4000

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char held_go[] = RUNTIMES "/held.go";

static struct temp_dir built; /* held, and held-stripped */
static struct instrumented it;
static char port[16], url[64];

static void build(const char *name, const char *flags)
{
    char output[PATH_MAX + 32];
    char cache[PATH_MAX + 32];
    CLEANUP(buffer_done) struct buffer complaint = BUFFER_INIT(65536);
    struct process_end end = {.status = 0};
    struct error err = {.text = ""};
    snprintf(output, sizeof(output), "%s/%s", built.path, name);
    snprintf(cache, sizeof(cache), "GOCACHE=%s/cache", built.path);
    const char *const words[] = {
        "/usr/bin/env", cache,  "GO111MODULE=off", "GOFLAGS=", GO, "build", "-ldflags", flags,
        "-o",           output, held_go,           NULL};
    struct tool_spec spec = {.words = words, .cwd = built.path, .error_out = &complaint};
    ck_assert_msg(tool_run(&spec, &end, &err) == 0, "%s", err.text);
    ck_assert_msg(tool_went_well(&end), "%s", buffer_text(&complaint));
}

static void build_all(void)
{
    built = temp_dir_make();
    build("held", "");
    build("held-stripped", "-s -w");
}

static void remove_all(void)
{
    temp_dir_done(&built);
}

static void done(void)
{
    instrumented_end(&it);
}

/* A port that was free a moment ago. */
static void choose_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    close(fd);
    snprintf(port, sizeof(port), "PORT=%u", ntohs(address.sin_port));
    snprintf(url, sizeof(url), "http://127.0.0.1:%u", ntohs(address.sin_port));
}

/* Returns what ready() does. */
static int start(const char *program, const char *mode, struct error *err)
{
    static const char *env[2];
    char path[PATH_MAX + 32];
    snprintf(path, sizeof(path), "%s/%s", built.path, program);
    choose_port();
    env[0] = port;
    it.spec.settings.service.env = env;
    it.target.url = url;
    ck_assert_msg(instrumented_begin(&it, &instrument_go, err) == 0, "%s", err->text);
    return instrumented_start(&it, WORDS(path, mode), RUNTIME_GO, err);
}

/* Bytes a unit. */
static double growth(void)
{
    instrumented_work(&it, UNITS);
    CLEANUP(profile_freep) struct profile *before = instrumented_snapshot(&it, "go-heap", 0);
    instrumented_work(&it, UNITS);
    CLEANUP(profile_freep) struct profile *after = instrumented_snapshot(&it, "go-heap", 1);
    return (double)(instrumented_held(after, "inuse_space", "main.keep", "held.go") -
                    instrumented_held(before, "inuse_space", "main.keep", "held.go")) /
           UNITS;
}

START_TEST(go_names_the_line_and_samples_finely)
{
    struct error err = {.text = ""};
    char effect[240];
    it = (struct instrumented){.self = NULL};
    ck_assert_msg(start("held", NULL, &err) == 0, "%s", err.text);
    double bytes = growth();
    /* One allocation in 4 KiB of 4 MiB: a thousand samples. `kept` grows, too. */
    ck_assert_msg(bytes > 800 && bytes < 1400, "%.1f", bytes);
    CLEANUP(profile_freep) struct profile *profile = instrumented_snapshot(&it, "go-goroutines", 2);
    ck_assert_int_ge(profile_total(profile, 0), 2);
    instrument_go.effect(it.self, effect, sizeof(effect));
    ck_assert_ptr_nonnull(strstr(effect, "an allocation in 4 KiB"));
}
END_TEST

START_TEST(a_stripped_program_says_why_its_samples_are_few)
{
    struct error err = {.text = ""};
    char effect[240];
    it = (struct instrumented){.self = NULL};
    ck_assert_msg(start("held-stripped", NULL, &err) == 0, "%s", err.text);
    instrument_go.effect(it.self, effect, sizeof(effect));
    ck_assert_msg(strstr(effect, "stripped") != NULL, "%s", effect);
    ck_assert_int_eq(go_sampling_refine(getpid(), 4096, &err), 1);
}
END_TEST

START_TEST(one_that_serves_no_profiles_is_told_how)
{
    struct error err = {.text = ""};
    it = (struct instrumented){.self = NULL};
    ck_assert_int_eq(start("held", "bare", &err), 1);
    ck_assert_ptr_nonnull(strstr(err.text, "answered 404"));
    ck_assert_ptr_nonnull(strstr(err.text, "import _ \"net/http/pprof\""));
}
END_TEST

START_TEST(what_the_scenario_collects_is_not_fetched_twice)
{
    struct error err = {.text = ""};
    it = (struct instrumented){.spec.settings = {.n_collect = 1}};
    it.spec.settings.collect[0] = (struct collect){"heap", "/debug/pprof/heap?gc=1"};
    ck_assert_msg(start("held", NULL, &err) == 0, "%s", err.text);
    CLEANUP(profile_freep) struct profile *profile = instrumented_snapshot(&it, "go-goroutines", 0);
    ck_assert_ptr_nonnull(profile);
    ck_assert_int_ne(faccessat(it.dir.fd, "go-heap.000.gz", F_OK, 0), 0);
}
END_TEST

static Suite *go_suite(void)
{
    Suite *s = suite_create("go_profiles");
    TCase *tcase = tcase_create("go_profiles");
    tcase_add_unchecked_fixture(tcase, build_all, remove_all);
    tcase_add_checked_fixture(tcase, NULL, done);
    tcase_add_test(tcase, go_names_the_line_and_samples_finely);
    tcase_add_test(tcase, a_stripped_program_says_why_its_samples_are_few);
    tcase_add_test(tcase, one_that_serves_no_profiles_is_told_how);
    tcase_add_test(tcase, what_the_scenario_collects_is_not_fetched_twice);
    suite_add_tcase(s, tcase);
    return s;
}

int main(void)
{
    if (access(GO, X_OK) != 0) {
        fprintf(stderr, "skipped: there is no go (apt-get install golang-go)\n");
        return SKIPPED;
    }
    SRunner *runner = srunner_create(go_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
