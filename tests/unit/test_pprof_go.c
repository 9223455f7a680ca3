/* Profiles against Go itself: what its runtime writes is read, and `go tool pprof` reads what is
 * written here. Skipped (77) where there is no Go. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/tool.h"
#include "profile/flame.h"
#include "profile/pprof_write.h"
#include "profile/profile_diff.h"
#include "profile/profile_load.h"
#include "profile/profile_top.h"
#include "tests/support/check_main.h"
#include "tests/support/profiles.h"
#include "tests/support/temp_dir.h"

#define SKIPPED    77
#define LOST_BYTES ((int64_t)100 * 64 * 1024)
#define HANGING    20

static struct temp_dir dir;

/* What it prints on standard output, in the test's folder; it must go well. */
static void run(const char *const *words, struct buffer *out)
{
    CLEANUP(buffer_done) struct buffer complaint = BUFFER_INIT(4096);
    struct process_end end = {.status = 0};
    struct error err = {.text = ""};
    struct tool_spec spec = {.words = words, .cwd = dir.path, .out = out, .error_out = &complaint};
    ck_assert_msg(tool_run(&spec, &end, &err) == 0, "%s", err.text);
    ck_assert_msg(tool_went_well(&end), "%s: %s", words[0], buffer_text(&complaint));
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct profile *load(const char *name)
{
    struct profile *profile = NULL;
    struct error err = {.text = ""};
    ck_assert_msg(profile_load(dir.fd, name, &profile, &err) == 0, "%s: %s", name, err.text);
    return profile;
}

static void save(const struct profile *profile, const char *name)
{
    CLEANUP(buffer_done) struct buffer bytes = BUFFER_INIT((size_t)1 << 20);
    ck_assert_int_eq(pprof_write(profile, &bytes, NULL), 0);
    ck_assert_int_eq(file_write_atomic(dir.fd, name, bytes.data, bytes.length, NULL), 0);
}

/* The line of the program that has this mark. */
static int64_t line_of(const char *mark)
{
    CLEANUP(buffer_done) struct buffer source = BUFFER_INIT(100000);
    ck_assert_int_eq(file_read(AT_FDCWD, PROFILES_GO, &source, NULL), 0);
    const char *found = strstr(buffer_text(&source), mark);
    ck_assert_ptr_nonnull(found);
    int64_t line = 1;
    for (const char *at = source.data; at < found; at++)
        line += *at == '\n';
    return line;
}

/* The values of all samples whose leaf is at that line. */
static int64_t at_line(const struct profile *profile, unsigned type, int64_t line)
{
    int64_t sum = 0;
    for (size_t i = 0; i < profile->n_samples; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        for (uint32_t k = 0; k < sample->depth; k++) {
            const struct profile_frame *frame = &profile->frames[sample->frames[k]];
            if (frame->line == line && strstr(frame->file, "profiles.go") != NULL) {
                sum += sample->values[type];
                break;
            }
        }
    }
    return sum;
}

static struct profile *growth(void)
{
    CLEANUP(profile_freep) struct profile *first = load("heap.000.gz");
    CLEANUP(profile_freep) struct profile *last = load("heap.001.gz");
    struct profile *changes = NULL;
    ck_assert_int_eq(profile_diff(first, last, &changes, NULL), 0);
    return changes;
}

START_TEST(what_grew_is_the_planted_line)
{
    CLEANUP(profile_freep) struct profile *changes = growth();
    CLEANUP(freep) struct profile_top_row *rows = NULL;
    CLEANUP(flame_done) struct flame flame = {.nodes = NULL};
    size_t n = 0;
    unsigned type = profile_first_type(changes);
    ck_assert_str_eq(changes->types[type].type, "inuse_space");
    int64_t leaked = at_line(changes, type, line_of("// the leak"));
    ck_assert_int_ge(leaked, LOST_BYTES);
    ck_assert_int_lt(leaked, LOST_BYTES + 4096); /* what Go needs to keep count of it */
    ck_assert_int_eq(profile_top(changes, type, &rows, &n, NULL), 0);
    ck_assert_str_eq(rows[0].function, "main.leak");
    ck_assert_int_ge(rows[0].flat, LOST_BYTES);
    ck_assert_int_gt(changes->duration_ns, 0);

    /* The widest way down the tree ends there. */
    ck_assert_int_eq(flame_make(changes, type, FLAME_NODES_MAX, &flame, NULL), 0);
    size_t at = 0;
    while (at + 1 < flame.n_nodes && flame.nodes[at + 1].parent == (int64_t)at)
        at++;
    ck_assert_int_ge(flame.nodes[at].frame, 0);
    ck_assert_str_eq(changes->frames[flame.nodes[at].frame].function, "main.leak");
    ck_assert_int_eq(flame.nodes[at].value, leaked);
}
END_TEST

START_TEST(what_go_wrote_is_written_and_read_back_the_same)
{
    static const char *const names[] = {"heap.000.gz", "heap.001.gz", "goroutine.001.gz",
                                        "goroutine.001.txt"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        CLEANUP(profile_freep) struct profile *read = load(names[i]);
        save(read, "again.gz");
        CLEANUP(profile_freep) struct profile *again = load("again.gz");
        CLEANUP(freep) char *expected = profiles_text(read);
        CLEANUP(freep) char *found = profiles_text(again);
        ck_assert_str_eq(found, expected);
    }
}
END_TEST

START_TEST(both_forms_of_goroutines_agree)
{
    CLEANUP(profile_freep) struct profile *packed = load("goroutine.001.gz");
    CLEANUP(profile_freep) struct profile *text = load("goroutine.001.txt");
    int64_t line = line_of("// the hang");
    ck_assert_int_eq(at_line(packed, 0, line), HANGING);
    ck_assert_int_eq(at_line(text, 0, line), HANGING);
    ck_assert_str_eq(packed->types[0].type, text->types[0].type);
    ck_assert_str_eq(packed->types[0].unit, text->types[0].unit);
    ck_assert_int_eq(profile_total(packed, 0), profile_total(text, 0));
}
END_TEST

/* The number that a line of `go tool pprof -top` starts with. */
static long long top_of(const char *table, const char *function)
{
    char wanted[200];
    snprintf(wanted, sizeof(wanted), "  %s\n", function);
    const char *at = strstr(table, wanted);
    ck_assert_msg(at != NULL, "no %s in: %s", function, table);
    while (at > table && at[-1] != '\n')
        at--;
    return strtoll(at, NULL, 10);
}

START_TEST(pprof_reads_what_is_written_and_finds_the_same_growth)
{
    CLEANUP(profile_freep) struct profile *changes = growth();
    CLEANUP(freep) struct profile_top_row *rows = NULL;
    CLEANUP(buffer_done) struct buffer ours = BUFFER_INIT(100000);
    CLEANUP(buffer_done) struct buffer theirs = BUFFER_INIT(100000);
    CLEANUP(buffer_done) struct buffer raw = BUFFER_INIT(1000000);
    size_t n = 0;
    save(changes, "growth.gz");
    run(WORDS("go", "tool", "pprof", "-unit=B", "-top", "growth.gz"), &ours);
    run(WORDS("go", "tool", "pprof", "-unit=B", "-sample_index=inuse_space", "-top",
              "-base=heap.000.gz", "heap.001.gz"),
        &theirs);
    ck_assert_int_eq(
        profile_top(changes, profile_find_type(changes, "inuse_space"), &rows, &n, NULL), 0);
    ck_assert_str_eq(rows[0].function, "main.leak");
    ck_assert_int_eq(top_of(buffer_text(&theirs), "main.leak"), rows[0].flat);
    ck_assert_int_eq(top_of(buffer_text(&ours), "main.leak"), rows[0].flat);
    ck_assert_ptr_nonnull(strstr(buffer_text(&ours), "Type: inuse_space"));

    run(WORDS("go", "tool", "pprof", "-raw", "growth.gz"), &raw);
    ck_assert_ptr_nonnull(strstr(buffer_text(&raw), "PeriodType: space bytes"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&raw), "inuse_space/bytes"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&raw), "main.leak "));
}
END_TEST

