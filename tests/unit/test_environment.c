/* environment and free_ports: what a started program finds. */
#include "driver/environment.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "driver/free_ports.h"
#include "tests/support/check_main.h"

START_TEST(a_later_entry_replaces_an_earlier_one)
{
    CLEANUP(environment_done) struct environment environment = ENVIRONMENT_INIT;
    char a[] = "A=1";
    char ab[] = "AB=2";
    char *const inherited[] = {a, ab, NULL};
    ck_assert_int_eq(environment_add_all(&environment, inherited, NULL), 0);
    ck_assert_int_eq(environment_set(&environment, "A=3=4", NULL), 0);
    ck_assert_int_eq(environment_set(&environment, "C=", NULL), 0);
    ck_assert_uint_eq(environment.n_entries, 3);
    ck_assert_str_eq(environment.entries[0], "A=3=4");
    ck_assert_str_eq(environment.entries[1], "AB=2");
    ck_assert_str_eq(environment.entries[2], "C=");
    ck_assert_ptr_null(environment.entries[3]);
}
END_TEST

START_TEST(grows_as_needed)
{
    CLEANUP(environment_done) struct environment environment = ENVIRONMENT_INIT;
    for (int i = 0; i < 500; i++) {
        char entry[32];
        snprintf(entry, sizeof(entry), "KEY%d=%d", i, i);
        ck_assert_int_eq(environment_set(&environment, entry, NULL), 0);
    }
    ck_assert_uint_eq(environment.n_entries, 500);
    ck_assert_str_eq(environment.entries[499], "KEY499=499");
    ck_assert_ptr_null(environment.entries[500]);
}
END_TEST

START_TEST(names_ports_after_their_programs)
{
    CLEANUP(environment_done) struct environment environment = ENVIRONMENT_INIT;
    ck_assert_int_eq(environment_set_port(&environment, NULL, 8080, NULL), 0);
    ck_assert_int_eq(environment_set_port(&environment, "upstream", 9001, NULL), 0);
    ck_assert_int_eq(environment_set_port(&environment, "my-db.2", 9002, NULL), 0);
    ck_assert_str_eq(environment.entries[0], "PORT=8080");
    ck_assert_str_eq(environment.entries[1], "UPSTREAM_PORT=9001");
    ck_assert_str_eq(environment.entries[2], "MY_DB_2_PORT=9002");
}
END_TEST

START_TEST(chosen_ports_are_different_and_can_be_bound)
{
    uint16_t ports[5] = {0, 8080, 0, 0, 0};
    ck_assert_int_eq(free_ports_choose(ports, 5, NULL), 0);
    ck_assert_uint_eq(ports[1], 8080);
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_ne(ports[i], 0);
        for (int k = 0; k < i; k++)
            ck_assert_uint_ne(ports[i], ports[k]);
    }
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(ports[0]),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    CLEANUP(closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
}
END_TEST

static Suite *environment_suite(void)
{
    Suite *suite = suite_create("environment");
    TCase *entries = tcase_create("entries");
    tcase_add_test(entries, a_later_entry_replaces_an_earlier_one);
    tcase_add_test(entries, grows_as_needed);
    tcase_add_test(entries, names_ports_after_their_programs);
    suite_add_tcase(suite, entries);
    TCase *ports = tcase_create("ports");
    tcase_add_test(ports, chosen_ports_are_different_and_can_be_bound);
    suite_add_tcase(suite, ports);
    return suite;
}

CHECK_MAIN(environment_suite);
