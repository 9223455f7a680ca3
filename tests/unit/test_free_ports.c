/* free_ports: what is chosen is free and all different; what somebody listens on is not free. */
#include "driver/free_ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/check_main.h"

/* Listen on the port of this address. */
static int listen_on(uint32_t address, uint16_t port)
{
    struct sockaddr_in where = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(address), .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&where, sizeof(where)), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    return fd;
}

START_TEST(ports_that_are_chosen_differ_and_those_that_are_fixed_stay)
{
    uint16_t ports[] = {0, 8080, 0};
    ck_assert_int_eq(free_ports_choose(ports, 3, NULL), 0);
    ck_assert_uint_eq(ports[1], 8080);
    ck_assert(ports[0] != 0 && ports[2] != 0 && ports[0] != ports[2]);
    ck_assert(ports[0] != 8080 && ports[2] != 8080);
    ck_assert(free_ports_is_free(ports[0]));
}
END_TEST

START_TEST(a_port_that_somebody_listens_on_is_not_free)
{
    static const uint32_t addresses[] = {INADDR_LOOPBACK, INADDR_ANY};
    uint16_t port = 0;
    ck_assert_int_eq(free_ports_choose(&port, 1, NULL), 0);
    int fd = listen_on(addresses[_i], port);
    ck_assert(!free_ports_is_free(port));
    close(fd);
    ck_assert(free_ports_is_free(port));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("free_ports");
    TCase *c = tcase_create("ports");
    tcase_add_test(c, ports_that_are_chosen_differ_and_those_that_are_fixed_stay);
    tcase_add_loop_test(c, a_port_that_somebody_listens_on_is_not_free, 0, 2);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
