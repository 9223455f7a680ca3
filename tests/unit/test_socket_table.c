/* socket_table: real lines of /proc/net, and live sockets of this process. */
#include "memory/socket_table.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

static void table_freep(struct socket_table **table)
{
    socket_table_free(*table);
}

/* Ports: 8080 = 1F90 is the service's, 9002 = 232A another server's, 9001 = 2329 a peer's. */
static const char tcp[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode\n"
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 "
    "101 1 0000000000000000 100 0 0 10 0\n"
    "   0: 0100007F:232A 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 "
    "104 1 0000000000000000 100 0 0 10 0\n"
    "   1: 0100007F:C350 0100007F:2329 01 00000000:00000000 00:00000000 00000000  1000        0 "
    "102 1 0000000000000000 20 4 30 10 -1\n"
    "   2: 0100007F:1F90 0100007F:C351 08 00000000:00000000 00:00000000 00000000  1000        0 "
    "103 1 0000000000000000 20 4 30 10 -1\n"
    "   3: 0100007F:C352 0100007F:1F90 06 00000000:00000000 03:000014A0 00000000     0        0 "
    "0 3 0000000000000000\n"
    "   4: 0100007F:C353 0100007F:2329 06 00000000:00000000 03:000014A0 00000000     0        0 "
    "0 3 0000000000000000\n"
    "   5: 0100007F:1F90 0100007F:C354 06 00000000:00000000 03:000014A0 00000000     0        0 "
    "0 3 0000000000000000\n"
    "   6: 0100007F:232A 0100007F:C357 06 00000000:00000000 03:000014A0 00000000     0        0 "
    "0 3 0000000000000000\n";

static const char tcp6[] =
    "  sl  local_address                         remote_address                        st tx_queue "
    "rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 00000000000000000000000001000000:C355 00000000000000000000000001000000:2329 01 "
    "00000000:00000000 00:00000000 00000000  1000        0 201 1 0000000000000000 20 4 30 10 -1\n"
    "   1: 0000000000000000FFFF00000100007F:C356 0000000000000000FFFF00000100007F:2329 02 "
    "00000000:00000000 00:00000000 00000000  1000        0 202 1 0000000000000000 20 4 30 10 -1\n";

static const char udp[] =
    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode ref pointer drops\n"
    "  142: 00000000:8124 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 "
    "301 2 0000000000000000 0\n"
    "  143: 0100007F:8125 0100007F:0035 01 00000000:00000000 00:00000000 00000000     0        0 "
    "302 2 0000000000000000 0\n";

static const char unix_sockets[] =
    "Num       RefCount Protocol Flags    Type St Inode Path\n"
    "0000000000000000: 00000003 00000000 00000000 0001 03 401\n"
    "0000000000000000: 00000002 00000000 00010000 0001 01 402 /run/a service.socket\n"
    "0000000000000000: 00000003 00000000 00000000 0001 03 403 /run/a service.socket\n"
    "0000000000000000: 00000002 00000000 00000000 0002 01 404 @00001\n";

static void write_tables(const struct temp_dir *dir)
{
    temp_dir_write(dir, "net/tcp", tcp);
    temp_dir_write(dir, "net/tcp6", tcp6);
    temp_dir_write(dir, "net/udp", udp);
    temp_dir_write(dir, "net/unix", unix_sockets);
}

static const struct {
    uint64_t inode;
    const char *text;
} described[] = {
    {101, "LISTEN 127.0.0.1:8080"},
    {102, "ESTABLISHED 127.0.0.1:9001"},
    {103, "CLOSE_WAIT 127.0.0.1:* on :8080"},
    {201, "ESTABLISHED [::1]:9001"},
    {202, "SYN_SENT 127.0.0.1:9001"},
    {301, "UDP unconnected"},
    {302, "UDP 127.0.0.1:53"},
    {401, "unix CONNECTED"},
    {402, "unix LISTEN /run/a service.socket"},
    {403, "unix CONNECTED /run/a service.socket"},
    {404, "unix UNCONNECTED"},
};

START_TEST(describes_each_socket_in_the_words_of_ss)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    write_tables(&dir);
    CLEANUP(table_freep) struct socket_table *table = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(socket_table_read(dir.fd, 0, &table, &err) == 0, "%s", err.text);
    char text[128];
    ck_assert(socket_table_describe(table, described[_i].inode, text, sizeof(text)));
    ck_assert_str_eq(text, described[_i].text);
    ck_assert(!socket_table_describe(table, 999, text, sizeof(text)));
    ck_assert(!socket_table_describe(table, 0, text, sizeof(text)));
}
END_TEST

