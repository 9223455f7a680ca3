/* listeners: live sockets of this process. */
#include "memory/listeners.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/family.h"

static struct listeners look(void)
{
    struct process_id ourselves = family_id(getpid());
    struct listeners listeners;
    struct error err = {.kind = ERROR_NONE};
    CLEANUP(closep) int proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_msg(listeners_find(&ourselves, 1, proc_fd, &listeners, &err) == 0, "%s", err.text);
    return listeners;
}

/* A socket that listens on this address (network order), and its port. */
static int listen_on(uint32_t address, uint16_t port, uint16_t *ret_port)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t length = sizeof(name);
    name.sin_addr.s_addr = address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&name, sizeof(name)), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&name, &length), 0);
    *ret_port = ntohs(name.sin_port);
    return fd;
}

START_TEST(finds_none_where_nobody_listens)
{
    CLEANUP(closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_uint_eq(look().n, 0);
}
END_TEST

START_TEST(finds_each_port_with_its_address)
{
    uint16_t any = 0;
    uint16_t local = 0;
    CLEANUP(closep) int first = listen_on(htonl(INADDR_ANY), 0, &any);
    CLEANUP(closep) int second = listen_on(htonl(INADDR_LOOPBACK), 0, &local);
    ck_assert_int_ne(first, second);
    struct listeners listeners = look();
    ck_assert_uint_eq(listeners.n, 2);
    ck_assert_uint_lt(listeners.items[0].port, listeners.items[1].port);
    for (unsigned i = 0; i < 2; i++)
        ck_assert_str_eq(listeners.items[i].host,
                         listeners.items[i].port == any ? "0.0.0.0" : "127.0.0.1");
}
END_TEST

START_TEST(a_port_of_two_addresses_is_one_port)
{
    uint16_t port = 0;
    uint16_t same = 0;
    CLEANUP(closep) int first = listen_on(htonl(INADDR_LOOPBACK + 1), 0, &port);
    CLEANUP(closep) int second = listen_on(htonl(INADDR_LOOPBACK), port, &same);
    ck_assert_int_ne(first, second);
    ck_assert_uint_eq(port, same);
    ck_assert_uint_eq(look().n, 1);
}
END_TEST

static Suite *listeners_suite(void)
{
    Suite *suite = suite_create("listeners");
    TCase *tcase = tcase_create("ports");
    tcase_add_test(tcase, finds_none_where_nobody_listens);
    tcase_add_test(tcase, finds_each_port_with_its_address);
    tcase_add_test(tcase, a_port_of_two_addresses_is_one_port);
    suite_add_tcase(suite, tcase);
    return suite;
}
CHECK_MAIN(listeners_suite);
