/* java_classes: the histogram of a JVM's classes, and a program whose objects it counts; the latter
 * is skipped where there is no Java, which is said. */
#include "instrument/java_classes.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "instrument/class_histogram.h"
#include "instrument/held_text.h"
#include "tests/support/check_main.h"
#include "tests/support/instrumented.h"

#define JAVA      "/usr/bin/java"
#define JAVAC     "/usr/bin/javac"
#define UNITS     3000
#define ROW_BYTES 1040 /* an array of 1024 bytes, with its head */

static struct instrumented it;

static const char *name_of(const char *name)
{
    static char text[CLASS_NAME_MAX];
    return class_histogram_name(name, strlen(name), text);
}

START_TEST(classes_are_called_as_in_source)
{
    ck_assert_str_eq(name_of("java.util.HashMap$Node"), "java.util.HashMap$Node");
    ck_assert_str_eq(name_of("[B"), "byte[]");
    ck_assert_str_eq(name_of("[[J"), "long[][]");
    ck_assert_str_eq(name_of("[Ljava.lang.String;"), "java.lang.String[]");
    ck_assert_str_eq(name_of("[[Ljava.util.HashMap$Node;"), "java.util.HashMap$Node[][]");
    ck_assert_str_eq(name_of("B"), "B");
    ck_assert_str_eq(name_of("["), "[");
    ck_assert_str_eq(name_of("[L;"), "[L;");
    ck_assert_str_eq(name_of("[Ljava.lang.String"), "[Ljava.lang.String");
    ck_assert_str_eq(name_of(""), "");
    char many[2000];
    memset(many, '[', sizeof(many) - 1);
    many[1998] = 'I';
    many[1999] = '\0';
    ck_assert_uint_lt(strlen(name_of(many)), CLASS_NAME_MAX);
    memset(many, 'x', sizeof(many) - 1);
    ck_assert_uint_eq(strlen(name_of(many)), CLASS_NAME_MAX - 1);
}
END_TEST

START_TEST(a_histogram_is_read)
{
    static const char text[] =
        " num     #instances         #bytes  class name (module)\n"
        "-------------------------------------------------------\n"
        "   1:         18591        1293832  [B (java.base@17.0.15)\n"
        "   2:          5566         178112  java.util.HashMap$Node (java.base@17.0.15)\n"
        "   3:             1             16  Service\n"
        "Total         24158        1471960\n";
    CLEANUP(profile_freep) struct profile *profile = NULL;
    ck_assert_int_eq(held_text_profile(&profile, NULL), 0);
    ck_assert_int_eq(class_histogram_read(text, sizeof(text) - 1, profile, NULL), 0);
    ck_assert_uint_eq(profile->n_samples, 3);
    ck_assert_int_eq(profile_total(profile, 0), 24158);
    ck_assert_int_eq(profile_total(profile, 1), 1471960);
    ck_assert_int_eq(instrumented_held(profile, "inuse_space", "byte[]", NULL), 1293832);
}
END_TEST

START_TEST(what_is_no_histogram_is_an_error)
{
    static const char *const texts[] = {"",
                                        "Command executed successfully\n",
                                        "1: 2 3\n",
                                        "1: -2 3 x\n",
                                        "1: 99999999999999999999 3 x\n",
                                        ": 1 1 x\n"};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        CLEANUP(profile_freep) struct profile *profile = NULL;
        struct error err = {.text = ""};
        ck_assert_int_eq(held_text_profile(&profile, NULL), 0);
        ck_assert_int_eq(class_histogram_read(texts[i], strlen(texts[i]), profile, &err), -1);
        ck_assert_ptr_nonnull(strstr(err.text, "found no class"));
    }
}
END_TEST

START_TEST(what_a_java_program_keeps_is_counted)
{
    struct error err = {.text = ""};
    if (access(JAVA, X_OK) != 0 || access(JAVAC, X_OK) != 0) {
        fprintf(stderr, "skipped: there is no java or javac (apt-get install "
                        "openjdk-17-jdk-headless)\n");
        return;
    }
    it = (struct instrumented){.self = NULL};
    ck_assert_int_eq(instrumented_begin(&it, &instrument_java, &err), 0);
    ck_assert_msg(
        instrumented_start(&it, (const char *const[]){JAVA, "-Xmx64m", RUNTIMES "/Held.java", NULL},
                           RUNTIME_JVM, &err) == 0,
        "%s", err.text);
    instrumented_work(&it, UNITS);
    CLEANUP(profile_freep) struct profile *before = instrumented_snapshot(&it, "java", 0);
    instrumented_work(&it, UNITS);
    CLEANUP(profile_freep) struct profile *after = instrumented_snapshot(&it, "java", 1);
    int64_t objects = instrumented_held(after, "inuse_objects", "byte[]", NULL) -
                      instrumented_held(before, "inuse_objects", "byte[]", NULL);
    int64_t bytes = instrumented_held(after, "inuse_space", "byte[]", NULL) -
                    instrumented_held(before, "inuse_space", "byte[]", NULL);
    instrumented_end(&it);
    ck_assert_int_ge(objects, UNITS - 100);
    ck_assert_int_le(objects, UNITS + 100);
    ck_assert_int_ge(bytes, INT64_C(1) * ROW_BYTES * (UNITS - 100));
    ck_assert_int_le(bytes, INT64_C(1) * ROW_BYTES * (UNITS + 100));
}
END_TEST

START_TEST(what_is_no_jvm_says_so)
{
    struct error err = {.text = ""};
    it = (struct instrumented){.self = NULL};
    ck_assert_int_eq(instrumented_begin(&it, &instrument_java, &err), 0);
    int status = instrumented_start(
        &it, (const char *const[]){"/bin/sh", "-c", "echo ready; cat >/dev/null", NULL},
        RUNTIME_NATIVE, &err);
    instrumented_end(&it);
    ck_assert_int_eq(status, 1);
    ck_assert_str_eq(err.text, "no process of it is a JVM");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("java_classes");
    TCase *tcase = tcase_create("java_classes");
    tcase_add_test(tcase, classes_are_called_as_in_source);
    tcase_add_test(tcase, a_histogram_is_read);
    tcase_add_test(tcase, what_is_no_histogram_is_an_error);
    tcase_add_test(tcase, what_is_no_jvm_says_so);
    tcase_add_test(tcase, what_a_java_program_keeps_is_counted);
    suite_add_tcase(s, tcase);
    return s;
}

CHECK_MAIN(suite);
