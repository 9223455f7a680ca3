/* host: what is said of the machine that a service runs on. */
#include "run/host.h"

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

static struct settings settings;

static void setup(void)
{
    settings_defaults(&settings);
}

static struct record *describe(void)
{
    static const struct run_spec nothing = {.scenario = ""};
    struct record *record = NULL;
    ck_assert_int_eq(record_new(&nothing, &record, NULL), 0);
    host_describe(record, &settings);
    return record;
}

static const struct {
    const char *text;
    const char *word; /* NULL: none */
} thp[] = {
    {"always [madvise] never\n", "madvise"},
    {"[always] madvise never\n", "always"},
    {"always madvise [never]\n", "never"},
    {"always inherit madvise [never]", "never"},
    {"always madvise never\n", NULL},
    {"always [mad", NULL},
    {"[alway] madvise never", NULL},
    {"[]", NULL},
    {"", NULL},
};

START_TEST(the_word_in_brackets_is_what_holds)
{
    char word[16] = "";
    ck_assert(host_thp_word(thp[_i].text, word, sizeof(word)) == (thp[_i].word != NULL));
    ck_assert_str_eq(word, thp[_i].word != NULL ? thp[_i].word : "");
}
END_TEST

START_TEST(this_machine_is_described)
{
    CLEANUP(record_freep) struct record *record = describe();
    struct utsname name;
    ck_assert_int_eq(uname(&name), 0);
    ck_assert_str_eq(record->kernel, name.release);
    ck_assert_str_eq(record->machine.architecture, name.machine);
    ck_assert_uint_gt(record->cpus, 0);
    ck_assert_int_eq(record->machine.page_bytes, sysconf(_SC_PAGESIZE));
#ifdef __GLIBC__
    ck_assert_int_eq(strncmp(record->machine.libc, "glibc 2.", 8), 0);
#endif
}
END_TEST

START_TEST(a_service_that_may_not_have_huge_pages_has_never_any)
{
    CLEANUP(record_freep) struct record *record = describe();
    ck_assert_str_eq(record->machine.thp, "never");
}
END_TEST

START_TEST(with_the_system_s_huge_pages_it_is_the_system_that_says)
{
    static const char *const words[] = {"", "never", "madvise", "always"};
    settings.thp = THP_SYSTEM;
    CLEANUP(record_freep) struct record *record = describe();
    bool known = false;
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        known = known || strcmp(record->machine.thp, words[i]) == 0;
    ck_assert_msg(known, "%s", record->machine.thp);
    settings.thp = THP_NEVER;
    settings.attach = "4711"; /* it was not started here, so nobody has forbidden them */
    CLEANUP(record_freep) struct record *attached = describe();
    ck_assert_str_eq(attached->machine.thp, record->machine.thp);
}
END_TEST

START_TEST(the_c_library_of_an_image_is_not_ours)
{
    settings.image = "registry.example/service";
    CLEANUP(record_freep) struct record *record = describe();
    ck_assert_str_eq(record->machine.libc, "");
    settings.image = NULL;
    settings.attach = "4711";
    CLEANUP(record_freep) struct record *attached = describe();
    ck_assert_str_eq(attached->machine.libc, "");
}
END_TEST

static Suite *host_suite(void)
{
    Suite *suite = suite_create("host");
    TCase *tcase = tcase_create("facts of a machine");
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_loop_test(tcase, the_word_in_brackets_is_what_holds, 0, ARRAY_LENGTH(thp));
    tcase_add_test(tcase, this_machine_is_described);
    tcase_add_test(tcase, a_service_that_may_not_have_huge_pages_has_never_any);
    tcase_add_test(tcase, with_the_system_s_huge_pages_it_is_the_system_that_says);
    tcase_add_test(tcase, the_c_library_of_an_image_is_not_ours);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(host_suite);
