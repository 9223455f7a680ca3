/* script_heap: programs of Node and Python that leak, told by their runtimes. */
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "instrument/node_heap.h"
#include "instrument/python_heap.h"
#include "tests/support/check_main.h"
#include "tests/support/instrumented.h"

#define PYTHON     "/usr/bin/python3"
#define NODE       "/usr/bin/node"
#define HELD_PY    RUNTIMES "/held.py"
#define HELD_JS    RUNTIMES "/held.js"
#define UNITS      1000
#define UNIT_BYTES 1024

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct instrumented it;

static void done(void)
{
    instrumented_end(&it);
}

static void start(const struct instrument *instrument, const char *const *words,
                  enum runtime_kind kind)
{
    struct error err = {.text = ""};
    it = (struct instrumented){.self = NULL};
    ck_assert_msg(instrumented_begin(&it, instrument, &err) == 0, "%s", err.text);
    ck_assert_msg(instrumented_start(&it, words, kind, &err) == 0, "%s", err.text);
}

/* How much more is held beneath this function after work, in bytes a unit. */
static double growth(const char *name, const char *type, const char *function, const char *file)
{
    instrumented_work(&it, UNITS);
    CLEANUP(profile_freep) struct profile *before = instrumented_snapshot(&it, name, 0);
    instrumented_work(&it, UNITS);
    instrumented_work(&it, UNITS);
    CLEANUP(profile_freep) struct profile *after = instrumented_snapshot(&it, name, 1);
    return (double)(instrumented_held(after, type, function, file) -
                    instrumented_held(before, type, function, file)) /
           (2.0 * UNITS);
}

/* The function is there with the line that is marked in this source. */
static void expect_line(const struct profile *profile, const char *function, const char *source)
{
    char text[256];
    int64_t line = 0;
    size_t found = 0;
    CLEANUP(fclosep) FILE *file = fopen(source, "re");
    ck_assert_ptr_nonnull(file);
    do {
        ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
        line++;
    } while (strstr(text, "the leak") == NULL);
    for (size_t i = 0; i < profile->n_frames; i++) {
        if (strcmp(profile->frames[i].function, function) != 0)
            continue;
        ck_assert_str_eq(profile->frames[i].file, source);
        ck_assert_int_eq(profile->frames[i].line, line);
        found++;
    }
    ck_assert_uint_gt(found, 0);
}

START_TEST(python_names_function_and_line)
{
    start(&instrument_python, WORDS(PYTHON, HELD_PY), RUNTIME_PYTHON);
    double bytes = growth("python", "inuse_space", "Worker.keep", "held.py");
    /* 500 samples of 2000 blocks: 5 % is one standard deviation. */
    ck_assert_msg(bytes > 0.8 * UNIT_BYTES && bytes < 1.4 * UNIT_BYTES, "%.1f", bytes);
    CLEANUP(profile_freep) struct profile *profile = instrumented_snapshot(&it, "python", 2);
    ck_assert_int_ge(instrumented_held(profile, "inuse_objects", "Worker.keep", "held.py"),
                     INT64_C(2) * UNITS);
    ck_assert_int_ge(instrumented_held(profile, "inuse_space", "main", "held.py"),
                     instrumented_held(profile, "inuse_space", "Worker.keep", "held.py"));
    expect_line(profile, "Worker.keep", HELD_PY);
}
END_TEST

/* Work until both hold something: a child that has just begun may not have come to the door. The
 * test has its bound in time. */
static void await_child(void)
{
    instrumented_work(&it, UNITS);
    for (int64_t held = 0; held < INT64_C(3) * UNITS * UNIT_BYTES / 2;) {
        CLEANUP(profile_freep) struct profile *profile = instrumented_snapshot(&it, "python", 0);
        held = instrumented_held(profile, "inuse_space", "Worker.keep", "held.py");
        usleep(10000);
    }
}

START_TEST(a_forked_child_of_python_is_in_the_sum)
{
    start(&instrument_python, WORDS(PYTHON, HELD_PY, "fork"), RUNTIME_PYTHON);
    await_child();
    double bytes = growth("python", "inuse_space", "Worker.keep", "held.py");
    ck_assert_msg(bytes > 1.7 * UNIT_BYTES && bytes < 2.6 * UNIT_BYTES, "%.1f", bytes);
}
END_TEST

START_TEST(the_sitecustomize_of_the_service_comes_next)
{
    struct error err = {.text = ""};
    it = (struct instrumented){.self = NULL};
    static const char *const env[] = {"PYTHONPATH=" RUNTIMES "/site", NULL};
    it.spec.settings.service.env = env;
    ck_assert_msg(instrumented_begin(&it, &instrument_python, &err) == 0, "%s", err.text);
    /* It makes held.py to be found. */
    ck_assert_msg(
        instrumented_start(&it, WORDS(PYTHON, "-c", "import held"), RUNTIME_PYTHON, &err) == 0,
        "%s", err.text);
    instrumented_work(&it, UNITS);
    CLEANUP(profile_freep) struct profile *profile = instrumented_snapshot(&it, "python", 0);
    ck_assert_int_ge(instrumented_held(profile, "inuse_space", "Worker.keep", "held.py"),
                     INT64_C(1) * UNITS * UNIT_BYTES / 2);
}
END_TEST

