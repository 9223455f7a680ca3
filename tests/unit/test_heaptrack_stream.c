/* heaptrack_stream: what is held is what the stream says; what cannot be is an error with its line,
 * and never more than that. */
#include "instrument/heaptrack_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

#define HEAD                                    \
    "v 10400 3\n"                               \
    "x 9 /opt/serv\n"                           \
    "X /opt/serv -x\n"                          \
    "I 1000 5e298d\n"                           \
    "m 1 -\n"                                   \
    "m 1 x 55d1e2a61000 0 1be0 2000 2171\n"     \
    "m f linux-vdso.so.1 7f0f30523000 0 1522\n" \
    "m 1f /lib/x86_64-linux-gnu/libc.so.6 7f0f302f7000 0 25388 26000 1550fc\n"

static void streamp(struct heaptrack_stream **stream)
{
    heaptrack_stream_free(*stream);
}

static struct heaptrack_stream *stream_of(const char *text)
{
    struct heaptrack_stream *stream = NULL;
    struct error err = {0};
    ck_assert_int_eq(heaptrack_stream_new(&stream, &err), 0);
    ck_assert_msg(heaptrack_stream_feed(stream, text, strlen(text), &err) == 0, "%s", err.text);
    return stream;
}

static void expect_wrong(const char *text, const char *message)
{
    struct error err = {0};
    struct heaptrack_stream *stream = NULL;
    ck_assert_int_eq(heaptrack_stream_new(&stream, &err), 0);
    ck_assert_msg(heaptrack_stream_feed(stream, text, strlen(text), &err) == -1, "%s", text);
    ck_assert_msg(strstr(err.text, message) != NULL, "found \"%s\", expected \"%s\"", err.text,
                  message);
    /* …for good. */
    ck_assert_int_eq(heaptrack_stream_feed(stream, "c 1\n", 4, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, message));
    heaptrack_stream_free(stream);
}

START_TEST(blocks_are_held_by_the_stack_that_took_them)
{
    CLEANUP(streamp)
    struct heaptrack_stream *stream = stream_of(HEAD "t 55d1e2a63100 0\n"
                                                     "t 7f0f3031d123 1\n"
                                                     "t 1234 1\n"
                                                     "+ 3e8 2 55d2000000a0\n"
                                                     "+ 10 3 55d2000004a0\n"
                                                     "+ 10 0 55d2000004c0\n"
                                                     "c 10\nR 6df\n"
                                                     "- 55d2000004a0\n"
                                                     "- deadbeef\n");
    ck_assert_str_eq(stream->program, "/opt/serv");
    ck_assert_uint_eq(stream->n_modules, 3);
    ck_assert_str_eq(stream->modules[0], "/opt/serv");
    ck_assert_uint_eq(stream->n_traces, 4);
    ck_assert_uint_eq(stream->traces[1].module, 1);
    ck_assert_uint_eq(stream->traces[1].address, 0x2100);
    ck_assert_uint_eq(stream->traces[2].module, 3);
    ck_assert_uint_eq(stream->traces[2].address, 0x26123);
    ck_assert_uint_eq(stream->traces[2].parent, 1);
    ck_assert_uint_eq(stream->traces[3].module, 0);
    ck_assert_uint_eq(stream->traces[3].address, 0x1234);
    ck_assert_int_eq(stream->blocks.held[2].bytes, 1008);
    ck_assert_int_eq(stream->blocks.held[2].objects, 1);
    ck_assert_int_eq(stream->blocks.held[3].objects, 0);
    ck_assert_int_eq(stream->blocks.held[0].bytes, 32);
}
END_TEST

START_TEST(modules_that_were_unloaded_do_not_count_any_more)
{
    CLEANUP(streamp)
    struct heaptrack_stream *stream = stream_of(HEAD "t 7f0f3031d123 0\n"
                                                     "m 1 -\n"
                                                     "m 8 /a b/c.s 7f0f302f7000 0 30000\n"
                                                     "t 7f0f3031d123 0\n"
                                                     "t 55d1e2a63100 0\n");
    ck_assert_uint_eq(stream->traces[1].module, 3);
    ck_assert_uint_eq(stream->traces[2].module, 4);
    ck_assert_str_eq(stream->modules[3], "/a b/c.s");
    ck_assert_uint_eq(stream->traces[3].module, 0);
}
END_TEST

