/* baseline: kept, stored, read again, and what a diff of two of them shows. */
#include "scenario/baseline.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "tests/support/baselines.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

static struct temp_dir dir;
static char path[PATH_MAX + 16];

static void setup(void)
{
    dir = temp_dir_make();
    snprintf(path, sizeof(path), "%s/baseline.json", dir.path);
}

static void teardown(void)
{
    temp_dir_done(&dir);
}

static struct baseline *load(void)
{
    struct baseline *baseline = NULL;
    struct error err = {0};
    ck_assert_msg(baseline_load(path, &baseline, &err) == 0, "%s", err.text);
    return baseline;
}

static void store(const struct baseline *baseline)
{
    struct error err = {0};
    ck_assert_msg(baseline_store(baseline, path, &err) == 0, "%s", err.text);
}

static struct baseline *from_text(const char *text)
{
    struct baseline *baseline = NULL;
    struct error err = {0};
    ck_assert_msg(baseline_load_text("b.json", text, strlen(text), &baseline, &err) == 0, "%s",
                  err.text);
    return baseline;
}

/* An entry with everything in it that there is to write. */
static struct baseline_entry full_entry(void)
{
    struct baseline_entry entry = baselines_entry("json-tree");
    strcpy(entry.key.variant, "fixed");
    strcpy(entry.key.build, "O3_asan.x");
    strcpy(entry.key.allocator, "jemalloc");
    entry.work.rate_per_s = 12.3456789;
    entry.runs[1].kind = VERDICT_LEAK;
    entry.runs[1].cause = CAUSE_SOCKETS;
    entry.runs[2].kind = VERDICT_INCONCLUSIVE;
    entry.runs[2].figures = (struct figures){0};
    entry.n_runs = 3;
    return entry;
}

START_TEST(a_figure_of_all_repeats_is_one_line)
{
    const struct baseline_entry entry = full_entry();
    CLEANUP(baseline_freep) struct baseline *baseline = baselines_new(&entry, 1);
    CLEANUP(freep) char *text = baselines_text(baseline);
    ck_assert_str_eq(text, "{\n"
                           "  \"schema\": \"leakcage.baseline/1\",\n"
                           "  \"entries\": [\n"
                           "    {\n"
                           "      \"scenario\": \"json-tree\",\n"
                           "      \"variant\": \"fixed\",\n"
                           "      \"build\": \"O3_asan.x\",\n"
                           "      \"malloc\": \"jemalloc\",\n"
                           "      \"environment\": {\n"
                           "        \"kernel\": \"6.1.0-18-amd64\",\n"
                           "        \"architecture\": \"x86_64\",\n"
                           "        \"driver\": \"vm\",\n"
                           "        \"accel\": \"kvm\",\n"
                           "        \"libc\": \"glibc 2.36\",\n"
                           "        \"cpus\": 2,\n"
                           "        \"page_bytes\": 4096,\n"
                           "        \"thp\": \"never\"\n"
                           "      },\n"
                           "      \"work\": {\n"
                           "        \"limit_bytes\": 67108864,\n"
                           "        \"cycle_requests\": 250,\n"
                           "        \"warmup_requests\": 100,\n"
                           "        \"concurrency\": 8,\n"
                           "        \"cycles_min\": 5,\n"
                           "        \"rate_per_s\": 12.3456789\n"
                           "      },\n"
                           "      \"verdict\": [\"clean\", \"leak\", \"inconclusive\"],\n"
                           "      \"cause\": [\"none\", \"sockets\", \"none\"],\n"
                           "      \"growth_bytes_per_request\": [-0.5, -0.25, null],\n"
                           "      \"floor_bytes\": [945192, 949288, null],\n"
                           "      \"peak_bytes\": [1585152, 1581056, null],\n"
                           "      \"retained_bytes\": [-8192, -4096, null],\n"
                           "      \"threads_count\": [5, 5, null]\n"
                           "    }\n"
                           "  ]\n"
                           "}\n");
}
END_TEST

