#include <string.h>

#include "load/request.h"
#include "tests/support/check_main.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    struct request_kind kind;
    const char *base_url;
    const char *bytes;
} requests[] = {
    {{.method = "GET", .path = "/a?b=c"},
     "http://127.0.0.1:8080",
     "GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: leakcage\r\nAccept: */*\r\n\r\n"},
    {{.method = "POST",
      .path = "/p",
      .body = "{}",
      .headers = {"Content-Type: application/json"},
      .n_headers = 1},
     "http://[::1]:1/base",
     "POST /base/p HTTP/1.1\r\nHost: [::1]:1\r\nUser-Agent: leakcage\r\nAccept: */*\r\n"
     "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"},
    {{.method = "PUT",
      .path = "/",
      .body = "",
      .headers = {"HOST: x", "user-agent: y", "Accept:z", "content-length: 0"},
      .n_headers = 4},
     "http://h",
     "PUT / HTTP/1.1\r\nHOST: x\r\nuser-agent: y\r\nAccept:z\r\ncontent-length: 0\r\n\r\n"},
};

START_TEST(a_request_is_built_from_its_kind)
{
    struct request request = {0};
    struct error err;
    ck_assert_int_eq(request_init(&request, &requests[_i].kind, requests[_i].base_url, &err), 0);
    ck_assert_str_eq(request.bytes, requests[_i].bytes);
    ck_assert_uint_eq(request.length, strlen(requests[_i].bytes));
    request_done(&request);
    ck_assert_ptr_null(request.bytes);
}
END_TEST

static const struct {
    struct request_kind kind;
    const char *base_url;
} refused[] = {
    {{.method = "GET", .path = "/"}, "https://127.0.0.1"},
    {{.method = "GET", .path = "/"}, "http://"},
    {{.method = "GET", .path = "/"}, "http://a\nb"},
    {{.method = "GET", .path = "a"}, "http://h"},
    {{.method = "GET", .path = "/a b"}, "http://h"},
    {{.method = "GET\r\n", .path = "/"}, "http://h"},
    {{.method = "GET", .path = "/", .headers = {"A: b\r\nC: d"}, .n_headers = 1}, "http://h"},
    {{.method = "GET", .path = "/", .headers = {"no colon"}, .n_headers = 1}, "http://h"},
};

START_TEST(what_cannot_be_sent_is_refused)
{
    struct request request = {0};
    struct error err = {0};
    ck_assert_int_eq(request_init(&request, &refused[_i].kind, refused[_i].base_url, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_ptr_null(request.bytes);
}
END_TEST

START_TEST(only_an_answer_to_head_has_no_body)
{
    struct request_kind head = {.method = "HEAD", .path = "/"};
    struct request request = {0};
    ck_assert_int_eq(request_init(&request, &head, "http://h", NULL), 0);
    ck_assert(request.head);
    request_done(&request);
}
END_TEST

static Suite *request_suite(void)
{
    Suite *suite = suite_create("request");
    TCase *tests = tcase_create("request");
    tcase_add_loop_test(tests, a_request_is_built_from_its_kind, 0, LENGTH(requests));
    tcase_add_loop_test(tests, what_cannot_be_sent_is_refused, 0, LENGTH(refused));
    tcase_add_test(tests, only_an_answer_to_head_has_no_body);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(request_suite);