START_TEST(leaves_the_time_wait_of_load_generator_and_other_servers_out)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    write_tables(&dir);
    CLEANUP(table_freep) struct socket_table *all = NULL;
    CLEANUP(table_freep) struct socket_table *ours = NULL;
    ck_assert_int_eq(socket_table_read(dir.fd, 0, &all, NULL), 0);
    ck_assert_int_eq(socket_table_read(dir.fd, 8080, &ours, NULL), 0);
    ck_assert_uint_eq(socket_table_time_wait(all), 4);
    ck_assert_uint_eq(socket_table_time_wait(ours), 2);
}
END_TEST

START_TEST(a_process_that_is_gone_is_told_apart)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    struct socket_table *table = NULL;
    ck_assert_int_eq(socket_table_read(dir.fd, 0, &table, NULL), 1);
    ck_assert_ptr_null(table);
}
END_TEST

static const struct {
    const char *file;
    const char *line;
} malformed[] = {
    {"net/tcp", "   0: 0100007F:1F90 00000000:0000 0A\n"},
    {"net/tcp", "   0: 0100007:1F90 00000000:0000 0A a b c d e 1\n"},
    {"net/tcp", "   0: 0100007X:1F90 00000000:0000 0A a b c d e 1\n"},
    {"net/unix", "0000: 00000003 00000000\n"},
};

START_TEST(a_malformed_line_is_an_error_that_names_it)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    char text[256];
    char place[32];
    write_tables(&dir);
    snprintf(text, sizeof(text), "header\n%s", malformed[_i].line);
    temp_dir_write(&dir, malformed[_i].file, text);
    struct socket_table *table = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(socket_table_read(dir.fd, 0, &table, &err), -1);
    snprintf(place, sizeof(place), "%s:2:", malformed[_i].file);
    ck_assert_msg(strstr(err.text, place) != NULL, "found: %s", err.text);
}
END_TEST

START_TEST(finds_live_sockets)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    CLEANUP(closep) int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, length), 0);
    ck_assert_int_eq(listen(listener, 4), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    CLEANUP(closep) int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(client, (struct sockaddr *)&address, length), 0);

    CLEANUP(closep) int self = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(table_freep) struct socket_table *table = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(socket_table_read(self, 0, &table, &err) == 0, "%s", err.text);
    struct stat status;
    ck_assert_int_eq(fstat(client, &status), 0);
    char text[128];
    char expected[64];
    ck_assert(socket_table_describe(table, status.st_ino, text, sizeof(text)));
    snprintf(expected, sizeof(expected), "ESTABLISHED 127.0.0.1:%u", ntohs(address.sin_port));
    ck_assert_str_eq(text, expected);
}
END_TEST

static Suite *socket_table_suite(void)
{
    Suite *suite = suite_create("socket_table");
    TCase *reads = tcase_create("reads");
    tcase_add_loop_test(reads, describes_each_socket_in_the_words_of_ss, 0,
                        (int)ARRAY_LENGTH(described));
    tcase_add_test(reads, leaves_the_time_wait_of_load_generator_and_other_servers_out);
    tcase_add_test(reads, a_process_that_is_gone_is_told_apart);
    tcase_add_test(reads, finds_live_sockets);
    suite_add_tcase(suite, reads);
    TCase *refuses = tcase_create("refuses");
    tcase_add_loop_test(refuses, a_malformed_line_is_an_error_that_names_it, 0,
                        (int)ARRAY_LENGTH(malformed));
    suite_add_tcase(suite, refuses);
    return suite;
}

CHECK_MAIN(socket_table_suite);