static void expect_same(const struct baseline_entry *found, const struct baseline_entry *expected)
{
    char text[BASELINE_KEY_TEXT_MAX];
    char key[BASELINE_KEY_TEXT_MAX];
    ck_assert_uint_gt(found->line, 0);
    ck_assert_str_eq(baseline_key_text(&found->key, text), baseline_key_text(&expected->key, key));
    ck_assert_str_eq(found->environment.machine.thp, expected->environment.machine.thp);
    ck_assert_uint_eq(found->environment.cpus, expected->environment.cpus);
    ck_assert_uint_eq(found->work.limit_bytes, expected->work.limit_bytes);
    ck_assert_double_eq(found->work.rate_per_s, expected->work.rate_per_s);
    ck_assert_uint_eq(found->n_runs, expected->n_runs);
    for (unsigned i = 0; i < found->n_runs; i++) {
        const struct comparison_run *a = &found->runs[i];
        const struct comparison_run *b = &expected->runs[i];
        ck_assert(a->judged);
        ck_assert_int_eq(a->kind, b->kind);
        ck_assert_int_eq(a->cause, b->cause);
        ck_assert_uint_eq(a->figures.present, b->figures.present);
        for (enum figure figure = 0; figure < FIGURE_MAX_; figure++)
            if (figures_has(&a->figures, figure))
                ck_assert_double_eq(a->figures.value[figure], b->figures.value[figure]);
    }
}

START_TEST(what_is_stored_reads_back_the_same)
{
    struct baseline_entry entries[] = {full_entry(), baselines_entry("a"), baselines_entry("b")};
    entries[1].environment = (struct baseline_environment){.kernel = "6.1", .driver = "native"};
    entries[1].environment.cpus = 1;
    entries[2].work = (struct baseline_work){.limit_bytes = UINT64_MAX};
    CLEANUP(baseline_freep) struct baseline *baseline = baselines_new(entries, 3);
    store(baseline);
    CLEANUP(baseline_freep) struct baseline *again = load();
    ck_assert_uint_eq(again->n, 3);
    for (size_t i = 0; i < again->n; i++)
        expect_same(&again->entries[i], &baseline->entries[i]);
    CLEANUP(freep) char *before = baselines_text(baseline);
    CLEANUP(freep) char *after = baselines_text(again);
    ck_assert_str_eq(after, before);
}
END_TEST

START_TEST(an_absent_fact_is_absent_when_it_is_read_back)
{
    struct baseline_entry entry = baselines_entry("a");
    entry.environment.accel[0] = '\0';
    entry.environment.machine = (struct record_machine){0};
    entry.work.has_warmup = false;
    entry.work.limit_bytes = UINT64_MAX;
    CLEANUP(baseline_freep) struct baseline *baseline = baselines_new(&entry, 1);
    CLEANUP(freep) char *text = baselines_text(baseline);
    static const char *const keys[] = {"accel", "architecture", "libc",    "page_bytes",
                                       "thp",   "warmup",       "limit_b", "rate"};
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
        ck_assert_msg(strstr(text, keys[i]) == NULL, "%s", keys[i]);
    CLEANUP(baseline_freep) struct baseline *again = from_text(text);
    const struct baseline_entry *found = &again->entries[0];
    ck_assert_str_eq(found->environment.accel, "");
    ck_assert_str_eq(found->environment.machine.architecture, "");
    ck_assert_uint_eq(found->environment.machine.page_bytes, 0);
    ck_assert(!found->work.has_warmup);
    ck_assert_uint_eq(found->work.limit_bytes, UINT64_MAX);
}
END_TEST

START_TEST(entries_are_sorted_however_they_come)
{
    static const struct baseline_key keys[] = {
        {"a", "", "", ""},      {"a", "", "", "jemalloc"}, {"a", "", "O2", ""},
        {"a", "fixed", "", ""}, {"a-b", "", "", ""},       {"b", "", "", ""},
    };
    enum { N = ARRAY_LENGTH(keys) };
    struct baseline_entry entries[N];
    for (size_t i = 0; i < N; i++) {
        size_t from = (i * 5 + 3) % N; /* 5 and 6 have no common divisor: each once */
        entries[i] = baselines_entry("x");
        entries[i].key = keys[from];
    }
    CLEANUP(baseline_freep) struct baseline *baseline = baselines_new(entries, N);
    ck_assert_uint_eq(baseline->n, N);
    for (size_t i = 0; i < N; i++)
        ck_assert_int_eq(baseline_compare_keys(&baseline->entries[i].key, &keys[i]), 0);
    for (size_t i = 0; i < N; i++)
        ck_assert_ptr_eq(baseline_find(baseline, &keys[i]), &baseline->entries[i]);
    static const struct baseline_key others[] = {
        {"", "", "", ""}, {"a", "", "O1", ""}, {"c", "", "", ""}};
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
        ck_assert_ptr_null(baseline_find(baseline, &others[i]));
}
END_TEST

