/* account: the users of this machine, as every Linux has them: root and nobody. */
#include "base/account.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

static struct account find(const char *text)
{
    struct account account;
    struct error err = {0};
    ck_assert_msg(account_find(text, &account, &err) == 0, "%s", err.text);
    return account;
}

START_TEST(a_user_is_found_by_name_and_by_number)
{
    struct account root = find("root");
    ck_assert_uint_eq(root.uid, 0);
    ck_assert_uint_eq(root.gid, 0);
    ck_assert_str_eq(root.name, "root");
    ck_assert_str_ne(root.home, "");
    ck_assert_str_eq(find("0").name, "root");
    struct account nobody = find("nobody");
    ck_assert_uint_ne(nobody.uid, 0);
    ck_assert_uint_ge(nobody.n_groups, 1);
    ck_assert_uint_eq(nobody.groups[0], nobody.gid);
}
END_TEST

START_TEST(a_number_need_not_be_anybodys)
{
    struct account account = find("3999999999");
    ck_assert_uint_eq(account.uid, 3999999999U);
    ck_assert_uint_eq(account.gid, 3999999999U);
    ck_assert_str_eq(account.name, "");
    ck_assert_str_eq(account.home, "");
    ck_assert_uint_eq(account.n_groups, 1);
}
END_TEST

START_TEST(a_group_may_be_given)
{
    struct account account = find("1234:5678");
    ck_assert_uint_eq(account.uid, 1234);
    ck_assert_uint_eq(account.gid, 5678);
    ck_assert_uint_eq(account.groups[0], 5678);
    ck_assert_uint_eq(find("nobody:0").gid, 0);
    ck_assert_uint_eq(find("nobody:root").gid, 0);
}
END_TEST

static const struct {
    const char *text, *part;
} bad[] = {
    {"", "expected a user"},
    {"no-such-user", "found \"no-such-user\", expected a user"},
    {"-1", "expected a user"},
    {"4294967295", "expected a user"},
    {"1 2", "expected a user"},
    {"nobody:no-such-group", "found \"no-such-group\", expected a group"},
    {"nobody:", "expected a group"},
    {":5", "expected a user"},
};

START_TEST(what_is_no_user_is_said)
{
    struct account account;
    struct error err = {0};
    ck_assert_int_eq(account_find(bad[_i].text, &account, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, bad[_i].part) != NULL, "%s", err.text);
}
END_TEST

START_TEST(we_are_ourselves)
{
    char text[64];
    snprintf(text, sizeof(text), "%u:%u", geteuid(), getegid());
    struct account account = find(text);
    ck_assert(account_is_ours(&account));
    account.gid++;
    ck_assert(!account_is_ours(&account));
}
END_TEST

START_TEST(the_folder_that_keeps_a_user_out_is_named)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    struct account stranger = {.uid = 4242, .gid = 4242, .groups = {4242}, .n_groups = 1};
    struct error err = {0};
    char path[PATH_MAX + 32];
    temp_dir_write(&dir, "shut/inner/file", "");
    snprintf(path, sizeof(path), "%s/shut/inner", dir.path);
    ck_assert_int_eq(fchmodat(dir.fd, ".", 0755, 0), 0);
    ck_assert_int_eq(fchmodat(dir.fd, "shut", 0755, 0), 0);
    ck_assert_int_eq(fchmodat(dir.fd, "shut/inner", 0755, 0), 0);
    ck_assert_msg(account_check_reach(&stranger, path, &err) == 0, "%s", err.text);
    ck_assert_int_eq(fchmodat(dir.fd, "shut", 0750, 0), 0);
    ck_assert_int_eq(account_check_reach(&stranger, path, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "/shut (mode 750)"));
    stranger.groups[0] = getegid();
    ck_assert_int_eq(account_check_reach(&stranger, path, NULL), 0);
    stranger.uid = 0;
    ck_assert_int_eq(account_check_reach(&stranger, path, NULL), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("account");
    TCase *users = tcase_create("users");
    tcase_add_test(users, a_user_is_found_by_name_and_by_number);
    tcase_add_test(users, a_number_need_not_be_anybodys);
    tcase_add_test(users, a_group_may_be_given);
    tcase_add_loop_test(users, what_is_no_user_is_said, 0, (int)ARRAY_LENGTH(bad));
    tcase_add_test(users, we_are_ourselves);
    tcase_add_test(users, the_folder_that_keeps_a_user_out_is_named);
    suite_add_tcase(s, users);
    return s;
}

CHECK_MAIN(suite);
