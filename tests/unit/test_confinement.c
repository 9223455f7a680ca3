/* confinement: which paths of a scenario may be. */
#include "scenario/confinement.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

static struct temp_dir dir;
static char folder[PATH_MAX + 16];  /* of the scenario */
static char outside[PATH_MAX + 16]; /* a program beside it */

static void setup(void)
{
    dir = temp_dir_make();
    ck_assert_int_eq(mkdirat(dir.fd, "mine", 0755), 0);
    ck_assert_int_eq(mkdirat(dir.fd, "mine/bin", 0755), 0);
    ck_assert_int_eq(mkdirat(dir.fd, "mine-too", 0755), 0);
    temp_dir_write(&dir, "mine/bin/service", "");
    temp_dir_write(&dir, "mine-too/service", "");
    temp_dir_write(&dir, "secret", "");
    temp_dir_link(&dir, "mine/link", "../secret");
    temp_dir_link(&dir, "mine/inner", "bin/service");
    temp_dir_link(&dir, "mine/up", "..");
    snprintf(folder, sizeof(folder), "%s/mine", dir.path);
    snprintf(outside, sizeof(outside), "%s/secret", dir.path);
}

static void teardown(void)
{
    temp_dir_done(&dir);
}

/* Does a scenario with this text in it pass? */
static bool passes(const char *text, struct error *err)
{
    CLEANUP(scenario_freep) struct scenario *scenario = NULL;
    struct error why = {.kind = ERROR_NONE};
    ck_assert_msg(scenario_load_text("test.json", folder, text, &scenario, &why) == 0, "%s",
                  why.text);
    return scenario_check_paths(scenario, err) == 0;
}

static bool program_passes(const char *program)
{
    char text[2 * PATH_MAX + 512];
    snprintf(text, sizeof(text),
             "{\"service\": {\"command\": [\"%s\"]}, \"load\": {\"path\": \"/\"}, "
             "\"limit\": \"64MiB\"}",
             program);
    return passes(text, NULL);
}

START_TEST(what_lies_beside_a_scenario_may_be_named)
{
    static const char *const fine[] = {
        "bin/service",
        "./bin/service",
        "bin/../bin/service",
        "inner",
        "{dir}/bin/service",
        "python3",
        "sh",
        "{services}/clean",
        "not/there/yet",
        "up/mine/bin/service",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(fine); i++)
        ck_assert_msg(program_passes(fine[i]), "%s", fine[i]);
    char absolute[PATH_MAX + 64];
    snprintf(absolute, sizeof(absolute), "%s/bin/service", folder);
    ck_assert(program_passes(absolute));
}
END_TEST

START_TEST(what_leads_elsewhere_may_not)
{
    static const char *const wrong[] = {
        "../secret",    "bin/../../secret",    "{dir}/../secret",        "./link",
        "up/secret",    "../mine-too/service", "{services}/../../bin/x", "bin/{dir}/x",
        "../not-there", "/etc/passwd",         "/nowhere/at/all",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        ck_assert_msg(!program_passes(wrong[i]), "%s", wrong[i]);
    ck_assert(!program_passes(outside));
    char beside[PATH_MAX + 64];
    snprintf(beside, sizeof(beside), "%s-too/service", folder);
    ck_assert(!program_passes(beside));
}
END_TEST

START_TEST(a_program_of_path_may_be_named_by_its_whole_path)
{
    ck_assert_int_eq(setenv("PATH", "/nowhere:/usr/bin:/bin", 1), 0);
    ck_assert(program_passes("/usr/bin/env"));
    ck_assert(!program_passes("/usr/bin/../../etc/passwd"));
    ck_assert(!program_passes("/usr/sbin/anything"));
    ck_assert(!program_passes("/usr/bin/deeper/env"));
}
END_TEST

START_TEST(every_path_of_every_variant_is_looked_at)
{
    static const struct {
        const char *text, *key;
    } cases[] = {
        {"{\"service\": {\"command\": [\"sh\"], \"cwd\": \"/etc\"}, \"load\": {\"path\": \"/\"}}",
         "$.service.cwd"},
        {"{\"service\": {\"command\": [\"sh\"], \"cwd\": \"{data}/../..\"}, "
         "\"load\": {\"path\": \"/\"}}",
         "$.service.cwd"},
        {"{\"service\": {\"image\": \"docker-archive:../image.tar\"}, \"load\": {\"path\": \"/\"}}",
         "$.service.image"},
        {"{\"service\": {\"command\": [\"sh\"]}, \"load\": {\"command\": [\"../client\"]}}",
         "$.load.command"},
        {"{\"service\": {\"command\": [\"sh\"]}, \"load\": {\"command\": [\"sh\"], "
         "\"cwd\": \"..\"}}",
         "$.load.cwd"},
        {"{\"service\": {\"command\": [\"sh\"]}, \"load\": {\"path\": \"/\"}, "
         "\"dependencies\": {\"db\": {\"command\": [\"../db\"]}}}",
         "$.dependencies.db.command"},
        {"{\"service\": {\"command\": [\"sh\"]}, \"load\": {\"path\": \"/\"}, \"variants\": "
         "{\"other\": {\"service\": {\"command\": [\"../x\"]}}}}",
         "variant other: $.service.command"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct error err = {.kind = ERROR_NONE};
        ck_assert_msg(!passes(cases[i].text, &err), "%s", cases[i].text);
        ck_assert_int_eq(err.kind, ERROR_USAGE);
        ck_assert_msg(strstr(err.text, cases[i].key) != NULL, "%s", err.text);
        ck_assert_ptr_nonnull(strstr(err.text, "test.json: "));
        ck_assert_ptr_nonnull(strstr(err.text, "--allow-outside"));
    }
    ck_assert(passes("{\"service\": {\"command\": [\"sh\"], \"cwd\": \"{data}/work\"}, "
                     "\"load\": {\"path\": \"/\"}}",
                     NULL));
    ck_assert(passes("{\"service\": {\"image\": \"localhost/../web:1\"}, "
                     "\"load\": {\"path\": \"/\"}}",
                     NULL));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("confinement");
    TCase *paths = tcase_create("paths");
    tcase_add_checked_fixture(paths, setup, teardown);
    tcase_add_test(paths, what_lies_beside_a_scenario_may_be_named);
    tcase_add_test(paths, what_leads_elsewhere_may_not);
    tcase_add_test(paths, a_program_of_path_may_be_named_by_its_whole_path);
    tcase_add_test(paths, every_path_of_every_variant_is_looked_at);
    suite_add_tcase(s, paths);
    return s;
}

CHECK_MAIN(suite);