START_TEST(a_file_that_is_not_sorted_is_sorted_when_it_is_written)
{
    const struct baseline_entry entries[] = {baselines_entry("b"), baselines_entry("a")};
    CLEANUP(baseline_freep) struct baseline *one = baselines_new(&entries[0], 1);
    CLEANUP(baseline_freep) struct baseline *both = baselines_new(entries, 2);
    CLEANUP(freep) char *sorted = baselines_text(both);
    CLEANUP(freep) char *text = baselines_text(one);
    CLEANUP(buffer_done) struct buffer swapped = BUFFER_INIT(100000);
    /* The entry of "b" and then the same as "a". */
    char *start = strstr(text, "    {\n");
    char *end = strstr(text, "\n  ]\n");
    ck_assert_int_eq(buffer_append(&swapped, text, (size_t)(end - text), NULL), 0);
    ck_assert_int_eq(buffer_append_text(&swapped, ",\n", NULL), 0);
    size_t copy = swapped.length;
    ck_assert_int_eq(buffer_append_text(&swapped, start, NULL), 0);
    char *name = strstr(swapped.data + copy, "\"b\"");
    ck_assert_ptr_nonnull(name);
    name[1] = 'a';
    CLEANUP(baseline_freep) struct baseline *again = from_text(swapped.data);
    CLEANUP(freep) char *written = baselines_text(again);
    ck_assert_str_eq(written, sorted);
    ck_assert_uint_gt(again->entries[0].line, again->entries[1].line);
}
END_TEST

START_TEST(an_entry_of_the_same_case_is_replaced)
{
    struct baseline_entry entries[] = {baselines_entry("a"), baselines_entry("b"),
                                       baselines_entry("a")};
    entries[2].n_runs = 1;
    CLEANUP(baseline_freep) struct baseline *baseline = baselines_new(entries, 3);
    ck_assert_uint_eq(baseline->n, 2);
    ck_assert_uint_eq(baseline->entries[0].n_runs, 1);
    ck_assert_int_eq(baseline_put(baseline, &baseline->entries[1], NULL), 0);
    ck_assert_uint_eq(baseline->n, 2);
}
END_TEST

START_TEST(what_is_removed_is_gone_and_the_others_stay)
{
    const struct baseline_entry entries[] = {baselines_entry("a"), baselines_entry("b"),
                                             baselines_entry("c")};
    CLEANUP(baseline_freep) struct baseline *baseline = baselines_new(entries, 3);
    baseline_remove(baseline, &entries[1].key);
    baseline_remove(baseline, &entries[1].key);
    ck_assert_uint_eq(baseline->n, 2);
    ck_assert_ptr_null(baseline_find(baseline, &entries[1].key));
    ck_assert_str_eq(baseline_find(baseline, &entries[0].key)->key.scenario, "a");
    ck_assert_str_eq(baseline_find(baseline, &entries[2].key)->key.scenario, "c");
    baseline_remove(baseline, &baseline->entries[1].key); /* a key that goes with its entry */
    baseline_remove(baseline, &baseline->entries[0].key);
    CLEANUP(freep) char *text = baselines_text(baseline);
    ck_assert_str_eq(text, "{\n  \"schema\": \"leakcage.baseline/1\",\n  \"entries\": []\n}\n");
    CLEANUP(baseline_freep) struct baseline *empty = from_text(text);
    ck_assert_uint_eq(empty->n, 0);
}
END_TEST

/* Lines that one text has and not the other. */
static unsigned count_changed(const char *before, const char *after)
{
    unsigned changed = 0;
    while (*before != '\0' && *after != '\0') {
        size_t a = strcspn(before, "\n");
        size_t b = strcspn(after, "\n");
        changed += a != b || memcmp(before, after, a) != 0;
        before += a + (before[a] != '\0');
        after += b + (after[b] != '\0');
    }
    ck_assert_msg(*before == *after, "one has more lines");
    return changed;
}

START_TEST(one_changed_figure_is_one_changed_line)
{
    struct baseline_entry entries[] = {baselines_entry("a"), baselines_entry("b"),
                                       baselines_entry("c")};
    CLEANUP(baseline_freep) struct baseline *baseline = baselines_new(entries, 3);
    CLEANUP(freep) char *before = baselines_text(baseline);
    for (unsigned i = 0; i < entries[1].n_runs; i++)
        figures_set(&entries[1].runs[i].figures, FIGURE_PEAK, 2000000 + i);
    ck_assert_int_eq(baseline_put(baseline, &entries[1], NULL), 0);
    CLEANUP(freep) char *after = baselines_text(baseline);
    ck_assert_uint_eq(count_changed(before, after), 1);
}
END_TEST

