/* What grew, opened by the tools that people have: `go tool pprof` and gperftools' google-pprof say
 * the same totals and lines as we do. Without one of them its tests are left out, and told; without
 * both the program is skipped (77). */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/tool.h"
#include "explain/explanation_profiles.h"
#include "profile/profile_load.h"
#include "tests/support/check_main.h"
#include "tests/support/explained.h"
#include "tests/support/profiles.h"
#include "tests/support/story.h"
#include "tests/support/temp_dir.h"

#define SKIPPED 77

static struct temp_dir dir;

/* What it prints on standard output, in the folder of the run with instruments; it must go well. */
static char *run(const char *const *words)
{
    struct buffer out = BUFFER_INIT(1000000);
    CLEANUP(buffer_done) struct buffer complaint = BUFFER_INIT(4096);
    char cwd[PATH_MAX];
    struct process_end end = {.status = 0};
    struct error err = {.text = ""};
    snprintf(cwd, sizeof(cwd), "%.4000s/leaky/explain", dir.path);
    struct tool_spec spec = {.words = words, .cwd = cwd, .out = &out, .error_out = &complaint};
    ck_assert_msg(tool_run(&spec, &end, &err) == 0, "%s", err.text);
    ck_assert_msg(tool_went_well(&end), "%s: %s", words[0], buffer_text(&complaint));
    ck_assert_ptr_nonnull(out.data);
    return out.data;
}

#define WORDS(...)          ((const char *const[]){__VA_ARGS__, NULL})
#define EXPECT(words, part) expect(words, part, __LINE__)
#define GO_PPROF(...)       WORDS("go", "tool", "pprof", __VA_ARGS__)
#define HEAP_LINE           "registry_add /srv/demo/registry.c:41"
#define DESCRIPTORS_LINE    "upstream_open /srv/demo/upstream.c:88"

static void expect(const char *const *words, const char *part, int line)
{
    CLEANUP(freep) char *text = run(words);
    ck_assert_msg(strstr(text, part) != NULL, "line %d: no \"%s\" in:\n%s", line, part, text);
}

START_TEST(go_finds_total_and_line_of_each_instrument)
{
    EXPECT(GO_PPROF("-unit=B", "-top", "-lines", "heap.grown.pb.gz"), "of 5120000B total");
    EXPECT(GO_PPROF("-unit=B", "-top", "-lines", "heap.grown.pb.gz"),
           "5120000B   100%  " HEAP_LINE);
    EXPECT(GO_PPROF("-sample_index=inuse_objects", "-top", "-lines", "heap.grown.pb.gz"),
           "of 1250 total");
    EXPECT(GO_PPROF("-top", "-lines", "descriptors.grown.pb.gz"), "of 1250 total");
    EXPECT(GO_PPROF("-top", "-lines", "descriptors.grown.pb.gz"), "1250   100%  " DESCRIPTORS_LINE);
    EXPECT(GO_PPROF("-top", "-lines", "descriptors.grown.pb.gz"),
           "[tcp to 127.0.0.1:80, CLOSE_WAIT]");
    /* Of one floor: what was held there. */
    EXPECT(GO_PPROF("-unit=B", "-top", "-lines", "collected/heap.006.gz"),
           "cache_new /srv/demo/cache.c:12");
    EXPECT(GO_PPROF("-top", "collected/threads.006.gz"), "clock_nanosleep");
}
END_TEST

START_TEST(go_knows_modules_and_that_nothing_is_left_to_be_named)
{
    CLEANUP(freep) char *raw = run(GO_PPROF("-raw", "heap.grown.pb.gz"));
    story_expect_text(raw, "/srv/demo/registry.c:41");
    story_expect_text(raw, "/srv/demo/server ");
    story_expect_text(raw, "[FN]");
    story_expect_text(raw, "inuse_space/bytes");
}
END_TEST

START_TEST(what_go_writes_of_it_reads_back_the_same)
{
    static const char *const names[] = {"heap", "descriptors"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        char name[64];
        char again_name[64];
        char output[80];
        char path[PATH_MAX];
        snprintf(name, sizeof(name), "%s.grown.pb.gz", names[i]);
        snprintf(again_name, sizeof(again_name), "%s.again.gz", names[i]);
        snprintf(output, sizeof(output), "-output=%s", again_name);
        CLEANUP(freep)
        char *said = run(
            WORDS("sh", "-c", "\"$@\" 2>&1", "sh", "go", "tool", "pprof", "-proto", output, name));
        CLEANUP(profile_freep) struct profile *ours = NULL;
        CLEANUP(profile_freep) struct profile *theirs = NULL;
        snprintf(path, sizeof(path), "leaky/explain/%s", name);
        ck_assert_ptr_nonnull(strstr(said, names[i]));
        ck_assert_int_eq(profile_load(dir.fd, path, &ours, NULL), 0);
        snprintf(path, sizeof(path), "leaky/explain/%s", again_name);
        ck_assert_int_eq(profile_load(dir.fd, path, &theirs, NULL), 0);
        CLEANUP(freep) char *expected = profiles_text(ours);
        CLEANUP(freep) char *found = profiles_text(theirs);
        ck_assert_str_eq(found, expected);
    }
}
END_TEST

