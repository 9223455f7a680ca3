/* Who may see the profiles of a sample service: the addresses, and the token. */
#include "common/debug_door.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/support/check_main.h"

static bool is_loopback(const char *text)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
        return debug_door_is_loopback((const struct sockaddr *)&in);
    ck_assert_int_eq(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
    return debug_door_is_loopback((const struct sockaddr *)&in6);
}

START_TEST(loopback_is_this_machine_in_either_family)
{
    ck_assert(is_loopback("127.0.0.1"));
    ck_assert(is_loopback("127.255.255.254"));
    ck_assert(is_loopback("::1"));
    ck_assert(is_loopback("::ffff:127.0.0.1"));
}
END_TEST

START_TEST(what_only_looks_like_loopback_is_not)
{
    static const char *const others[] = {
        "0.0.0.0",
        "10.0.0.1",
        "128.0.0.1",
        "126.255.255.255",
        "192.168.127.1",
        "1.0.0.127",
        "::",
        "::2",
        "::127.0.0.1",
        "fe80::1",
        "::ffff:10.0.0.1",
        "::ffff:128.0.0.1",
        "64:ff9b::7f00:1",
        "2001:db8::",
        "::ffff:0:127.0.0.1",
        "7f00::1",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        ck_assert_msg(!is_loopback(others[i]), "%s", others[i]);
}
END_TEST

START_TEST(other_families_are_not_and_no_address_is_not)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};

    ck_assert(!debug_door_is_loopback((const struct sockaddr *)&un));
    ck_assert(!debug_door_is_loopback(NULL));
}
END_TEST

/* Before it is switched on: each test is a process of its own. */
START_TEST(while_it_is_off_nothing_is_the_token)
{
    ck_assert(!debug_door_knows(""));
    ck_assert(!debug_door_knows(NULL));
    ck_assert(!debug_door_knows("anything-of-16-ch"));
}
END_TEST

START_TEST(the_token_and_nothing_else_is_the_token)
{
    static const char token[] = "abcabcabcabcabcabc";
    char other[sizeof token + 1];

    ck_assert_int_eq(debug_door_open("test", token), 0);
    ck_assert(debug_door_knows(token));
    ck_assert(!debug_door_knows(""));
    ck_assert(!debug_door_knows(NULL));
    ck_assert(!debug_door_knows("abc"));                      /* what repeats to it */
    ck_assert(!debug_door_knows("abcabcabcabcabcabcabcabc")); /* …and beyond it */
    ck_assert(!debug_door_knows("ABCABCABCABCABCABC"));
    for (size_t i = 0; i < strlen(token); i++) {
        memcpy(other, token, sizeof token);
        other[i] ^= 1;
        ck_assert_msg(!debug_door_knows(other), "%s", other);
        other[i] = '\0';
        ck_assert_msg(!debug_door_knows(other), "%s", other);
    }
}
END_TEST

START_TEST(a_token_that_is_short_long_or_of_other_characters_is_refused)
{
    char text[DEBUG_TOKEN_MAX + 2];

    memset(text, 't', sizeof text);
    text[DEBUG_TOKEN_MIN - 1] = '\0';
    ck_assert_int_eq(debug_door_open("test", text), -1);
    text[DEBUG_TOKEN_MIN - 1] = 't';
    text[DEBUG_TOKEN_MAX + 1] = '\0';
    ck_assert_int_eq(debug_door_open("test", text), -1);
    ck_assert_int_eq(debug_door_open("test", ""), -1);
    ck_assert_int_eq(debug_door_open("test", "sixteen or more, with blanks"), -1);
    ck_assert_int_eq(debug_door_open("test", "sixteen-or-more-\nlines"), -1);
    ck_assert(!debug_door_knows(""));
    text[DEBUG_TOKEN_MAX] = '\0';
    ck_assert_int_eq(debug_door_open("test", text), 0);
    ck_assert(debug_door_knows(text));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("debug_door");
    TCase *door = tcase_create("door");
    tcase_add_test(door, loopback_is_this_machine_in_either_family);
    tcase_add_test(door, what_only_looks_like_loopback_is_not);
    tcase_add_test(door, other_families_are_not_and_no_address_is_not);
    tcase_add_test(door, while_it_is_off_nothing_is_the_token);
    tcase_add_test(door, the_token_and_nothing_else_is_the_token);
    tcase_add_test(door, a_token_that_is_short_long_or_of_other_characters_is_refused);
    suite_add_tcase(s, door);
    return s;
}

CHECK_MAIN(suite);