START_TEST(an_entry_more_changes_no_line_of_the_others)
{
    const struct baseline_entry entries[] = {baselines_entry("a"), baselines_entry("c"),
                                             baselines_entry("b")};
    CLEANUP(baseline_freep) struct baseline *two = baselines_new(entries, 2);
    CLEANUP(baseline_freep) struct baseline *three = baselines_new(entries, 3);
    CLEANUP(freep) char *before = baselines_text(two);
    CLEANUP(freep) char *after = baselines_text(three);
    const char *added = strstr(after, "    {\n      \"scenario\": \"b\"");
    const char *behind = strstr(after, "    {\n      \"scenario\": \"c\"");
    ck_assert_ptr_nonnull(added);
    ck_assert_ptr_nonnull(behind);
    CLEANUP(buffer_done) struct buffer without = BUFFER_INIT(100000);
    ck_assert_int_eq(buffer_append(&without, after, (size_t)(added - after), NULL), 0);
    ck_assert_int_eq(buffer_append_text(&without, behind, NULL), 0);
    ck_assert_str_eq(buffer_text(&without), before);
}
END_TEST

START_TEST(a_file_that_would_be_the_same_is_left_alone)
{
    const struct baseline_entry entry = baselines_entry("a");
    CLEANUP(baseline_freep) struct baseline *baseline = baselines_new(&entry, 1);
    struct stat first;
    struct stat second;
    const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    store(baseline);
    ck_assert_int_eq(utimensat(AT_FDCWD, path, old, 0), 0);
    ck_assert_int_eq(stat(path, &first), 0);
    store(baseline);
    ck_assert_int_eq(stat(path, &second), 0);
    ck_assert_int_eq(second.st_mtim.tv_sec, 1000);
    ck_assert_uint_eq(second.st_ino, first.st_ino);
    baseline_remove(baseline, &entry.key);
    store(baseline);
    ck_assert_int_eq(stat(path, &second), 0);
    ck_assert_int_ne(second.st_mtim.tv_sec, 1000);
}
END_TEST

START_TEST(a_link_to_the_file_stays_one)
{
    const struct baseline_entry entry = baselines_entry("a");
    CLEANUP(baseline_freep) struct baseline *baseline = baselines_new(&entry, 1);
    struct stat status;
    temp_dir_write(&dir, "real.json", "x");
    temp_dir_link(&dir, "baseline.json", "real.json");
    store(baseline);
    ck_assert_int_eq(lstat(path, &status), 0);
    ck_assert(S_ISLNK(status.st_mode));
    CLEANUP(baseline_freep) struct baseline *again = load();
    ck_assert_uint_eq(again->n, 1);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_an_empty_baseline_and_said)
{
    CLEANUP(baseline_freep) struct baseline *baseline = NULL;
    ck_assert_int_eq(baseline_load(path, &baseline, NULL), 1);
    ck_assert_ptr_nonnull(baseline);
    ck_assert_uint_eq(baseline->n, 0);
}
END_TEST

START_TEST(a_folder_and_a_path_through_a_file_are_no_missing_baseline)
{
    char beyond[PATH_MAX + 32];
    struct error err = {0};
    CLEANUP(baseline_freep) struct baseline *baseline = NULL;
    temp_dir_write(&dir, "baseline.json", "x");
    snprintf(beyond, sizeof(beyond), "%s/b.json", path);
    ck_assert_int_eq(baseline_load(beyond, &baseline, &err), -1);
    ck_assert_int_eq(baseline_load(dir.path, &baseline, &err), -1);
    ck_assert_ptr_null(baseline);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, dir.path));
}
END_TEST

