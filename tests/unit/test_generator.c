#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "load/generator.h"
#include "tests/support/check_main.h"
#include "tests/support/http_server.h"
#include "tests/support/machine.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define MS            NSEC_PER_MSEC
#define SLOW_NS       (8 * NSEC_PER_SEC) /* what takes milliseconds, on a busy machine */

static struct http_server *server;
static struct load_profile profile;
static struct generator *generator;

static void set_up(void)
{
    server = http_server_new();
    profile = (struct load_profile){
        .requests = {{.method = "GET", .path = "/ok", .weight = 1}},
        .n_requests = 1,
        .concurrency = 4,
        .reuse = true,
        .timeout_ns = 5 * NSEC_PER_SEC,
    };
    generator = NULL;
}

static void tear_down(void)
{
    generator_free(generator);
    http_server_free(server);
}

/* The generator of `profile`, made at first use. */
static struct generator *the_generator(void)
{
    struct error err = {0};
    if (generator == NULL)
        ck_assert_msg(generator_new(&profile, http_server_url(server), &generator, &err) == 0, "%s",
                      err.text);
    return generator;
}

static void begin(uint64_t requests, unsigned concurrency, nsec_t within_ns)
{
    struct error err = {0};
    ck_assert_msg(generator_begin(the_generator(), requests, concurrency,
                                  clock_now_ns() + within_ns, &err) == 0,
                  "%s", err.text);
}

static bool is_over(int timeout_ms)
{
    struct pollfd over = {.fd = generator_fd(generator), .events = POLLIN};
    return poll(&over, 1, timeout_ms) == 1;
}

static struct batch_result finish(void)
{
    struct batch_result result;
    ck_assert(is_over(10000));
    ck_assert_int_eq(generator_finish(generator, &result, NULL), 0);
    ck_assert(!is_over(0));
    return result;
}

static struct batch_result run(uint64_t requests)
{
    begin(requests, profile.concurrency, 10 * NSEC_PER_SEC);
    return finish();
}

static void wait_until(size_t (*count)(struct http_server *), size_t wanted)
{
    for (unsigned i = 0; i < 2000 && count(server) != wanted; i++)
        usleep(1000);
    ck_assert_uint_eq(count(server), wanted);
}

START_TEST(a_batch_makes_exactly_the_requests_it_was_asked_for)
{
    struct batch_result result = run(501);
    ck_assert_uint_eq(result.counts.started, 501);
    ck_assert_uint_eq(result.counts.ok, 501);
    ck_assert_uint_eq(load_counts_completed(&result.counts), 501);
    ck_assert_uint_eq(http_server_requests(server), 501);
    ck_assert(!result.deadline_hit && !result.stopped);
    ck_assert_int_gt(result.latency_p50_ns, 0);
    ck_assert_int_ge(result.latency_p99_ns, result.latency_p50_ns);
    ck_assert_int_ge(result.latency_max_ns, result.latency_p99_ns);
    ck_assert_int_eq(result.latency_max_ns, result.service_max_ns);
    ck_assert_int_gt(result.end_ns, result.start_ns);
}
END_TEST

/* How one request each ends, and in which words; the counter is named by its place in struct
 * load_counts. */
