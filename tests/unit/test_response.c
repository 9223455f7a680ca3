#include <stdio.h>
#include <string.h>

#include "load/response.h"
#include "tests/support/check_main.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* What follows a whole response and must be left alone. */
#define NEXT "HTTP/1.1 500 Next"

static const struct {
    const char *text;
    unsigned status;
    bool head, keep_alive;
} whole[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, false, true},
    {"HTTP/1.1 200\r\nContent-Length:0\r\n\r\n", 200, false, true},
    {"HTTP/1.1 404 Not Found\ncontent-length: 2\n\nno", 404, false, true},
    {"HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n", 204, false, true},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", 304, false, true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", 200, true, true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 200, true, true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 200, false, true},
    {"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 1\r\n\r\nx", 200, false, false},
    {"HTTP/1.1 200 OK\r\nConnection: a , close,keep-alive\r\nContent-Length: 1\r\n\r\nx", 200,
     false, false},
    {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, false, false},
    {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", 200, false, true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200, false,
     true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"
     "A;x=y\r\n0123456789\r\n000\r\nTrailer: z\r\n\r\n",
     200, false, true},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nContent-Length: 9\r\n\r\n"
     "HTTP/1.1 201 Made\r\nContent-Length: 1\r\n\r\nx",
     201, false, true},
};

START_TEST(a_whole_response_ends_where_it_ends)
{
    char text[1024];
    snprintf(text, sizeof(text), "%s" NEXT, whole[_i].text);
    struct response response;
    response_begin(&response, whole[_i].head);
    size_t used;
    ck_assert_int_eq(response_feed(&response, text, strlen(text), &used), RESPONSE_DONE);
    ck_assert_uint_eq(used, strlen(whole[_i].text));
    ck_assert_uint_eq(response.status, whole[_i].status);
    ck_assert_int_eq(response.keep_alive, whole[_i].keep_alive);
}
END_TEST

START_TEST(it_does_not_matter_in_which_pieces_it_comes)
{
    size_t length = strlen(whole[_i].text);
    for (size_t piece = 1; piece < length; piece++) {
        struct response response;
        response_begin(&response, whole[_i].head);
        enum response_progress progress = RESPONSE_MORE;
        size_t position = 0;
        while (position < length) {
            ck_assert_int_eq(progress, RESPONSE_MORE);
            size_t used, rest = length - position;
            progress = response_feed(&response, whole[_i].text + position,
                                     rest < piece ? rest : piece, &used);
            position += used;
        }
        ck_assert_int_eq(progress, RESPONSE_DONE);
        ck_assert_uint_eq(response.status, whole[_i].status);
        ck_assert_int_eq(response.keep_alive, whole[_i].keep_alive);
    }
}
END_TEST

START_TEST(a_response_cut_short_is_broken)
{
    for (size_t length = 0; length < strlen(whole[_i].text); length++) {
        struct response response;
        response_begin(&response, whole[_i].head);
        size_t used;
        ck_assert_int_eq(response_feed(&response, whole[_i].text, length, &used), RESPONSE_MORE);
        ck_assert_int_eq(response_end(&response), RESPONSE_BROKEN);
        ck_assert_int_eq(response.started, length > 0);
    }
}
END_TEST

static const char *const broken[] = {
    "220 mail.example.org ESMTP\r\n",
    "HTTP/2 200\r\n",
    "HTTP/1.1 20\r\n",
    "HTTP/1.1 099 Low\r\n",
    "HTTP/1.1 2000 High\r\n",
    "HTTP/1.1 200 OK\r\nno colon here\r\n",
    "HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1 1\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length:\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5x\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1234567890abcdef\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
};

START_TEST(what_has_no_certain_end_is_broken)
{
    struct response response;
    response_begin(&response, false);
    size_t used;
    ck_assert_int_eq(response_feed(&response, broken[_i], strlen(broken[_i]), &used),
                     RESPONSE_BROKEN);
}
END_TEST

START_TEST(without_a_length_the_end_of_the_connection_is_the_end)
{
    static const char text[] = "HTTP/1.1 200 OK\r\n\r\nwhatever comes";
    struct response response;
    response_begin(&response, false);
    size_t used;
    ck_assert_int_eq(response_feed(&response, text, strlen(text), &used), RESPONSE_MORE);
    ck_assert_int_eq(response_end(&response), RESPONSE_DONE);
    ck_assert(!response.keep_alive);
}
END_TEST

START_TEST(long_lines_pass_unless_they_carry_the_length)
{
    char text[2048];
    char filler[1024];
    memset(filler, 'x', sizeof(filler) - 1);
    filler[sizeof(filler) - 1] = '\0';
    snprintf(text, sizeof(text), "HTTP/1.1 200 %.200s\r\nX-%s: %.200s\r\nContent-Length: 0\r\n\r\n",
             filler, filler, filler);
    struct response response;
    size_t used;
    response_begin(&response, false);
    ck_assert_int_eq(response_feed(&response, text, strlen(text), &used), RESPONSE_DONE);

    snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: %s5\r\n\r\n", filler);
    response_begin(&response, false);
    for (size_t i = 0; i < strlen(text) - 3; i++)
        ck_assert_int_eq(response_feed(&response, text + i, 1, &used),
                         text[i] == '\n' && i > 20 ? RESPONSE_BROKEN : RESPONSE_MORE);
}
END_TEST

START_TEST(a_first_line_without_end_is_broken)
{
    struct response response;
    response_begin(&response, false);
    size_t used;
    enum response_progress progress = RESPONSE_MORE;
    unsigned fed = 0;
    for (; progress == RESPONSE_MORE && fed < 10000; fed++)
        progress = response_feed(&response, "x", 1, &used);
    ck_assert_int_eq(progress, RESPONSE_BROKEN);
    ck_assert_uint_le(fed, RESPONSE_LINE_MAX + 1);
}
END_TEST

static Suite *response_suite(void)
{
    Suite *suite = suite_create("response");
    TCase *tests = tcase_create("response");
    tcase_add_loop_test(tests, a_whole_response_ends_where_it_ends, 0, LENGTH(whole));
    tcase_add_loop_test(tests, it_does_not_matter_in_which_pieces_it_comes, 0, LENGTH(whole));
    tcase_add_loop_test(tests, a_response_cut_short_is_broken, 0, LENGTH(whole));
    tcase_add_loop_test(tests, what_has_no_certain_end_is_broken, 0, LENGTH(broken));
    tcase_add_test(tests, without_a_length_the_end_of_the_connection_is_the_end);
    tcase_add_test(tests, long_lines_pass_unless_they_carry_the_length);
    tcase_add_test(tests, a_first_line_without_end_is_broken);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(response_suite);