START_TEST(a_place_that_cannot_be_written_is_an_error_that_names_it)
{
    const struct baseline_entry entry = baselines_entry("a");
    CLEANUP(baseline_freep) struct baseline *baseline = baselines_new(&entry, 1);
    struct error err = {0};
    char nowhere[PATH_MAX + 32];
    snprintf(nowhere, sizeof(nowhere), "%s/no/such/b.json", dir.path);
    ck_assert_int_eq(baseline_store(baseline, nowhere, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_ENVIRONMENT);
    ck_assert_ptr_nonnull(strstr(err.text, nowhere));
}
END_TEST

START_TEST(as_many_entries_as_there_is_room_for_are_stored_and_read)
{
    CLEANUP(baseline_freep) struct baseline *baseline = NULL;
    struct baseline_entry entry = baselines_entry("x");
    struct error err = {0};
    ck_assert_int_eq(baseline_new(&baseline, &err), 0);
    entry.n_runs = 20;
    for (unsigned i = 5; i < entry.n_runs; i++)
        entry.runs[i] = entry.runs[0];
    for (unsigned i = 0; i < BASELINE_ENTRIES_MAX; i++) {
        snprintf(entry.key.scenario, sizeof(entry.key.scenario), "case-%04u", i);
        ck_assert_int_eq(baseline_put(baseline, &entry, &err), 0);
    }
    store(baseline);
    CLEANUP(baseline_freep) struct baseline *again = load();
    ck_assert_uint_eq(again->n, BASELINE_ENTRIES_MAX);
    ck_assert_int_eq(baseline_put(again, &entry, &err), 0);
    strcpy(entry.key.scenario, "one-more");
    ck_assert_int_eq(baseline_put(again, &entry, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "4096"));
    ck_assert_uint_eq(again->n, BASELINE_ENTRIES_MAX);
}
END_TEST

/* What put() must not take, for it could not be read again. */
static void spoil(struct baseline_entry *entry, int how)
{
    switch (how) {
    case 0:
        strcpy(entry->key.scenario, "No Name");
        break;
    case 1:
        entry->key.scenario[0] = '\0';
        break;
    case 2:
        strcpy(entry->key.build, "-O2");
        break;
    case 3:
        strcpy(entry->key.allocator, "/lib/x.so");
        break;
    case 4:
        entry->n_runs = 0;
        break;
    case 5:
        entry->n_runs = GATE_RUNS_MAX + 1;
        break;
    case 6:
        figures_set(&entry->runs[2].figures, FIGURE_FLOOR, -1);
        break;
    case 7:
        figures_set(&entry->runs[2].figures, FIGURE_GROWTH, NAN);
        break;
    case 8:
        entry->environment.kernel[0] = '\0';
        break;
    case 9:
        strcpy(entry->environment.kernel, "6.1\x1b[31m");
        break;
    case 10:
        entry->environment.cpus = 0;
        break;
    case 11:
        strcpy(entry->environment.machine.thp, "maybe");
        break;
    case 12:
        strcpy(entry->key.variant, "a.b");
        break;
    default:
        strcpy(entry->environment.machine.libc, "glibc\t2.36");
        break;
    }
}

START_TEST(what_could_not_be_read_again_is_not_taken)
{
    CLEANUP(baseline_freep) struct baseline *baseline = NULL;
    struct baseline_entry entry = baselines_entry("a");
    struct error err = {0};
    ck_assert_int_eq(baseline_new(&baseline, &err), 0);
    spoil(&entry, _i);
    ck_assert_int_eq(baseline_put(baseline, &entry, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_str_ne(err.text, "");
    ck_assert_uint_eq(baseline->n, 0);
}
END_TEST

static Suite *baseline_suite(void)
{
    Suite *suite = suite_create("baseline");
    TCase *tcase = tcase_create("a baseline");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, a_figure_of_all_repeats_is_one_line);
    tcase_add_test(tcase, what_is_stored_reads_back_the_same);
    tcase_add_test(tcase, an_absent_fact_is_absent_when_it_is_read_back);
    tcase_add_test(tcase, entries_are_sorted_however_they_come);
    tcase_add_test(tcase, a_file_that_is_not_sorted_is_sorted_when_it_is_written);
    tcase_add_test(tcase, an_entry_of_the_same_case_is_replaced);
    tcase_add_test(tcase, what_is_removed_is_gone_and_the_others_stay);
    tcase_add_test(tcase, one_changed_figure_is_one_changed_line);
    tcase_add_test(tcase, an_entry_more_changes_no_line_of_the_others);
    tcase_add_test(tcase, a_file_that_would_be_the_same_is_left_alone);
    tcase_add_test(tcase, a_link_to_the_file_stays_one);
    tcase_add_test(tcase, a_file_that_is_not_there_is_an_empty_baseline_and_said);
    tcase_add_test(tcase, a_folder_and_a_path_through_a_file_are_no_missing_baseline);
    tcase_add_test(tcase, a_place_that_cannot_be_written_is_an_error_that_names_it);
    tcase_add_test(tcase, as_many_entries_as_there_is_room_for_are_stored_and_read);
    tcase_add_loop_test(tcase, what_could_not_be_read_again_is_not_taken, 0, 14);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(baseline_suite);
