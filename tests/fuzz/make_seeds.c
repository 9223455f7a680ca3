/* Seeds that are no text, or that only our own writers know how to write: made of the runs,
 * explanations and baselines that unit tests are made of, and of recorded ones.
 *
 * usage: make_seeds FOLDER [RESULT...]   writes FOLDER/TARGET/NAME for the targets that need some
 */
#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "explain/explanation.h"
#include "profile/gzip.h"
#include "profile/pprof_write.h"
#include "scenario/record_files.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/baselines.h"
#include "tests/support/explained.h"
#include "tests/support/profiles.h"
#include "tests/support/story.h"
#include "tests/support/temp_dir.h"

#define FILE_MAX_BYTES ((size_t)64 << 20)
/* Of a recording so many rows of timeline.csv, spread over it: a fuzzer wants small seeds. */
#define ROWS_MAX 10

static const char *seeds;

/* Seeds are the same whenever they are made: a temporary folder has no name of its own in them. */
static void forget_folder(char *text)
{
    static const char of_tests[] = "/leakcage-test-";
    for (char *at = text; (at = strstr(at, of_tests)) != NULL;) {
        at += sizeof(of_tests) - 1;
        memset(at, 'X', strnlen(at, sizeof("XXXXXX") - 1));
    }
}

static void put(const char *target, const char *name, const struct buffer *bytes)
{
    char path[PATH_MAX];
    struct error err = {.kind = ERROR_NONE};
    snprintf(path, sizeof(path), "%s/%s", seeds, target);
    FUZZ_REQUIRE(file_make_directories(path, &err) == 0);
    if (bytes->data != NULL)
        forget_folder(bytes->data);
    snprintf(path, sizeof(path), "%s/%s/%s", seeds, target, name);
    FUZZ_REQUIRE(file_write_atomic(AT_FDCWD, path, buffer_text(bytes), bytes->length, &err) == 0);
}

static void put_text(const char *target, const char *name, const char *text)
{
    CLEANUP(buffer_done) struct buffer bytes = BUFFER_INIT(FILE_MAX_BYTES);
    FUZZ_REQUIRE(buffer_append_text(&bytes, text, NULL) == 0);
    put(target, name, &bytes);
}

/* Append a file as a part of an input; one that is not there is no part. */
static void add_part(struct buffer *out, const char *dir, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    if (access(path, R_OK) < 0)
        return;
    FUZZ_REQUIRE(buffer_printf(out, NULL, "=== %s\n", name) == 0);
    FUZZ_REQUIRE(file_read(AT_FDCWD, path, out, NULL) == 0);
}

/* The same of timeline.csv, thinned; marks stay. */
static void add_timeline(struct buffer *out, const char *dir)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(FILE_MAX_BYTES);
    char path[PATH_MAX];
    size_t n_rows = 0;
    snprintf(path, sizeof(path), "%s/timeline.csv", dir);
    FUZZ_REQUIRE(file_read(AT_FDCWD, path, &text, NULL) == 0);
    for (const char *at = buffer_text(&text); (at = strchr(at, '\n')) != NULL; at++)
        n_rows++;
    FUZZ_REQUIRE(buffer_append_text(out, "=== timeline.csv\n", NULL) == 0);
    size_t every = n_rows / ROWS_MAX + 1;
    char *next = text.data;
    size_t row = 0;
    for (char *line; (line = strsep(&next, "\n")) != NULL && *line != '\0'; row++)
        if (row % every == 0 || strstr(line, ",mark,") != NULL)
            FUZZ_REQUIRE(buffer_printf(out, NULL, "%s\n", line) == 0);
}

/* A stored result as a seed of whatever reads one. */
static void put_result(const char *name, const char *dir)
{
    CLEANUP(buffer_done) struct buffer all = BUFFER_INIT(FILE_MAX_BYTES);
    CLEANUP(buffer_done) struct buffer json = BUFFER_INIT(FILE_MAX_BYTES);
    char path[PATH_MAX];
    add_timeline(&all, dir);
    add_part(&all, dir, "cycles.csv");
    put("timeline", name, &all);
    add_part(&all, dir, "result.json");
    add_part(&all, dir, "service.log");
    add_part(&all, dir, EXPLANATION_FOLDER "/" EXPLANATION_FILE);
    put("result", name, &all);
    snprintf(path, sizeof(path), "%s/result.json", dir);
    FUZZ_REQUIRE(file_read(AT_FDCWD, path, &json, NULL) == 0);
    put("json", name, &json);
}

static void put_explanation(const char *name, const char *dir)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(FILE_MAX_BYTES);
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/" EXPLANATION_FOLDER "/" EXPLANATION_FILE, dir);
    FUZZ_REQUIRE(file_read(AT_FDCWD, path, &text, NULL) == 0);
    put("explanation", name, &text);
}

static void put_explained(void)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    CLEANUP(record_freep) struct record *plain = NULL;
    CLEANUP(record_freep) struct record *instrumented = NULL;
    explained_write(dir.path, NULL, VERDICT_CLEAN, &plain, &instrumented);
    put_explanation("grows", dir.path);
    put_result("explained", dir.path);
    explained_write_holding(dir.path);
    put_explanation("holds", dir.path);
}

static void put_baselines(void)
{
    struct baseline_entry entries[2] = {baselines_entry("clean"), baselines_entry("json-tree")};
    CLEANUP(baseline_freep) struct baseline *baseline = baselines_new(entries, 2);
    CLEANUP(freep) char *text = baselines_text(baseline);
    put_text("baseline", "two", text);
}

static void put_profiles(void)
{
    CLEANUP(profile_freep)
    struct profile *profile = profiles_make("main;f;g 12\nmain;f 3\nmain;h;[label] 4096\n");
    CLEANUP(buffer_done) struct buffer plain = BUFFER_INIT(FILE_MAX_BYTES);
    CLEANUP(buffer_done) struct buffer packed = BUFFER_INIT(FILE_MAX_BYTES);
    FUZZ_REQUIRE(pprof_encode(profile, &plain, NULL) == 0);
    FUZZ_REQUIRE(gzip_pack(buffer_text(&plain), plain.length, &packed, NULL) == 0);
    put("profile", "pprof", &plain);
    put("profile", "pprof.gz", &packed);
}

static char **results;

/* What tests are made of may only be called in one. */
START_TEST(seeds_are_made)
{
    put_explained();
    put_baselines();
    put_profiles();
    for (char **result = results; *result != NULL; result++) {
        const char *slash = strrchr(*result, '/');
        put_result(slash != NULL ? slash + 1 : *result, *result);
    }
}
END_TEST

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: make_seeds FOLDER [RESULT...]\n");
        return 2;
    }
    seeds = argv[1];
    results = argv + 2;
    Suite *suite = suite_create("seeds");
    TCase *tcase = tcase_create("seeds");
    tcase_add_test(tcase, seeds_are_made);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_MINIMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