#define COUNTER(name) offsetof(struct load_counts, name)
#define NOT_HTTP      "what it answers is not HTTP/1.1 (HTTP/2 and TLS are not spoken here)"
static const struct {
    const char *method, *path;
    size_t counter;
    const char *trouble;
} outcomes[] = {
    {"GET", "/ok", COUNTER(ok), ""},
    {"HEAD", "/head", COUNTER(ok), ""},
    {"GET", "/status/299", COUNTER(ok), ""},
    {"GET", "/chunked", COUNTER(ok), ""},
    {"GET", "/to-end", COUNTER(ok), ""},
    {"GET", "/continue", COUNTER(ok), ""},
    {"GET", "/hang-up", COUNTER(ok), ""},
    {"GET", "/say-close", COUNTER(ok), ""},
    {"GET", "/unasked", COUNTER(ok), ""},
    {"GET", "/status/500", COUNTER(other_status), "it answered 500"},
    {"GET", "/status/302", COUNTER(other_status), "it answered 302 (no redirect is followed)"},
    {"GET", "/no-answer", COUNTER(reset), "the connection was closed without an answer"},
    {"GET", "/half", COUNTER(reset), "the connection was closed before the answer was whole"},
    {"GET", "/reset", COUNTER(reset), "the connection was closed within the headers"},
    {"GET", "/garbage", COUNTER(failed), NOT_HTTP},
    {"GET", "/stall", COUNTER(timed_out), "there was no answer in time"},
    {"GET", "/endless-headers", COUNTER(timed_out), "its headers did not end in time"},
    {"GET", "/endless-line", COUNTER(timed_out), "its headers did not end in time"},
    {"GET", "/drip", COUNTER(timed_out), NULL},
    {"GET", "/endless-continue", COUNTER(timed_out), NULL},
    {"GET", "/endless-body", COUNTER(timed_out), "its answer did not end in time"},
    {"GET", "/endless-chunks", COUNTER(timed_out), "its answer did not end in time"},
    {"GET", "/cut-head", COUNTER(reset), "the connection was closed within the headers"},
    {"GET", "/cut-chunks", COUNTER(reset), "the connection was closed before the answer was whole"},
    {"GET", "/lying-chunks", COUNTER(failed), "a chunk of its answer is not as long as it says"},
    {"GET", "/two-lengths", COUNTER(failed), "its headers contradict each other, or are none"},
    {"GET", "/preface", COUNTER(failed), NOT_HTTP},
    {"GET", "/alert", COUNTER(failed), NOT_HTTP},
    {"GET", "/switch", COUNTER(failed), "it switches protocols, though nobody asked for that"},
};

START_TEST(each_way_to_answer_has_its_outcome_and_costs_no_memory)
{
    profile.requests[0].method = outcomes[_i].method;
    profile.requests[0].path = outcomes[_i].path;
    profile.timeout_ns = (outcomes[_i].counter == COUNTER(timed_out) ? 250 : 5000) * MS;
    run(1);
    size_t before = machine_resident_pages();
    struct batch_result result = run(4);
    uint64_t count = 0;
    memcpy(&count, (const char *)&result.counts + outcomes[_i].counter, sizeof(count));
    ck_assert_msg(count == 4, "%s", outcomes[_i].path);
    if (outcomes[_i].trouble != NULL) /* else it depends on how far it came */
        ck_assert_str_eq(result.trouble, outcomes[_i].trouble);
    ck_assert_uint_eq(load_counts_completed(&result.counts), 4);
    ck_assert(!result.deadline_hit && result.end_ns - result.start_ns < SLOW_NS);
    ck_assert_uint_lt(machine_resident_pages(), before + 8192);
}
END_TEST

START_TEST(a_service_that_does_not_listen_refuses)
{
    char url[64];
    struct generator *lonely = NULL;
    ck_assert_int_eq(generator_new(&profile, http_server_dead_url(url), &lonely, NULL), 0);
    ck_assert_int_eq(generator_begin(lonely, 50, 4, clock_now_ns() + NSEC_PER_SEC, NULL), 0);
    struct pollfd over = {.fd = generator_fd(lonely), .events = POLLIN};
    ck_assert_int_eq(poll(&over, 1, 2000), 1);
    struct batch_result result;
    ck_assert_int_eq(generator_finish(lonely, &result, NULL), 0);
    ck_assert_uint_eq(result.counts.refused, 50);
    ck_assert_uint_eq(result.counts.started, 50);
    ck_assert_int_eq(result.latency_p50_ns, -1);
    ck_assert_int_eq(result.service_max_ns, -1);
    generator_free(lonely);
}
END_TEST

START_TEST(connections_are_reused_across_batches)
{
    run(100);
    run(100);
    ck_assert_uint_le(http_server_connections(server), 4);
    ck_assert_uint_eq(http_server_requests(server), 200);
}
END_TEST

START_TEST(without_reuse_every_request_has_its_own_connection)
{
    profile.reuse = false;
    struct batch_result result = run(100);
    ck_assert_uint_eq(result.counts.ok, 100);
    ck_assert_uint_eq(http_server_connections(server), 100);
    wait_until(http_server_open_connections, 0);
}
END_TEST