START_TEST(it_may_come_in_any_pieces)
{
    static const char text[] = HEAD "t 55d1e2a63100 0\n+ 3e8 1 55d2000000a0\n+ 40 1 55d2000014a0\n";
    for (size_t piece = 1; piece < 40; piece++) {
        struct heaptrack_stream *stream = NULL;
        ck_assert_int_eq(heaptrack_stream_new(&stream, NULL), 0);
        for (size_t at = 0; at < sizeof(text) - 1; at += piece) {
            size_t rest = sizeof(text) - 1 - at;
            ck_assert_int_eq(
                heaptrack_stream_feed(stream, text + at, rest < piece ? rest : piece, NULL), 0);
        }
        ck_assert_int_eq(stream->blocks.held[1].bytes, 1008 + 80);
        heaptrack_stream_free(stream);
    }
}
END_TEST

START_TEST(another_malloc_does_not_round_as_glibc_does)
{
    CLEANUP(streamp)
    struct heaptrack_stream *stream =
        stream_of(HEAD "m 1b /usr/lib64/libjemalloc.so.2 10000 0 1000\n"
                       "t 55d1e2a63100 0\n"
                       "+ 3e9 1 55d2000000a0\n");
    ck_assert_int_eq(stream->blocks.held[1].bytes, 1001);
}
END_TEST

START_TEST(a_command_may_have_lines)
{
    CLEANUP(streamp)
    struct heaptrack_stream *stream =
        stream_of("v 10400 3\nx 2 /s\nX /s -c import x\n+ 1 2\n\nzzz\nI 1000 10\nt 1 0\n");
    ck_assert_uint_eq(stream->n_traces, 2);
}
END_TEST

START_TEST(what_cannot_be_is_told_with_its_line)
{
    expect_wrong("\n", "line 1: found no version");
    expect_wrong("+ 1 0 1\n", "line 1: found no version");
    expect_wrong("v 10400 4\n", "version 4 of heaptrack's format, expected 3");
    expect_wrong("v\n", "no version");
    expect_wrong(HEAD "t 10 1\n", "line 9: found trace 1 with parent 1");
    expect_wrong(HEAD "t 10 0\nt 10 ffffffffffffffff\n", "line 10: found trace 2");
    expect_wrong(HEAD "+ 10 1 1000\n", "line 9: found a block of trace 1, expected one below 1");
    expect_wrong(HEAD "+ 10 0\n", "a block without");
    expect_wrong(HEAD "+ 10 0 11112222333344445\n", "a block without");
    expect_wrong(HEAD "+ 1g 0 1\n", "a block without");
    expect_wrong(HEAD "-\n", "given back without an address");
    expect_wrong(HEAD "- \n", "given back without an address");
    expect_wrong(HEAD "t\n", "a trace without");
    expect_wrong(HEAD "m 0  0\n", "a module without a path");
    expect_wrong(HEAD "m ff /x 0\n", "a module without a path");
    expect_wrong(HEAD "m ffffffffffffffff /x 0\n", "a module without a path");
    expect_wrong(HEAD "m 2 /x\n", "a module without an address");
    expect_wrong(HEAD "m 2 /x 1000 0\n", "a wrong segment");
    expect_wrong(HEAD "x 2 /y\n", "a second one");
    expect_wrong(HEAD "q\n", "of no kind");
    expect_wrong(HEAD "\n", "of no kind");
}
END_TEST

START_TEST(too_much_of_anything_is_told)
{
    char line[64];
    struct error err = {0};
    CLEANUP(streamp) struct heaptrack_stream *stream = stream_of(HEAD);
    int status = 0;
    for (unsigned i = 0; i <= HEAPTRACK_MODULES_MAX && status == 0; i++) {
        snprintf(line, sizeof(line), "m 9 /m%07x 1000\n", i);
        status = heaptrack_stream_feed(stream, line, strlen(line), &err);
    }
    ck_assert_int_eq(status, -1);
    ck_assert_ptr_nonnull(strstr(err.text, "4,096 different modules"));

    CLEANUP(streamp) struct heaptrack_stream *ranges = stream_of(HEAD);
    for (unsigned i = 0; i <= HEAPTRACK_RANGES_MAX && (i == 0 || status == 0); i++)
        status = heaptrack_stream_feed(ranges, "m 2 /x 1000 0 10\n", 17, &err);
    ck_assert_int_eq(status, -1);
    ck_assert_ptr_nonnull(strstr(err.text, "16,384 segments"));

    CLEANUP(streamp) struct heaptrack_stream *lines = stream_of(HEAD);
    for (unsigned i = 0; i <= HEAPTRACK_LINE_MAX && (i == 0 || status == 0); i++)
        status = heaptrack_stream_feed(lines, "c", 1, &err);
    ck_assert_int_eq(status, -1);
    ck_assert_ptr_nonnull(strstr(err.text, "line 9: found a line of more than 16 KiB"));
}
END_TEST

