/* launch_user: whom a program is started as, and what is made his. */
#include "driver/launch_user.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/caller.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

START_TEST(nobody_in_particular_is_never_root_and_ourselves_stay)
{
    struct account account;
    const struct account *user = &account;
    char ours[64];
    ck_assert_int_eq(launch_user_find(NULL, &account, &user, NULL), 0);
    ck_assert(geteuid() != 0 ? user == NULL : user == NULL || user->uid != 0);
    snprintf(ours, sizeof(ours), "%u:%u", geteuid(), getegid());
    user = &account;
    ck_assert_int_eq(launch_user_find(ours, &account, &user, NULL), 0);
    ck_assert_ptr_null(user);
}
END_TEST

/* In another process, for what is given up does not come back. */
START_TEST(without_root_another_user_is_refused_with_the_fix)
{
    pid_t child = fork();
    if (child == 0) {
        struct account account;
        const struct account *user = NULL;
        struct error err = {0};
        if (geteuid() == 0 && (setgid(65000) < 0 || setuid(65000) < 0))
            _exit(2);
        bool refused = launch_user_find("0", &account, &user, &err) < 0;
        _exit(refused && err.kind == ERROR_ENVIRONMENT &&
                      strstr(err.text, "run leakcage as root, or with --driver vm") != NULL
                  ? 0
                  : 1);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_login_is_described)
{
    const struct account user = {.uid = 1, .name = "worker", .home = "/srv/worker"};
    const struct account stranger = {.uid = 4242};
    CLEANUP(environment_done) struct environment environment = ENVIRONMENT_INIT;
    ck_assert_int_eq(unsetenv("TMPDIR"), 0);
    ck_assert_int_eq(environment_set(&environment, "HOME=/root", NULL), 0);
    ck_assert_int_eq(launch_user_describe(NULL, &environment, NULL), 0);
    ck_assert_str_eq(environment.entries[0], "HOME=/root");
    ck_assert_int_eq(launch_user_describe(&user, &environment, NULL), 0);
    ck_assert_str_eq(environment.entries[0], "HOME=/srv/worker");
    ck_assert_str_eq(environment.entries[1], "USER=worker");
    ck_assert_str_eq(environment.entries[2], "LOGNAME=worker");
    ck_assert_uint_eq(environment.n_entries, 3);
    ck_assert_int_eq(setenv("TMPDIR", "/nowhere/private", 1), 0);
    ck_assert_int_eq(launch_user_describe(&user, &environment, NULL), 0);
    ck_assert_str_eq(environment.entries[3], "TMPDIR=/tmp");
    ck_assert_int_eq(launch_user_describe(&stranger, &environment, NULL), 0);
    ck_assert_str_eq(environment.entries[0], "HOME=/");
}
END_TEST

START_TEST(what_is_given_can_be_used)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    const struct account user = {.uid = 4242, .gid = 4243};
    struct error err = {0};
    struct stat status;
    ck_assert_int_eq(fchmodat(dir.fd, ".", 0700, 0), 0);
    ck_assert_msg(launch_user_give(&user, dir.path, &err) == 0, "%s", err.text);
    ck_assert_int_eq(stat(dir.path, &status), 0);
    if (geteuid() == 0)
        ck_assert(status.st_uid == 4242 && status.st_gid == 4243);
    else
        ck_assert_uint_eq(status.st_mode & 0777U, 0777);
    ck_assert_int_eq(launch_user_give(&user, "/nowhere/at/all", &err), -1);
}
END_TEST

START_TEST(a_folder_that_keeps_the_user_out_is_named_with_the_fix)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    const struct account user = {.uid = 4242, .gid = 4243};
    struct error err = {0};
    CLEANUP(freep) char *inner = file_join(dir.path, "private/inner");
    CLEANUP(freep) char *missing = file_join(dir.path, "open/not/there");
    CLEANUP(freep) char *private = file_join(dir.path, "private");
    ck_assert_int_eq(fchmodat(dir.fd, ".", 0755, 0), 0);
    ck_assert_int_eq(file_make_directories(inner, NULL), 0);
    ck_assert_int_eq(chmod(private, 0700), 0);
    if (caller_is_elsewhere())
        return; /* there the way may be opened */
    ck_assert_int_eq(launch_user_reach(&user, inner, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_ENVIRONMENT);
    ck_assert_ptr_nonnull(strstr(err.text, "/private (mode 700)"));
    ck_assert_ptr_nonnull(strstr(err.text, "--user root"));
    ck_assert_int_eq(chmod(private, 0711), 0);
    ck_assert_msg(launch_user_reach(&user, inner, &err) == 0, "%s", err.text);
    ck_assert_int_eq(launch_user_reach(&user, missing, NULL), 0);
    ck_assert_int_eq(launch_user_reach(NULL, inner, NULL), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("launch_user");
    TCase *users = tcase_create("users");
    tcase_add_test(users, nobody_in_particular_is_never_root_and_ourselves_stay);
    tcase_add_test(users, without_root_another_user_is_refused_with_the_fix);
    tcase_add_test(users, a_login_is_described);
    tcase_add_test(users, what_is_given_can_be_used);
    tcase_add_test(users, a_folder_that_keeps_the_user_out_is_named_with_the_fix);
    suite_add_tcase(s, users);
    return s;
}

CHECK_MAIN(suite);