/* A server may close an idle connection at any time; that must not look like a failure. */
static const char *const closers[] = {"/once", "/hang-up", "/say-close"};

START_TEST(a_connection_closed_in_between_is_no_reset)
{
    profile.requests[0].path = closers[_i];
    struct batch_result result = run(200);
    ck_assert_uint_eq(result.counts.ok, 200);
    ck_assert_uint_eq(result.counts.started, 200);
}
END_TEST

START_TEST(disconnect_closes_idle_connections_at_once)
{
    run(20);
    ck_assert_uint_ge(http_server_open_connections(server), 1);
    generator_disconnect(generator);
    wait_until(http_server_open_connections, 0);
    ck_assert_uint_eq(run(20).counts.ok, 20);
}
END_TEST

START_TEST(no_more_requests_are_in_flight_than_asked_for)
{
    profile.requests[0].path = "/slow/5";
    begin(12, 3, NSEC_PER_SEC);
    ck_assert_uint_eq(finish().counts.ok, 12);
    ck_assert_uint_eq(http_server_peak_busy(server), 3);
}
END_TEST

START_TEST(kinds_follow_their_weights_and_equal_batches_are_equal)
{
    profile.concurrency = 1;
    profile.n_requests = 3;
    profile.requests[0] = (struct request_kind){.method = "GET", .path = "/a", .weight = 5};
    profile.requests[1] = (struct request_kind){.method = "GET", .path = "/b", .weight = 1};
    profile.requests[2] = (struct request_kind){.method = "GET", .path = "/c", .weight = 1};
    run(9);
    run(9);
    ck_assert_str_eq(http_server_trace(server), "aabacaaaaaabacaaaa");
}
END_TEST

START_TEST(bodies_larger_than_the_socket_takes_at_once_arrive_whole)
{
    size_t size = (size_t)4 * 1024 * 1024;
    char *body = malloc(size + 1);
    ck_assert_ptr_nonnull(body);
    memset(body, 'x', size);
    body[size] = '\0';
    profile.requests[0] =
        (struct request_kind){.method = "POST", .path = "/ok", .body = body, .weight = 1};
    ck_assert_uint_eq(run(5).counts.ok, 5);
    ck_assert_uint_eq(http_server_body_bytes(server), 5 * size);
    free(body);
}
END_TEST

START_TEST(an_answer_before_the_body_is_sent_counts)
{
    size_t size = (size_t)16 * 1024 * 1024;
    char *body = malloc(size + 1);
    ck_assert_ptr_nonnull(body);
    memset(body, 'x', size);
    body[size] = '\0';
    profile.requests[0] =
        (struct request_kind){.method = "POST", .path = "/early", .body = body, .weight = 1};
    ck_assert_uint_eq(run(4).counts.other_status, 4);
    free(body);
}
END_TEST

START_TEST(an_open_loop_keeps_its_rate)
{
    profile.rate_per_s = 1000;
    struct batch_result result = run(200);
    ck_assert_uint_eq(result.counts.ok, 200);
    ck_assert_int_ge(result.end_ns - result.start_ns, 199 * MS);
    ck_assert_int_lt(result.end_ns - result.start_ns, SLOW_NS);
}
END_TEST

START_TEST(an_open_loop_charges_a_slow_service_for_those_who_waited)
{
    profile.rate_per_s = 1000;
    profile.concurrency = 1;
    profile.requests[0].path = "/slow/10";
    struct batch_result result = run(20);
    ck_assert_uint_eq(result.counts.ok, 20);
    ck_assert_int_ge(result.latency_max_ns, 20 * 10 * MS - 20 * MS);
    ck_assert_int_lt(result.service_p50_ns, result.latency_max_ns / 4);
}
END_TEST

START_TEST(the_deadline_ends_a_batch)
{
    profile.requests[0].path = "/stall";
    begin(1000, 4, 500 * MS);
    struct batch_result result = finish();
    ck_assert(result.deadline_hit);
    ck_assert(!result.stopped);
    ck_assert_uint_eq(result.counts.started, 4);
    ck_assert_uint_eq(result.counts.timed_out, 4);
    ck_assert_int_lt(result.end_ns - result.start_ns, SLOW_NS);
}
END_TEST

