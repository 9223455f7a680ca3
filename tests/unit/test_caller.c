/* caller: whom services run as when nobody was named. */
#include "base/caller.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

START_TEST(a_guest_is_told_by_its_kernels_words)
{
    static const struct {
        const char *words, *found; /* NULL: nothing */
    } cases[] = {
        {"quiet leakcage.caller=1000:100 panic=-1\n", "1000:100"},
        {"leakcage.caller=65534:65534\n", "65534:65534"},
        {"leakcage.caller=1000:0", "1000:0"},
        {"quiet\n", NULL},
        {"", NULL},
        {"leakcage.caller=0:0", NULL}, /* never root */
        {"leakcage.caller=00:0", NULL},
        {"leakcage.caller=1000", NULL},
        {"leakcage.caller=1000:", NULL},
        {"leakcage.caller=:1000", NULL},
        {"leakcage.caller=root:root", NULL},
        {"leakcage.caller=1000:0x1", NULL},
        {"leakcage.caller=99999999999:1", NULL},
        {"notleakcage.caller=1:1", NULL},
        {"notleakcage.caller=1:1 leakcage.caller=2:3", "2:3"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char found[CALLER_WORD_MAX] = "";
        bool is_there = caller_parse(cases[i].words, found, sizeof(found));
        ck_assert_msg(is_there == (cases[i].found != NULL), "%s", cases[i].words);
        if (is_there)
            ck_assert_str_eq(found, cases[i].found);
    }
}
END_TEST

START_TEST(a_user_namespace_may_not_know_everybody)
{
    static const char one[] = "         0       1000          1\n";
    static const char rootless[] = "         0       1000          1\n"
                                   "         1     100000      65536\n";
    static const char all[] = "         0          0 4294967295\n";
    ck_assert(!caller_map_holds(one, 65534));
    ck_assert(caller_map_holds(one, 0));
    ck_assert(caller_map_holds(rootless, 65534));
    ck_assert(!caller_map_holds(rootless, 65537));
    ck_assert(caller_map_holds(all, 65534));
    ck_assert(!caller_map_holds("", 0));
    ck_assert(!caller_map_holds("rubbish", 0));
}
END_TEST

/* Environments are changed in children only. */
static struct account find_with(const char *user, const char *group)
{
    int fds[2];
    struct account found = {.uid = 0};
    ck_assert_int_eq(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char user_text[64];
        char group_text[64];
        snprintf(user_text, sizeof(user_text), "SUDO_UID=%s", user);
        snprintf(group_text, sizeof(group_text), "SUDO_GID=%s", group);
        putenv(user_text);
        putenv(group_text);
        _exit(caller_find(&found, NULL) == 0 &&
                      write(fds[1], &found, sizeof(found)) == (ssize_t)sizeof(found)
                  ? 0
                  : 1);
    }
    int status = 1;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(read(fds[0], &found, sizeof(found)), (ssize_t)sizeof(found));
    close(fds[0]);
    close(fds[1]);
    return found;
}

START_TEST(root_was_called_by_somebody_or_by_nobody)
{
    if (getuid() != 0 || caller_is_elsewhere()) {
        struct account found = find_with("4242", "4243");
        ck_assert_uint_ne(found.uid, 4242);
        ck_assert_uint_ne(found.uid, 0);
        return;
    }
    struct account caller = find_with("4242", "4243");
    ck_assert_uint_eq(caller.uid, 4242);
    ck_assert_uint_eq(caller.gid, 4243);
    ck_assert_uint_eq(find_with("4242", "").gid, 4242);
    ck_assert_uint_eq(find_with("0", "0").uid, CALLER_NOBODY);
    ck_assert_uint_eq(find_with("", "").uid, CALLER_NOBODY);
    ck_assert_uint_eq(find_with("-1", "").uid, CALLER_NOBODY);
    ck_assert_uint_eq(find_with("root", "").uid, CALLER_NOBODY);
}
END_TEST

START_TEST(the_default_is_never_root)
{
    struct account account = {.uid = 0};
    const struct account *user = &account;
    ck_assert_int_eq(caller_default(&account, &user, NULL), 0);
    ck_assert(geteuid() != 0 ? user == NULL : user == NULL || user->uid != 0);
    char word[CALLER_WORD_MAX];
    char back[CALLER_WORD_MAX];
    ck_assert_int_eq(caller_word(word, NULL), 0);
    ck_assert_msg(caller_parse(word, back, sizeof(back)), "%s", word);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("caller");
    TCase *caller = tcase_create("caller");
    tcase_add_test(caller, a_guest_is_told_by_its_kernels_words);
    tcase_add_test(caller, a_user_namespace_may_not_know_everybody);
    tcase_add_test(caller, root_was_called_by_somebody_or_by_nobody);
    tcase_add_test(caller, the_default_is_never_root);
    suite_add_tcase(s, caller);
    return s;
}

CHECK_MAIN(suite);
