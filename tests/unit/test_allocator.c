/* allocator: what a service says about its allocator, and what it says instead. */
#include "run/allocator.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "tests/support/check_main.h"
#include "tests/support/http_server.h"

#define MIB ((uint64_t)1024 * 1024)

static void server_freep(struct http_server **server)
{
    http_server_free(*server);
}

static void client_freep(struct allocator_client **client)
{
    allocator_client_free(*client);
}

static struct allocator_client *client_of(const char *url, const char *path, bool reuse)
{
    struct allocator_client *client = NULL;
    ck_assert_int_eq(allocator_client_new(url, path, reuse, &client, NULL), 0);
    return client;
}

START_TEST(a_service_is_asked_over_http)
{
    CLEANUP(server_freep) struct http_server *server = http_server_new();
    CLEANUP(client_freep)
    struct allocator_client *client = client_of(http_server_url(server), "/heap", true);
    struct allocator allocator = ALLOCATOR_ABSENT;
    struct error err = {0};
    ck_assert_msg(allocator_ask(client, &allocator, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(allocator.arena_bytes, 33 * MIB);
    ck_assert_uint_eq(allocator.in_use_bytes, MIB + MIB / 2); /* half a MiB in mappings */
    ck_assert_uint_eq(allocator.free_bytes, 32 * MIB);
    ck_assert_uint_eq(http_server_requests(server), 1);

    struct survey survey;
    survey_init(&survey);
    allocator_note(&allocator, &survey);
    ck_assert_uint_eq(survey.value[SURVEY_HEAP_ARENA], 33 * MIB);
    ck_assert_uint_eq(survey.value[SURVEY_HEAP_IN_USE], MIB + MIB / 2);
    ck_assert_uint_eq(survey.value[SURVEY_HEAP_FREE], 32 * MIB);
    ck_assert(!survey_has(&survey, SURVEY_HEAP)); /* the [heap] mapping is another thing */
}
END_TEST

START_TEST(the_connection_is_kept_if_that_is_wanted)
{
    for (int reuse = 0; reuse < 2; reuse++) {
        CLEANUP(server_freep) struct http_server *server = http_server_new();
        CLEANUP(client_freep)
        struct allocator_client *client = client_of(http_server_url(server), "/heap", reuse == 1);
        struct allocator allocator;
        for (int i = 0; i < 3; i++)
            ck_assert_int_eq(allocator_ask(client, &allocator, NULL), 0);
        ck_assert_uint_eq(http_server_requests(server), 3);
        ck_assert_uint_eq(http_server_connections(server), reuse == 1 ? 1 : 3);
    }
}
END_TEST

START_TEST(a_connection_that_the_service_closed_is_opened_again)
{
    CLEANUP(server_freep) struct http_server *server = http_server_new();
    CLEANUP(client_freep)
    struct allocator_client *client = client_of(http_server_url(server), "/once-heap", true);
    struct allocator allocator;
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(allocator_ask(client, &allocator, NULL), 0);
    ck_assert_uint_eq(http_server_connections(server), 3);
}
END_TEST

static const struct {
    const char *path, *error;
} failures[] = {
    {"/status/404", "GET /status/404: answered 404, expected 2xx"},
    {"/status/204", "GET /status/204"},
    {"/ok", "GET /ok:1"},
    {"/no-answer", "GET /no-answer: "},
    {"/half", "GET /half: "},
    {"/garbage", "GET /garbage: "},
    {"/endless-body", "GET /endless-body: the answer is longer than 64 KiB"},
    {"/endless-chunks", "GET /endless-chunks: the answer is longer than 64 KiB"},
    {"/stall", "GET /stall: Timeout was reached"},
    {"/drip", "GET /drip: Timeout was reached"},
};

START_TEST(whatever_else_is_answered_is_an_error_in_time)
{
    CLEANUP(server_freep) struct http_server *server = http_server_new();
    CLEANUP(client_freep)
    struct allocator_client *client = client_of(http_server_url(server), failures[_i].path, true);
    struct allocator allocator = ALLOCATOR_ABSENT;
    struct error err = {0};
    nsec_t begin_ns = clock_now_ns();
    ck_assert_int_eq(allocator_ask(client, &allocator, &err), -1);
    ck_assert_int_lt(clock_now_ns() - begin_ns, 5 * NSEC_PER_SEC);
    ck_assert_int_eq(err.kind, ERROR_SERVICE);
    ck_assert_msg(strncmp(err.text, failures[_i].error, strlen(failures[_i].error)) == 0, "%s",
                  err.text);
    ck_assert_uint_eq(allocator.arena_bytes, SURVEY_ABSENT);
}
END_TEST

START_TEST(nobody_listening_is_an_error)
{
    char url[64];
    CLEANUP(client_freep)
    struct allocator_client *client = client_of(http_server_dead_url(url), "/heap", true);
    struct allocator allocator = ALLOCATOR_ABSENT;
    struct error err = {0};
    ck_assert_int_eq(allocator_ask(client, &allocator, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_SERVICE);
}
END_TEST

START_TEST(other_keys_are_ignored_and_mappings_are_optional)
{
    static const char text[] = "{\"rss_bytes\": -1, \"arena_bytes\": 0,\n \"in_use_bytes\": 7, "
                               "\"free_bytes\": 1125899906842624, \"x\": [{}]}";
    struct allocator allocator = ALLOCATOR_ABSENT;
    struct error err = {0};
    ck_assert_msg(allocator_parse("x", text, strlen(text), &allocator, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(allocator.arena_bytes, 0);
    ck_assert_uint_eq(allocator.in_use_bytes, 7);
    ck_assert_uint_eq(allocator.free_bytes, (uint64_t)1 << 50);
}
END_TEST

static const struct {
    const char *text, *error;
} faults[] = {
    {"", "x"},
    {"[]", "x:1: $: found an empty array, expected an object"},
    {"{}", "x:1: $: found no \"arena_bytes\""},
    {"{\"arena_bytes\": 1, \"free_bytes\": 1}", "x:1: $: found no \"in_use_bytes\""},
    {"{\"arena_bytes\": 1,\n\"in_use_bytes\": 1}", "x:1: $: found no \"free_bytes\""},
    {"{\"arena_bytes\": -1}", "x:1: $.arena_bytes: found -1, expected a whole number from 0"},
    {"{\"arena_bytes\": 1.5}", "x:1: $.arena_bytes: found 1.5"},
    {"{\"arena_bytes\": \"1\"}", "x:1: $.arena_bytes: found \"1\""},
    {"{\"arena_bytes\": null}", "x:1: $.arena_bytes: found null"},
    {"{\"arena_bytes\": 1125899906842625}", "x:1: $.arena_bytes: found 1125899906842625"},
    {"{\"arena_bytes\": 1, \"in_use_bytes\": 1, \"free_bytes\": 1,\n\"mmapped_bytes\": -1}",
     "x:2: $.mmapped_bytes: found -1"},
};

START_TEST(a_wrong_answer_is_an_error_that_names_it)
{
    struct allocator allocator = ALLOCATOR_ABSENT;
    struct error err = {0};
    ck_assert_int_eq(
        allocator_parse("x", faults[_i].text, strlen(faults[_i].text), &allocator, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_SERVICE);
    ck_assert_msg(strncmp(err.text, faults[_i].error, strlen(faults[_i].error)) == 0,
                  "found \"%s\", expected \"%s\"", err.text, faults[_i].error);
    ck_assert_uint_eq(allocator.arena_bytes, SURVEY_ABSENT);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("allocator");
    TCase *asking = tcase_create("asking");
    TCase *parsing = tcase_create("parsing");
    tcase_set_timeout(asking, 30);
    tcase_add_test(asking, a_service_is_asked_over_http);
    tcase_add_test(asking, the_connection_is_kept_if_that_is_wanted);
    tcase_add_test(asking, a_connection_that_the_service_closed_is_opened_again);
    tcase_add_loop_test(asking, whatever_else_is_answered_is_an_error_in_time, 0,
                        (int)ARRAY_LENGTH(failures));
    tcase_add_test(asking, nobody_listening_is_an_error);
    tcase_add_test(parsing, other_keys_are_ignored_and_mappings_are_optional);
    tcase_add_loop_test(parsing, a_wrong_answer_is_an_error_that_names_it, 0,
                        (int)ARRAY_LENGTH(faults));
    suite_add_tcase(s, asking);
    suite_add_tcase(s, parsing);
    return s;
}

CHECK_MAIN(suite);