START_TEST(a_deadline_that_has_passed_lets_nothing_begin)
{
    begin(10, 4, -1);
    struct batch_result result = finish();
    ck_assert(result.deadline_hit);
    ck_assert_uint_eq(result.counts.started, 0);
    ck_assert_uint_eq(http_server_requests(server), 0);
}
END_TEST

START_TEST(stopping_drops_what_is_in_flight)
{
    profile.requests[0].path = "/stall";
    begin(1000, 4, 10 * NSEC_PER_SEC);
    wait_until(http_server_requests, 4);
    struct load_sample sample;
    generator_sample(generator, 7, &sample);
    ck_assert_uint_eq(sample.in_flight, 4);

    generator_stop(generator);
    struct batch_result result = finish();
    ck_assert(result.stopped && !result.deadline_hit);
    ck_assert_uint_eq(result.counts.started, 4);
    ck_assert_uint_eq(load_counts_completed(&result.counts), 0);
    generator_sample(generator, 8, &sample);
    ck_assert_uint_eq(sample.in_flight, 0);
    wait_until(http_server_open_connections, 0);
}
END_TEST

START_TEST(a_batch_after_a_stop_runs)
{
    begin(1000000, 4, 10 * NSEC_PER_SEC);
    generator_stop(generator);
    ck_assert(finish().stopped);
    generator_stop(generator);
    ck_assert_uint_eq(run(10).counts.ok, 10);
}
END_TEST

START_TEST(freeing_ends_a_running_batch)
{
    profile.requests[0].path = "/stall";
    begin(1000, 4, 100 * NSEC_PER_SEC);
    wait_until(http_server_requests, 4);
    generator_free(generator);
    generator = NULL;
}
END_TEST

START_TEST(samples_are_totals_and_their_latencies_are_of_the_interval)
{
    struct load_sample sample;
    run(30);
    run(20);
    generator_sample(generator, 123, &sample);
    ck_assert_int_eq(sample.t_ns, 123);
    ck_assert_uint_eq(sample.counts.ok, 50);
    ck_assert_uint_eq(sample.counts.started, 50);
    ck_assert_int_gt(sample.latency_p50_ns, 0);
    ck_assert_int_ge(sample.latency_p99_ns, sample.latency_p50_ns);
    generator_sample(generator, 124, &sample);
    ck_assert_uint_eq(sample.counts.ok, 50);
    ck_assert_int_eq(sample.latency_p50_ns, -1);
    ck_assert_int_eq(sample.latency_p99_ns, -1);
}
END_TEST

START_TEST(without_kinds_the_work_is_counted_in_timer_firings)
{
    profile.n_requests = 0;
    profile.n_timers = 2;
    profile.timers[0] = (struct request_kind){.method = "GET", .path = "/a", .every_ns = 10 * MS};
    profile.timers[1] = (struct request_kind){.method = "GET", .path = "/b", .every_ns = 25 * MS};
    struct batch_result result = run(13);
    ck_assert_uint_eq(result.counts.ok, 13);
    /* 10 of the first and 4 of the second are due within 100 ms, the 13th at 90 ms. */
    ck_assert_int_ge(result.end_ns - result.start_ns, 90 * MS);
    ck_assert_int_lt(result.end_ns - result.start_ns, SLOW_NS);
}
END_TEST

START_TEST(timers_fire_while_requests_run_and_not_between_batches)
{
    profile.requests[0].path = "/slow/300";
    profile.n_timers = 1;
    profile.timers[0] = (struct request_kind){.method = "GET", .path = "/t", .every_ns = 10 * MS};
    struct batch_result result = run(4);
    size_t after = http_server_requests(server);
    ck_assert_uint_eq(result.counts.ok, after);
    ck_assert_uint_ge(after, 4 + 3);
    ck_assert_int_le((nsec_t)after - 4, (result.end_ns - result.start_ns) / (10 * MS) + 1);
    usleep(30000);
    ck_assert_uint_eq(http_server_requests(server), after);
}
END_TEST