START_TEST(traces_have_a_bound_and_blocks_of_more_have_no_stack)
{
    char line[64];
    CLEANUP(streamp) struct heaptrack_stream *stream = stream_of(HEAD);
    for (uint32_t i = 0; i < HEAPTRACK_TRACES_MAX + 5; i++)
        ck_assert_int_eq(heaptrack_stream_feed(stream, "t 10 0\n", 7, NULL), 0);
    ck_assert_uint_eq(stream->n_traces, HEAPTRACK_TRACES_MAX);
    ck_assert_uint_eq(stream->lost_traces, 6);
    snprintf(line, sizeof(line), "t 10 %x\n+ 10 %x 1000\n", HEAPTRACK_TRACES_MAX + 2,
             HEAPTRACK_TRACES_MAX + 6);
    ck_assert_int_eq(heaptrack_stream_feed(stream, line, strlen(line), NULL), 0);
    ck_assert_int_eq(stream->blocks.held[0].bytes, 32);
}
END_TEST

/* A whole stream with some of its bytes changed, ten thousand times: it is read or refused. */
START_TEST(changed_bytes_do_no_harm)
{
    static const char text[] = HEAD "t 55d1e2a63100 0\nt 7f0f3031d123 1\n+ 3e8 2 55d2000000a0\n"
                                    "+ 40 1 55d2000014a0\n- 55d2000000a0\nc 10\nR 6df\n"
                                    "m 1 -\nm 2 /x 1000 0 10 20 30\nt 1010 2\n+ 20000 3 7f0010\n";
    static const char alphabet[] = "+-tmvxXIcR 0123456789abcdef\n\xff";
    uint64_t state = 7;
    unsigned wrong = 0;
    for (unsigned i = 0; i < 10000; i++) {
        char changed[sizeof(text)];
        struct error err = {0};
        struct heaptrack_stream *stream = NULL;
        memcpy(changed, text, sizeof(text));
        for (unsigned k = 0; k < 1 + i % 4; k++) {
            state = state * 6364136223846793005U + 1442695040888963407U;
            changed[(state >> 33) % (sizeof(text) - 1)] =
                alphabet[(state >> 13) % (sizeof(alphabet) - 1)];
        }
        ck_assert_int_eq(heaptrack_stream_new(&stream, NULL), 0);
        int status = heaptrack_stream_feed(stream, changed, sizeof(text) - 1, &err);
        ck_assert(status == 0 || err.text[0] != '\0');
        for (size_t t = 1; t < stream->n_traces; t++)
            ck_assert_uint_lt(stream->traces[t].parent, t);
        wrong += status < 0;
        heaptrack_stream_free(stream);
    }
    ck_assert_uint_gt(wrong, 1000);
    ck_assert_uint_lt(wrong, 9999);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("heaptrack_stream");
    TCase *tcase = tcase_create("heaptrack_stream");
    tcase_add_test(tcase, blocks_are_held_by_the_stack_that_took_them);
    tcase_add_test(tcase, modules_that_were_unloaded_do_not_count_any_more);
    tcase_add_test(tcase, it_may_come_in_any_pieces);
    tcase_add_test(tcase, another_malloc_does_not_round_as_glibc_does);
    tcase_add_test(tcase, a_command_may_have_lines);
    tcase_add_test(tcase, what_cannot_be_is_told_with_its_line);
    tcase_add_test(tcase, too_much_of_anything_is_told);
    tcase_add_test(tcase, traces_have_a_bound_and_blocks_of_more_have_no_stack);
    tcase_add_test(tcase, changed_bytes_do_no_harm);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(suite);
