/* load_target: what a load that is a command runs, filled in. */
#include "run/load_target.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/fake_driver.h"
#include "tests/support/temp_dir.h"

static const char *variable(const struct load_command *command, const char *name)
{
    size_t length = strlen(name);
    for (char *const *entry = command->env; *entry != NULL; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}

START_TEST(everything_is_filled_in)
{
    static const char *const service[] = {"fake", NULL};
    static const char *const words[] = {"/bin/client", "--port={port}", "{data}/job", "{{port}}",
                                        NULL};
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    CLEANUP(load_target_freep) struct load_target *target = NULL;
    struct run_spec spec = {.scenario = "trial"};
    struct error err = {0};
    char text[PATH_MAX + 64];
    struct stat status;
    ck_assert_int_eq(fchmod(dir.fd, 0755), 0); /* others come by */
    settings_defaults(&spec.settings);
    spec.settings.service.command = service;
    spec.settings.load.command = words;
    spec.settings.load.command_cwd = "{data}/in here";
    const struct run_files files = {
        .log_path = "/dev/null", .data_dir = dir.path, .load_log_path = "/tmp/load.log"};
    struct instance *instance = NULL;
    ck_assert_int_eq(fake_driver.start(NULL, &spec, &files, &instance, &err), 0);
    const struct load_place place = {
        .driver = &fake_driver, .instance = instance, .spec = &spec, .files = &files};
    ck_assert_msg(load_target_new(&place, &target, &err) == 0, "%s", err.text);

    const struct load_command *command = load_target_command(target);
    const char *url = fake_driver.endpoint(instance, 0);
    const char *port = strrchr(url, ':') + 1;
    snprintf(text, sizeof(text), "--port=%s", port);
    ck_assert_str_eq(command->argv[0], "/bin/client");
    ck_assert_str_eq(command->argv[1], text);
    snprintf(text, sizeof(text), "%s/job", dir.path);
    ck_assert_str_eq(command->argv[2], text);
    ck_assert_str_eq(command->argv[3], "{port}");
    ck_assert_ptr_null(command->argv[4]);
    snprintf(text, sizeof(text), "%s/in here", dir.path);
    ck_assert_str_eq(command->cwd, text);
    /* Made by whoever runs there, by his own rights: a service may have laid a link by then. */
    ck_assert(command->make_cwd);
    ck_assert_int_eq(stat(text, &status), -1);
    ck_assert(command->confined);
    ck_assert(geteuid() != 0 ? command->user == NULL
                             : command->user == NULL || command->user->uid != 0);
    ck_assert_str_eq(command->log_path, "/tmp/load.log");
    ck_assert_str_eq(variable(command, "PORT"), port);
    ck_assert_str_eq(variable(command, "LEAKCAGE_URL"), url);
    ck_assert_str_eq(variable(command, "LEAKCAGE_DATA"), dir.path);
    ck_assert_ptr_nonnull(variable(command, "PATH"));
    fake_driver.destroy(instance);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("load_target");
    TCase *fill = tcase_create("fill");
    tcase_add_test(fill, everything_is_filled_in);
    suite_add_tcase(s, fill);
    return s;
}

CHECK_MAIN(suite);
