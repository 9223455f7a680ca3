/* serve_door: who is let in, and to what; serve_links: what links look like. */
#include "serve/serve_door.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "serve/serve_links.h"
#include "tests/support/check_main.h"

static struct serve_door door;

static void setup(void)
{
    door = (struct serve_door){.token = "0123456789abcdef0123456789abcdef", .port = 8080};
}

static enum serve_answer ask(const char *method, const char *host, const char *path,
                             enum serve_page *page)
{
    const struct serve_request request = {.method = method, .host = host, .path = path};
    return serve_door_ask(&door, &request, page);
}

START_TEST(a_token_is_random_and_as_long_as_it_should_be)
{
    struct serve_door a;
    struct serve_door b;
    ck_assert_int_eq(serve_door_init(&a, 1, NULL), 0);
    ck_assert_int_eq(serve_door_init(&b, 1, NULL), 0);
    ck_assert_uint_eq(strlen(a.token), SERVE_TOKEN_LENGTH);
    ck_assert_uint_eq(strspn(a.token, "0123456789abcdef"), SERVE_TOKEN_LENGTH);
    ck_assert_str_ne(a.token, b.token);
    ck_assert(serve_door_knows(&a, a.token));
    ck_assert(!serve_door_knows(&a, b.token));
}
END_TEST

/* Each place of it counts. */
START_TEST(a_token_is_known_whole_or_not_at_all)
{
    char token[64];
    snprintf(token, sizeof(token), "%s/report", door.token);
    ck_assert(serve_door_knows(&door, token));
    for (size_t i = 0; i < SERVE_TOKEN_LENGTH; i++) {
        snprintf(token, sizeof(token), "%s", door.token);
        token[i] ^= 1;
        ck_assert_msg(!serve_door_knows(&door, token), "%s", token);
        token[i] = '\0';
        ck_assert_msg(!serve_door_knows(&door, token), "%s", token);
    }
    snprintf(token, sizeof(token), "%s0", door.token);
    ck_assert(!serve_door_knows(&door, token));
    ck_assert(!serve_door_knows(&door, ""));
}
END_TEST

#define TOKEN "/0123456789abcdef0123456789abcdef"
#define HERE  "127.0.0.1:8080"