START_TEST(a_timer_that_is_late_skips_what_it_missed)
{
    profile.n_requests = 0;
    profile.n_timers = 1;
    profile.timers[0] =
        (struct request_kind){.method = "GET", .path = "/slow/35", .every_ns = 10 * MS};
    struct batch_result result = run(4);
    ck_assert_uint_eq(result.counts.ok, 4);
    ck_assert_uint_eq(http_server_peak_busy(server), 1);
    /* The second was due at 20 ms and went out at 45 ms, when the first had been answered. */
    ck_assert_int_ge(result.latency_max_ns, 50 * MS);
    ck_assert_int_lt(result.end_ns - result.start_ns, SLOW_NS);
}
END_TEST

START_TEST(a_second_batch_must_wait_for_the_first)
{
    begin(1, 1, NSEC_PER_SEC);
    struct error err = {0};
    ck_assert_int_eq(generator_begin(generator, 1, 1, NSEC_NEVER, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_INTERNAL);
    finish();
    struct batch_result result;
    ck_assert_int_eq(generator_finish(generator, &result, &err), -1);
    ck_assert_int_eq(generator_begin(generator, 1, 5, NSEC_NEVER, &err), -1);
}
END_TEST

START_TEST(a_batch_of_nothing_is_over_at_once)
{
    struct batch_result result = run(0);
    ck_assert_uint_eq(result.counts.started, 0);
    ck_assert_int_eq(result.latency_p50_ns, -1);
}
END_TEST

static TCase *requests_case(void)
{
    TCase *tests = tcase_create("requests");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_batch_makes_exactly_the_requests_it_was_asked_for);
    tcase_add_loop_test(tests, each_way_to_answer_has_its_outcome_and_costs_no_memory, 0,
                        LENGTH(outcomes));
    tcase_add_test(tests, a_service_that_does_not_listen_refuses);
    tcase_add_test(tests, kinds_follow_their_weights_and_equal_batches_are_equal);
    tcase_add_test(tests, bodies_larger_than_the_socket_takes_at_once_arrive_whole);
    tcase_add_test(tests, an_answer_before_the_body_is_sent_counts);
    return tests;
}

static TCase *connections_case(void)
{
    TCase *tests = tcase_create("connections");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, connections_are_reused_across_batches);
    tcase_add_test(tests, without_reuse_every_request_has_its_own_connection);
    tcase_add_loop_test(tests, a_connection_closed_in_between_is_no_reset, 0, LENGTH(closers));
    tcase_add_test(tests, disconnect_closes_idle_connections_at_once);
    return tests;
}

static TCase *batches_case(void)
{
    TCase *tests = tcase_create("batches");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, no_more_requests_are_in_flight_than_asked_for);
    tcase_add_test(tests, an_open_loop_keeps_its_rate);
    tcase_add_test(tests, an_open_loop_charges_a_slow_service_for_those_who_waited);
    tcase_add_test(tests, the_deadline_ends_a_batch);
    tcase_add_test(tests, a_deadline_that_has_passed_lets_nothing_begin);
    tcase_add_test(tests, stopping_drops_what_is_in_flight);
    tcase_add_test(tests, a_batch_after_a_stop_runs);
    tcase_add_test(tests, freeing_ends_a_running_batch);
    tcase_add_test(tests, samples_are_totals_and_their_latencies_are_of_the_interval);
    tcase_add_test(tests, a_second_batch_must_wait_for_the_first);
    tcase_add_test(tests, a_batch_of_nothing_is_over_at_once);
    return tests;
}

static TCase *timers_case(void)
{
    TCase *tests = tcase_create("timers");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, without_kinds_the_work_is_counted_in_timer_firings);
    tcase_add_test(tests, timers_fire_while_requests_run_and_not_between_batches);
    tcase_add_test(tests, a_timer_that_is_late_skips_what_it_missed);
    return tests;
}

static Suite *generator_suite(void)
{
    Suite *suite = suite_create("generator");
    suite_add_tcase(suite, requests_case());
    suite_add_tcase(suite, connections_case());
    suite_add_tcase(suite, batches_case());
    suite_add_tcase(suite, timers_case());
    return suite;
}

CHECK_MAIN(generator_suite);
