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

/* Services bind all addresses: what is in use at one of them will not do. */
START_TEST(ports_in_use_at_another_address_are_not_chosen)
{
    enum { HELD = 400, ROUNDS = 20, PICKS = 50 };
    static int held[HELD];
    static bool used[UINT16_MAX + 1];
    for (size_t i = 0; i < HELD; i++) {
        struct sockaddr_in where = {.sin_family = AF_INET,
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 8)};
        socklen_t length = sizeof(where);
        held[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ck_assert_int_ge(held[i], 0);
        ck_assert_int_eq(bind(held[i], (struct sockaddr *)&where, length), 0);
        ck_assert_int_eq(getsockname(held[i], (struct sockaddr *)&where, &length), 0);
        used[ntohs(where.sin_port)] = true;
    }
    for (size_t round = 0; round < ROUNDS; round++) {
        uint16_t ports[PICKS] = {0};
        ck_assert_int_eq(free_ports_choose(ports, PICKS, NULL), 0);
        for (size_t i = 0; i < PICKS; i++)
            ck_assert_msg(!used[ports[i]], "%u", ports[i]);
    }
    for (size_t i = 0; i < HELD; i++)
        close(held[i]);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("free_ports");
    TCase *c = tcase_create("ports");
    tcase_add_test(c, ports_that_are_chosen_differ_and_those_that_are_fixed_stay);
    tcase_add_loop_test(c, a_port_that_somebody_listens_on_is_not_free, 0, 2);
    tcase_add_test(c, ports_in_use_at_another_address_are_not_chosen);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