static const struct {
    const char *method, *host, *path;
    enum serve_answer answer;
    enum serve_page page;
} requests[] = {
    {"GET", HERE, TOKEN "/", SERVE_LET_IN, SERVE_LIST},
    {"HEAD", HERE, TOKEN "/", SERVE_LET_IN, SERVE_LIST},
    {"GET", "localhost:8080", TOKEN "/list.json", SERVE_LET_IN, SERVE_LIST_JSON},
    {"GET", "LOCALHOST:8080", TOKEN "/report", SERVE_LET_IN, SERVE_REPORT},
    {"GET", HERE, TOKEN "/view.json", SERVE_LET_IN, SERVE_VIEW_JSON},
    {"GET", HERE, TOKEN "/run", SERVE_LET_IN, SERVE_RUN},
    {"GET", HERE, TOKEN "/events", SERVE_LET_IN, SERVE_EVENTS},
    {"GET", HERE, TOKEN "/list.js", SERVE_LET_IN, SERVE_LIST_SCRIPT},
    {"GET", HERE, TOKEN "/list.css", SERVE_LET_IN, SERVE_LIST_STYLE},
    {"GET", HERE, TOKEN, SERVE_SLASH, 0},
    {"GET", HERE, TOKEN "//", SERVE_NOT_FOUND, 0},
    {"GET", HERE, TOKEN "/../", SERVE_NOT_FOUND, 0},
    {"GET", HERE, TOKEN "/../../../etc/passwd", SERVE_NOT_FOUND, 0},
    {"GET", HERE, TOKEN "/report/", SERVE_NOT_FOUND, 0},
    {"GET", HERE, TOKEN "/0/clean/result.json", SERVE_NOT_FOUND, 0},
    {"POST", HERE, TOKEN "/", SERVE_METHOD, 0},
    {"get", HERE, TOKEN "/", SERVE_METHOD, 0},
    {"DELETE", HERE, TOKEN "/list.json", SERVE_METHOD, 0},
    /* Without the token nobody learns what there is, nor which methods. */
    {"GET", HERE, "/", SERVE_FORBIDDEN, 0},
    {"POST", HERE, "/", SERVE_FORBIDDEN, 0},
    {"GET", HERE, "", SERVE_FORBIDDEN, 0},
    {"GET", HERE, "/list.json", SERVE_FORBIDDEN, 0},
    {"GET", HERE, "/" TOKEN "/", SERVE_FORBIDDEN, 0},
    {"GET", HERE, "/0123456789abcdef0123456789abcdee/", SERVE_FORBIDDEN, 0},
    {"GET", HERE, "/0123456789ABCDEF0123456789ABCDEF/", SERVE_FORBIDDEN, 0},
    {"GET", HERE, "*", SERVE_FORBIDDEN, 0},
    /* A page from elsewhere says its own name, whatever address that has. */
    {"GET", NULL, TOKEN "/", SERVE_FORBIDDEN, 0},
    {"GET", "", TOKEN "/", SERVE_FORBIDDEN, 0},
    {"GET", "evil.example:8080", TOKEN "/", SERVE_FORBIDDEN, 0},
    {"GET", "evil.example", TOKEN "/", SERVE_FORBIDDEN, 0},
    {"GET", "127.0.0.1", TOKEN "/", SERVE_FORBIDDEN, 0},
    {"GET", "127.0.0.1:80", TOKEN "/", SERVE_FORBIDDEN, 0},
    {"GET", "127.0.0.1:80801", TOKEN "/", SERVE_FORBIDDEN, 0},
    {"GET", "127.0.0.1:8080.evil.example", TOKEN "/", SERVE_FORBIDDEN, 0},
    {"GET", "localhost.evil.example:8080", TOKEN "/", SERVE_FORBIDDEN, 0},
};

START_TEST(a_request_is_let_in_or_not)
{
    enum serve_page page = SERVE_PAGE_MAX_;
    ck_assert_int_eq(ask(requests[_i].method, requests[_i].host, requests[_i].path, &page),
                     requests[_i].answer);
    if (requests[_i].answer == SERVE_LET_IN)
        ck_assert_int_eq(page, requests[_i].page);
    else
        ck_assert_int_eq(page, SERVE_PAGE_MAX_); /* it is left alone */
}
END_TEST

START_TEST(the_port_of_the_web_need_not_be_said)
{
    enum serve_page page;
    door.port = 80;
    ck_assert_int_eq(ask("GET", "localhost", TOKEN "/", &page), SERVE_LET_IN);
    ck_assert_int_eq(ask("GET", "localhost:80", TOKEN "/", &page), SERVE_LET_IN);
    ck_assert_int_eq(ask("GET", "localhost:8080", TOKEN "/", &page), SERVE_FORBIDDEN);
}
END_TEST

START_TEST(a_link_escapes_what_means_something)
{
    CLEANUP(buffer_done) struct buffer link = BUFFER_INIT(1024);
    ck_assert_int_eq(serve_link_write(SERVE_REPORT, "0/a b&run=1\"<>%\xff.~", &link), 0);
    ck_assert_str_eq(buffer_text(&link), "report?run=0/a%20b%26run%3D1%22%3C%3E%25%FF.~");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("serve_door");
    TCase *c = tcase_create("a door");
    tcase_add_checked_fixture(c, setup, NULL);
    tcase_add_test(c, a_token_is_random_and_as_long_as_it_should_be);
    tcase_add_test(c, a_token_is_known_whole_or_not_at_all);
    tcase_add_loop_test(c, a_request_is_let_in_or_not, 0, ARRAY_LENGTH(requests));
    tcase_add_test(c, the_port_of_the_web_need_not_be_said);
    tcase_add_test(c, a_link_escapes_what_means_something);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
