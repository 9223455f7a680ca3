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
    .highest_bytes = 2345678,
    .limit_bytes = UINT64_MAX,
    .elapsed_ns = 3000000000,
    .budget_ns = 60000000000,
    .cycles_min = 4,
    .starts = 2,
    .oom_kills = 1,
    .memory = {.t_ns = 2900000000,
               .present = (uint64_t)1 << MEMORY_CURRENT | (uint64_t)1 << MEMORY_RSS,
               .value = {[MEMORY_CURRENT] = 1234567, [MEMORY_RSS] = 0}},
    .load = {.t_ns = 2800000000,
             .counts = {.started = 321, .ok = 300, .failed = 20},
             .in_flight = 1,
             .latency_p50_ns = -1,
             .latency_p99_ns = 7000000},
    .threads = 5,
    .descriptors = SURVEY_ABSENT,
    .floor = {.present = true,
              .index = 3,
              .kind = CYCLE_MEASURE,
              .start = 1,
              .t_ns = 2500000000,
              .requests = 250,
              .bytes = -4096},
};

/* All of it, as it was sent. */
static void expect_same(const struct run_progress *got)
{
    ck_assert_uint_eq(got->cycles_min, 4);
    ck_assert_uint_eq(got->starts, 2);
    ck_assert_uint_eq(got->oom_kills, 1);
    ck_assert_uint_eq(got->highest_bytes, 2345678);
    ck_assert_uint_eq(got->threads, 5);
    ck_assert_uint_eq(got->descriptors, SURVEY_ABSENT);
    ck_assert_uint_eq(got->memory.present, progress.memory.present);
    ck_assert_uint_eq(got->memory.value[MEMORY_CURRENT], 1234567);
    ck_assert_int_eq(got->memory.t_ns, progress.memory.t_ns);
    ck_assert_mem_eq(&got->load, &progress.load, sizeof(got->load));
    ck_assert(got->floor.present);
    ck_assert_uint_eq(got->floor.index, 3);
    ck_assert_int_eq(got->floor.kind, CYCLE_MEASURE);
    ck_assert_uint_eq(got->floor.start, 1);
    ck_assert_int_eq(got->floor.t_ns, progress.floor.t_ns);
    ck_assert_uint_eq(got->floor.requests, 250);
    ck_assert_int_eq(got->floor.bytes, -4096);
}

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
    char text[4096];
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
                expect_same(&message.progress);
            } else {
                ck_assert_int_eq(message.kind, MESSAGE_RECORD);
                ck_assert_str_eq(message.id, "unclosed-body.2");
            }
        }
    }
    ck_assert_uint_eq(n, 2);
}
END_TEST

START_TEST(without_a_floor_there_is_none_at_the_other_end)
{
    int fds[2];
    char text[2048];
    struct run_progress without = progress;
    struct message_reader reader = {.length = 0};
    struct message message;
    without.floor = (struct run_floor){.present = false};
    ck_assert_int_eq(pipe(fds), 0);
    message_send_progress(fds[1], &without);
    ssize_t length = read(fds[0], text, sizeof(text) - 1);
    close(fds[0]);
    close(fds[1]);
    ck_assert_int_gt(length, 0);
    message_reader_feed(&reader, text, (size_t)length);
    ck_assert(message_reader_next(&reader, &message));
    ck_assert(!message.progress.floor.present);
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

/* A line that is right but for one word of it, counted from 0. */
static const struct {
    unsigned word;
    const char *text;
} spoiled[] = {
    {0, "progres"}, {1, "../a"},  {1, ""},           {2, "\033]0;title\007"},
    {3, "x"},       {3, "-"},     {3, "4294967296"}, /* a count of 32 bits */
    {5, "-1"},      {28, "99"},                      /* no kind of a cycle */
    {40, ""},       {45, "1\t2"},
};

START_TEST(one_wrong_word_spoils_a_line)
{
    char text[4096];
    char line[8192] = "";
    struct message_reader reader = {.length = 0};
    struct message message;
    sent(text, sizeof(text));
    char *rest = text;
    *strchr(text, '\n') = '\0';
    unsigned i = 0;
    for (char *word = NULL; (word = strsep(&rest, "\t")) != NULL; i++) {
        strcat(line, i > 0 ? "\t" : "");
        strcat(line, i == spoiled[_i].word ? spoiled[_i].text : word);
    }
    ck_assert_uint_gt(i, spoiled[_i].word);
    strcat(line, "\n");
    feed(&reader, line);
    ck_assert(!message_reader_next(&reader, &message));
}
END_TEST

START_TEST(an_endless_line_is_skipped_up_to_its_end)
{
    static const size_t lengths[] = {2100, 8191, 8192, 8193, 100000};
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
    tcase_add_test(c, without_a_floor_there_is_none_at_the_other_end);
    tcase_add_loop_test(c, what_is_no_message_is_skipped, 0,
                        (int)(sizeof(refused) / sizeof(refused[0])));
    tcase_add_loop_test(c, one_wrong_word_spoils_a_line, 0,
                        (int)(sizeof(spoiled) / sizeof(spoiled[0])));
    tcase_add_test(c, an_endless_line_is_skipped_up_to_its_end);
    tcase_add_test(c, a_name_that_is_too_long_is_not_cut_to_another_one);
    tcase_add_test(c, zero_bytes_and_noise_do_no_harm);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
