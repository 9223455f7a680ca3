/* message: what the guest says, in pieces, too long, or with ill intent. */
#include "run/message.h"

#include <string.h>
#include <unistd.h>

#include "tests/support/check_main.h"

static const struct run_progress progress = {
    .id = "unclosed-body.fixed",
    .phase = "cycle 3",
    .cycle = 2,
    .cycles_max = 10,
    .requests = 120,
    .requests_goal = 250,
    .memory_bytes = 1234567,
    .limit_bytes = UINT64_MAX,
    .elapsed_ns = 3000000000,
    .budget_ns = 60000000000,
};

/* What is sent, in text. */
static size_t sent(char *text, size_t size)
{
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    message_send_progress(fds[1], &progress);
    message_send_record(fds[1], "unclosed-body.2");
    close(fds[1]);
    ssize_t length = read(fds[0], text, size - 1);
    ck_assert_int_gt(length, 0);
    close(fds[0]);
    text[length] = '\0';
    return (size_t)length;
}

static void feed(struct message_reader *reader, const char *text)
{
    for (size_t left = strlen(text); left > 0;) { /* as a session does it */
        size_t part = left < MESSAGE_LINE_MAX ? left : MESSAGE_LINE_MAX;
        message_reader_feed(reader, text, part);
        text += part;
        left -= part;
    }
}

START_TEST(what_is_sent_arrives_in_pieces_of_any_size)
{
    char text[1024];
    size_t length = sent(text, sizeof(text));
    struct message_reader reader = {.length = 0};
    struct message message;
    unsigned n = 0;
    for (size_t at = 0; at < length; at += (size_t)_i) {
        size_t part = length - at < (size_t)_i ? length - at : (size_t)_i;
        message_reader_feed(&reader, text + at, part);
        while (message_reader_next(&reader, &message)) {
            if (n++ == 0) {
                ck_assert_int_eq(message.kind, MESSAGE_PROGRESS);
                ck_assert_str_eq(message.progress.id, progress.id);
                ck_assert_str_eq(message.progress.phase, progress.phase);
                ck_assert_uint_eq(message.progress.cycle, 2);
                ck_assert_uint_eq(message.progress.cycles_max, 10);
                ck_assert_uint_eq(message.progress.requests, 120);
                ck_assert_uint_eq(message.progress.requests_goal, 250);
                ck_assert_uint_eq(message.progress.memory_bytes, 1234567);
                ck_assert_uint_eq(message.progress.limit_bytes, UINT64_MAX);
                ck_assert_int_eq(message.progress.elapsed_ns, 3000000000);
                ck_assert_int_eq(message.progress.budget_ns, 60000000000);
            } else {
                ck_assert_int_eq(message.kind, MESSAGE_RECORD);
                ck_assert_str_eq(message.id, "unclosed-body.2");
            }
        }
    }
    ck_assert_uint_eq(n, 2);
}
END_TEST

static const char *const refused[] = {
    "record\t../../etc\n",
    "record\t/etc\n",
    "record\t.hidden\n",
    "record\ta/b\n",
    "record\t\n",
    "record\tUPPER\n",
    "record\ta b\n",
    "record\ta\033[2J\n",
    "record x\n",
    "progress\n",
    "progress\ta\tb\t1\n",
    "progress\ta\tb\t1\t2\t3\t4\t5\t6\t7\tx\n",
    "progress\t../a\tphase\t1\t2\t3\t4\t5\t6\t7\t8\n",
    "progress\ta\t\033]0;title\007\t1\t2\t3\t4\t5\t6\t7\t8\n",
    "\n",
    "what the kernel prints\n",
};

START_TEST(what_is_no_message_is_skipped)
{
    struct message_reader reader = {.length = 0};
    struct message message;
    feed(&reader, refused[_i]);
    ck_assert(!message_reader_next(&reader, &message));
    feed(&reader, "record\tgood\n"); /* and what follows is heard */
    ck_assert(message_reader_next(&reader, &message));
    ck_assert_str_eq(message.id, "good");
}
END_TEST

START_TEST(an_endless_line_is_skipped_up_to_its_end)
{
    static const size_t lengths[] = {600, 8191, 8192, 8193, 100000};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        static char line[100001];
        struct message_reader reader = {.length = 0};
        struct message message;
        memset(line, 'x', sizeof(line));
        memcpy(line, "record\t", 7);
        line[lengths[i]] = '\0';
        feed(&reader, line);
        ck_assert(!message_reader_next(&reader, &message));
        feed(&reader, "record\tinner\nrecord\tgood\n");
        ck_assert_msg(message_reader_next(&reader, &message), "%zu", lengths[i]);
        ck_assert_str_eq(message.id, "good");
        ck_assert(!message_reader_next(&reader, &message));
    }
}
END_TEST

START_TEST(a_name_that_is_too_long_is_not_cut_to_another_one)
{
    char line[400] = "record\t";
    struct message_reader reader = {.length = 0};
    struct message message;
    memset(line + 7, 'a', 300);
    strcpy(line + 307, "\n");
    feed(&reader, line);
    ck_assert(!message_reader_next(&reader, &message));
}
END_TEST

START_TEST(zero_bytes_and_noise_do_no_harm)
{
    struct message_reader reader = {.length = 0};
    struct message message;
    message_reader_feed(&reader, "record\tx\0y\n\0\0\n\xff\xfe\n", 18);
    unsigned n = 0;
    while (message_reader_next(&reader, &message))
        ck_assert(++n < 3);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("message");
    TCase *c = tcase_create("reading");
    tcase_add_loop_test(c, what_is_sent_arrives_in_pieces_of_any_size, 1, 40);
    tcase_add_loop_test(c, what_is_no_message_is_skipped, 0,
                        (int)(sizeof(refused) / sizeof(refused[0])));
    tcase_add_test(c, an_endless_line_is_skipped_up_to_its_end);
    tcase_add_test(c, a_name_that_is_too_long_is_not_cut_to_another_one);
    tcase_add_test(c, zero_bytes_and_noise_do_no_harm);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