START_TEST(a_python_that_heeds_no_environment_says_so)
{
    struct error err = {.text = ""};
    it = (struct instrumented){.self = NULL};
    ck_assert_int_eq(instrumented_begin(&it, &instrument_python, &err), 0);
    ck_assert_int_eq(instrumented_start(&it, WORDS(PYTHON, "-I", HELD_PY), RUNTIME_PYTHON, &err),
                     1);
    ck_assert_ptr_nonnull(strstr(err.text, "-I, -E or -S"));
}
END_TEST

START_TEST(node_names_the_function)
{
    start(&instrument_node, WORDS(NODE, HELD_JS), RUNTIME_NODE);
    double bytes = growth("node", "inuse_space", "keep", "held.js");
    /* 128 doubles, with what an array has for itself; V8 samples, and knows the sum. */
    ck_assert_msg(bytes > 0.95 * UNIT_BYTES && bytes < 1.6 * UNIT_BYTES, "%.1f", bytes);
    CLEANUP(profile_freep) struct profile *profile = instrumented_snapshot(&it, "node", 2);
    expect_line(profile, "keep", HELD_JS);
    int64_t objects = instrumented_held(profile, "inuse_objects", "keep", "held.js");
    ck_assert_int_gt(objects, INT64_C(2) * UNITS);
}
END_TEST

START_TEST(a_worker_thread_of_node_is_in_the_sum)
{
    start(&instrument_node, WORDS(NODE, HELD_JS, "worker"), RUNTIME_NODE);
    double bytes = growth("node", "inuse_space", "keep", "held.js");
    ck_assert_msg(bytes > 0.95 * UNIT_BYTES && bytes < 1.6 * UNIT_BYTES, "%.1f", bytes);
}
END_TEST

START_TEST(what_node_keeps_outside_of_the_heap_is_told)
{
    start(&instrument_node, WORDS(NODE, HELD_JS, "buffers"), RUNTIME_NODE);
    double bytes =
        growth("node", "inuse_space", "[array buffers, outside of the heap of V8]", NULL);
    ck_assert_msg(bytes > 0.95 * UNIT_BYTES && bytes < 1.2 * UNIT_BYTES, "%.1f", bytes);
}
END_TEST

START_TEST(what_is_no_such_runtime_says_so)
{
    struct error err = {.text = ""};
    it = (struct instrumented){.self = NULL};
    ck_assert_int_eq(instrumented_begin(&it, &instrument_node, &err), 0);
    ck_assert_int_eq(instrumented_start(&it, WORDS("/bin/sh", "-c", "echo ready; cat >/dev/null"),
                                        RUNTIME_NATIVE, &err),
                     1);
    ck_assert_ptr_nonnull(strstr(err.text, "has loaded leakcage's script for Node"));
}
END_TEST

START_TEST(where_the_environment_is_not_ours_it_is_impossible)
{
    struct error err = {.text = ""};
    it = (struct instrumented){.spec.settings.attach = "4711"};
    ck_assert_int_eq(instrumented_begin(&it, &instrument_node, &err), 1);
    ck_assert_ptr_nonnull(strstr(err.text, "have leakcage start it"));
    done();
    it = (struct instrumented){.spec.settings.image = "localhost/web:1"};
    ck_assert_int_eq(instrumented_begin(&it, &instrument_python, &err), 1);
    ck_assert_ptr_nonnull(strstr(err.text, "container"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("script_heaps");
    TCase *tcase = tcase_create("script_heaps");
    tcase_add_checked_fixture(tcase, NULL, done);
    tcase_add_test(tcase, python_names_function_and_line);
    tcase_add_test(tcase, a_forked_child_of_python_is_in_the_sum);
    tcase_add_test(tcase, the_sitecustomize_of_the_service_comes_next);
    tcase_add_test(tcase, a_python_that_heeds_no_environment_says_so);
    tcase_add_test(tcase, node_names_the_function);
    tcase_add_test(tcase, a_worker_thread_of_node_is_in_the_sum);
    tcase_add_test(tcase, what_node_keeps_outside_of_the_heap_is_told);
    tcase_add_test(tcase, what_is_no_such_runtime_says_so);
    tcase_add_test(tcase, where_the_environment_is_not_ours_it_is_impossible);
    suite_add_tcase(s, tcase);
    return s;
}

CHECK_MAIN(suite);
