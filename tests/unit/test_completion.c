/* completion: all options, with values that are ones, and none that a command refuses. */
#include "cli/completion.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/options_table.h"
#include "tests/support/check_main.h"

static const struct completion_option *offered(const char *name)
{
    for (const struct completion_option *one = completion_options(); one->name != NULL; one++)
        if (strcmp(one->name, name) == 0)
            return one;
    return NULL;
}

/* "leakcage COMMAND --NAME VALUE" as far as options are looked at. */
static int parse(const char *command, const char *name, const char *value, struct error *err)
{
    char option[64];
    char words[4][64];
    char *argv[5] = {words[0], words[1], words[2], words[3], NULL};
    struct options options;
    snprintf(option, sizeof(option), "--%s", name);
    snprintf(words[0], sizeof(words[0]), "leakcage");
    snprintf(words[1], sizeof(words[1]), "%s", command);
    snprintf(words[2], sizeof(words[2]), "%s", option);
    snprintf(words[3], sizeof(words[3]), "%s", value != NULL ? value : "");
    return options_parse(value != NULL ? 4 : 3, argv, &options, err);
}

static void ask(char *text, size_t size, const char *const *words)
{
    struct error err = {0};
    *text = '\0';
    CLEANUP(fclosep) FILE *out = fmemopen(text, size, "w");
    ck_assert_ptr_nonnull(out);
    ck_assert_int_eq(completion_print(words, out, &err), 0);
}

#define ASK(text, ...) ask((text), sizeof(text), (const char *const[]){__VA_ARGS__, NULL})

START_TEST(every_option_is_offered_and_none_that_is_not_there)
{
    bool takes_value = false;
    size_t n = 0;
    size_t n_offered = 0;
    for (const char *name = NULL; (name = options_long(n, &takes_value)) != NULL; n++) {
        if (strcmp(name, "help") == 0 || strcmp(name, "version") == 0)
            continue;
        const struct completion_option *one = offered(name);
        ck_assert_msg(one != NULL, "--%s is not offered", name);
        ck_assert_msg((one->values != NULL) == takes_value, "--%s and its value", name);
        ck_assert_msg(one->commands != 0, "--%s is of no command", name);
        n_offered++;
    }
    for (const struct completion_option *one = completion_options(); one->name != NULL; one++)
        ck_assert_uint_gt(n_offered--, 0);
    ck_assert_uint_eq(n_offered, 0);
}
END_TEST

START_TEST(no_command_is_offered_what_it_refuses)
{
    const char *name = NULL;
    enum command command = COMMAND_RUN;
    for (size_t i = 0; (name = options_command(i, &command, NULL)) != NULL; i++)
        for (const struct completion_option *one = completion_options(); one->name != NULL; one++) {
            struct error err = {0};
            const char *value = one->values == NULL ? NULL : "1";
            if ((one->commands & (1U << command)) == 0 || parse(name, one->name, value, &err) == 0)
                continue;
            /* What it lacks beside it, a --pod, may still be typed. */
            bool lacks = strstr(err.text, "a --pod's") != NULL;
            ck_assert_msg(lacks || strstr(err.text, "found with") == NULL, "%s --%s: %s", name,
                          one->name, err.text);
        }
}
END_TEST

START_TEST(every_value_that_is_offered_is_one)
{
    for (const struct completion_option *one = completion_options(); one->name != NULL; one++) {
        if (one->values == NULL || *one->values == ':')
            continue;
        CLEANUP(freep) char *values = strdup(one->values);
        char *rest = values;
        for (char *value = NULL; (value = strsep(&rest, " ")) != NULL;) {
            struct error err = {0};
            /* The user types the end of it. */
            if (value[strlen(value) - 1] == ':')
                continue;
            if (parse("run", one->name, value, &err) < 0)
                ck_assert_msg(strstr(err.text, "found \"") == NULL, "--%s %s: %s", one->name, value,
                              err.text);
        }
    }
}
END_TEST

START_TEST(commands_for_people_are_offered)
{
    char text[4096] = "";
    ASK(text, "");
    ck_assert_ptr_nonnull(strstr(text, "run\t"));
    ck_assert_ptr_nonnull(strstr(text, "explain\t"));
    ck_assert_ptr_null(strstr(text, "guest\t"));
    ck_assert_ptr_null(strstr(text, "complete\t"));
    ASK(text, "ru");
    ck_assert_str_eq(text, "run\trun scenarios or a command, and print the verdict\n");
}
END_TEST

START_TEST(values_are_offered_however_they_are_typed)
{
    char text[4096] = "";
    ASK(text, "run", "--driver", "v");
    ck_assert_str_eq(text, "vm\n");
    ASK(text, "run", "--driver=v");
    ck_assert_str_eq(text, "--driver=vm\n");
    ASK(text, "run", "--driver", "=", "v");
    ck_assert_str_eq(text, "vm\n");
    ASK(text, "run", "--driver", "=");
    ck_assert_str_eq(text, "auto\nnative\ncontainer\nvm\n");
    ASK(text, "run", "--expect", "leak/so");
    ck_assert_str_eq(text, "leak/sockets\n");
    ASK(text, "run", "--limit", "");
    ck_assert_str_eq(text, "");
    ASK(text, "gate", "--baseline", "");
    ck_assert_str_eq(text, ":files\n");
}
END_TEST

START_TEST(behind_two_hyphens_is_another_program_s)
{
    char text[4096] = "";
    ASK(text, "run", "--", "./service", "--driver", "v");
    ck_assert_str_eq(text, ":files\n");
    ASK(text, "judge", "");
    ck_assert_str_eq(text, ":folders\n");
    ASK(text, "nothing", "");
    ck_assert_str_eq(text, "");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("completion");
    TCase *all = tcase_create("all");
    tcase_add_test(all, every_option_is_offered_and_none_that_is_not_there);
    tcase_add_test(all, no_command_is_offered_what_it_refuses);
    tcase_add_test(all, every_value_that_is_offered_is_one);
    tcase_add_test(all, commands_for_people_are_offered);
    tcase_add_test(all, values_are_offered_however_they_are_typed);
    tcase_add_test(all, behind_two_hyphens_is_another_program_s);
    suite_add_tcase(s, all);
    return s;
}

CHECK_MAIN(suite);
