/* instrument_environment: what instruments put into a service's environment, beside what is there.
 */
#include "instrument/environment.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

static const char *const words[] = {"LD_PRELOAD=/lib/mine.so", "PORTS={port}", "EMPTY=", NULL};

static struct run_spec spec_of(const char *const *env)
{
    struct run_spec spec = {.scenario = "a"};
    settings_defaults(&spec.settings);
    spec.settings.service.env = env;
    return spec;
}

static void environment_freep(struct instrument_environment **environment)
{
    instrument_environment_free(*environment);
}

#define ENVIRONMENT(name, spec)                                              \
    CLEANUP(environment_freep) struct instrument_environment *(name) = NULL; \
    ck_assert_int_eq(instrument_environment_new(spec, &(name), NULL), 0)

static const char *value_of(const struct instrument_environment *environment, const char *name)
{
    const char *const *entry = instrument_environment_list(environment);
    for (; *entry != NULL; entry++)
        if (strncmp(*entry, name, strlen(name)) == 0 && (*entry)[strlen(name)] == '=')
            return *entry + strlen(name) + 1;
    return NULL;
}

START_TEST(what_is_there_comes_after_what_is_added)
{
    const struct run_spec spec = spec_of(words);
    ENVIRONMENT(environment, &spec);
    ck_assert_int_eq(
        instrument_environment_add(environment, "LD_PRELOAD", "/lib/heap.so", ':', NULL), 0);
    ck_assert_str_eq(value_of(environment, "LD_PRELOAD"), "/lib/heap.so:/lib/mine.so");
    ck_assert_int_eq(instrument_environment_add(environment, "EMPTY", "x", ' ', NULL), 0);
    ck_assert_str_eq(value_of(environment, "EMPTY"), "x");
    ck_assert_str_eq(value_of(environment, "PORTS"), "{port}");
    ck_assert_str_eq(words[0], "LD_PRELOAD=/lib/mine.so");
}
END_TEST

START_TEST(without_a_separator_it_is_replaced)
{
    const struct run_spec spec = spec_of(words);
    ENVIRONMENT(environment, &spec);
    ck_assert_int_eq(instrument_environment_add(environment, "PORTS", "none", '\0', NULL), 0);
    ck_assert_str_eq(value_of(environment, "PORTS"), "none");
    ck_assert_str_eq(instrument_environment_get(environment, "PORTS"), "none");
}
END_TEST

START_TEST(what_we_have_ourselves_the_service_has_too)
{
    struct run_spec spec = spec_of(words);
    ck_assert_int_eq(setenv("NODE_OPTIONS", "--ours", 1), 0);
    ENVIRONMENT(environment, &spec);
    ck_assert_str_eq(instrument_environment_get(environment, "NODE_OPTIONS"), "--ours");
    ck_assert_ptr_null(value_of(environment, "NODE_OPTIONS"));
    ck_assert_int_eq(instrument_environment_add(environment, "NODE_OPTIONS", "--a", ' ', NULL), 0);
    ck_assert_str_eq(value_of(environment, "NODE_OPTIONS"), "--a --ours");

    spec.settings.image = "web:1"; /* and one in a container has not */
    ENVIRONMENT(inside, &spec);
    ck_assert_ptr_null(instrument_environment_get(inside, "NODE_OPTIONS"));
    ck_assert_int_eq(instrument_environment_add(inside, "NODE_OPTIONS", "--a", ' ', NULL), 0);
    ck_assert_str_eq(value_of(inside, "NODE_OPTIONS"), "--a");
}
END_TEST

START_TEST(braces_of_a_value_are_no_placeholder)
{
    const struct run_spec spec = spec_of(words);
    ENVIRONMENT(environment, &spec);
    ck_assert_int_eq(instrument_environment_add(environment, "DIR", "/tmp/{data}", '\0', NULL), 0);
    ck_assert_str_eq(value_of(environment, "DIR"), "/tmp/{{data}}");
}
END_TEST

START_TEST(of_what_runs_already_it_cannot_be_changed)
{
    struct run_spec spec = spec_of(words);
    struct error err = {.kind = ERROR_NONE};
    spec.settings.attach = "4711";
    ENVIRONMENT(environment, &spec);
    ck_assert_int_eq(instrument_environment_add(environment, "LD_PRELOAD", "/x.so", ':', &err), -1);
    ck_assert_int_eq(err.kind, ERROR_ENVIRONMENT);
    ck_assert_ptr_nonnull(strstr(err.text, "LD_PRELOAD"));
    ck_assert_ptr_nonnull(strstr(err.text, "leakcage explain -- COMMAND"));
}
END_TEST

START_TEST(an_empty_one_is_a_list)
{
    static const char *const none[] = {NULL};
    const struct run_spec spec = spec_of(none);
    ENVIRONMENT(environment, &spec);
    ck_assert_ptr_null(instrument_environment_list(environment)[0]);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("instrument_environment");
    TCase *c = tcase_create("words");
    suite_add_tcase(s, c);
    tcase_add_test(c, what_is_there_comes_after_what_is_added);
    tcase_add_test(c, without_a_separator_it_is_replaced);
    tcase_add_test(c, what_we_have_ourselves_the_service_has_too);
    tcase_add_test(c, braces_of_a_value_are_no_placeholder);
    tcase_add_test(c, of_what_runs_already_it_cannot_be_changed);
    tcase_add_test(c, an_empty_one_is_a_list);
    return s;
}

CHECK_MAIN(suite);