START_TEST(google_pprof_finds_the_same)
{
    EXPECT(WORDS("google-pprof", "--text", "--show_bytes", "heap.grown.heap"), "Total: 5120000 B");
    EXPECT(WORDS("google-pprof", "--text", "--show_bytes", "heap.grown.heap"),
           "5120000 100.0% 100.0%  5120000 100.0% " HEAP_LINE);
    EXPECT(WORDS("google-pprof", "--text", "--inuse_objects", "heap.grown.heap"),
           "Total: 1250 objects");
    EXPECT(WORDS("google-pprof", "--text", "--inuse_objects", "descriptors.grown.heap"),
           "Total: 1250 objects");
    EXPECT(WORDS("google-pprof", "--text", "--cum", "--inuse_objects", "descriptors.grown.heap"),
           "1250 100.0% " DESCRIPTORS_LINE);
}
END_TEST

START_TEST(folded_stacks_are_those_that_google_pprof_folds)
{
    CLEANUP(freep) char *theirs = run(WORDS("google-pprof", "--collapsed", "heap.grown.heap"));
    ck_assert_str_eq(theirs, "main /srv/demo/main.c:19;serve_request /srv/demo/server.c:33;"
                             "registry_add /srv/demo/registry.c:41 5120000\n");
    CLEANUP(freep) char *ours = run(WORDS("cat", "heap.grown.folded"));
    /* It leaves malloc out. */
    ck_assert_str_eq(ours, "main /srv/demo/main.c:19;serve_request /srv/demo/server.c:33;"
                           "registry_add /srv/demo/registry.c:41;malloc 5120000\n");
}
END_TEST

static void make_profiles(void)
{
    char result[PATH_MAX];
    char inner[PATH_MAX];
    struct error err = {.text = ""};
    CLEANUP(record_freep) struct record *plain = NULL;
    CLEANUP(record_freep) struct record *instrumented = NULL;
    dir = temp_dir_make();
    snprintf(result, sizeof(result), "%.4000s/leaky", dir.path);
    snprintf(inner, sizeof(inner), "%.4000s/leaky/explain", dir.path);
    explained_write(result, NULL, VERDICT_LEAK, &plain, &instrumented);
    const struct stored_record stored = {instrumented, inner};
    ck_assert_msg(explanation_store_profiles(&stored, &err) == 0, "%s", err.text);
}

static void remove_profiles(void)
{
    temp_dir_done(&dir);
}

static bool is_there(const char *const *words)
{
    struct process_end end = {.status = 0};
    struct error err = {.kind = ERROR_NONE};
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(4096);
    struct tool_spec spec = {.words = words, .out = &out, .error_out = &out};
    return tool_run(&spec, &end, &err) == 0 && tool_went_well(&end);
}

static Suite *pprof_tools_suite(bool has_go, bool has_google)
{
    Suite *suite = suite_create("pprof_tools");
    TCase *tests = tcase_create("pprof_tools");
    tcase_set_timeout(tests, 120);
    tcase_add_unchecked_fixture(tests, make_profiles, remove_profiles);
    if (has_go) {
        tcase_add_test(tests, go_finds_total_and_line_of_each_instrument);
        tcase_add_test(tests, go_knows_modules_and_that_nothing_is_left_to_be_named);
        tcase_add_test(tests, what_go_writes_of_it_reads_back_the_same);
    }
    if (has_google) {
        tcase_add_test(tests, google_pprof_finds_the_same);
        tcase_add_test(tests, folded_stacks_are_those_that_google_pprof_folds);
    }
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    bool has_go = is_there(WORDS("go", "version"));
    bool has_google = is_there(WORDS("google-pprof", "--version"));
    if (!has_go)
        fprintf(stderr, "left out: there is no go (apt-get install golang-go)\n");
    if (!has_google)
        fprintf(stderr, "left out: there is no google-pprof (apt-get install google-perftools)\n");
    if (!has_go && !has_google)
        return SKIPPED;
    SRunner *runner = srunner_create(pprof_tools_suite(has_go, has_google));
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