/* Once, for all of them. */
static void make_profiles(void)
{
    char cache[PATH_MAX + 16];
    dir = temp_dir_make();
    snprintf(cache, sizeof(cache), "GOCACHE=%s/cache", dir.path);
    run(WORDS("env", "GO111MODULE=off", "GOFLAGS=", cache, "go", "build", "-o", "profiles",
              PROFILES_GO),
        NULL);
    run(WORDS("./profiles", "."), NULL);
}

static void remove_profiles(void)
{
    temp_dir_done(&dir);
}

static Suite *pprof_go_suite(void)
{
    Suite *suite = suite_create("pprof_go");
    TCase *tests = tcase_create("pprof_go");
    tcase_set_timeout(tests, 120);
    tcase_add_unchecked_fixture(tests, make_profiles, remove_profiles);
    tcase_add_test(tests, what_grew_is_the_planted_line);
    tcase_add_test(tests, what_go_wrote_is_written_and_read_back_the_same);
    tcase_add_test(tests, both_forms_of_goroutines_agree);
    tcase_add_test(tests, pprof_reads_what_is_written_and_finds_the_same_growth);
    suite_add_tcase(suite, tests);
    return suite;
}

static bool go_is_there(void)
{
    struct process_end end = {.status = 0};
    struct error err = {.kind = ERROR_NONE};
    struct tool_spec spec = {.words = WORDS("go", "version")};
    return tool_run(&spec, &end, &err) == 0 && tool_went_well(&end);
}

int main(void)
{
    if (!go_is_there()) {
        fprintf(stderr, "skipped: there is no go (apt-get install golang-go)\n");
        return SKIPPED;
    }
    SRunner *runner = srunner_create(pprof_go_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
