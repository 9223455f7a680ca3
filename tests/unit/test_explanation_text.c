/* An explanation as a person reads it. */
#include "report/explanation_text.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "report/line_text.h"
#include "scenario/record_instruments.h"
#include "tests/support/check_main.h"
#include "tests/support/hostile_texts.h"
#include "tests/support/told.h"

#define KIB 1024.0

static const struct told_values none;

static char *write_text(const struct told *told, const struct explanation *explanation,
                        const struct terminal_style *style)
{
    struct buffer out = BUFFER_INIT((size_t)1 << 20);
    struct error err = {.text = ""};
    const struct explanation_text text = {.explanation = explanation,
                                          .plain = told->plain,
                                          .instrumented = told->instrumented,
                                          .dir = "results/leaky/explain",
                                          .folder = "/srv/app"};
    ck_assert_msg(explanation_text_write(&text, style, &out, &err) == 0, "%s", err.text);
    return out.data;
}

static const struct terminal_style plain_style = {.utf8 = true, .width = 96};

/* Threads, sockets and heap. */
static void tell(struct told *told)
{
    told_add(told, "heap",
             "malloc@;Curl_open@;Curl_setup@;curl_easy_init@;"
             "connect_to /srv/app/client.c:57;serve server.c:33;main main.c:9",
             told_steady(0, 17 * KIB), told_steady(0, 61));
    told_add(told, "heap", "malloc@;note /srv/app/log.c:12;serve server.c:33;main main.c:9",
             told_steady(0, 8), told_steady(0, 1.0 / 500));
    told_add(told, "descriptors",
             "[tcp to 127.0.0.1:80, ESTABLISHED];socket@;connect_to /srv/app/client.c:57;"
             "serve server.c:33;main main.c:9",
             none, told_steady(1, 1));
    told_add(told, "descriptors",
             "[unix];socketpair@;connect_to /srv/app/client.c:57;serve server.c:33;main main.c:9",
             none, told_steady(0, 2));
    told_add(told, "threads",
             "nanosleep@;wait_for_answer hung.c:30;start_thread@;[started by];clone3@;"
             "pthread_create@;work hung.c:45;serve server.c:33;main main.c:9",
             none, told_steady(0, 0.25));
    told_records(told);
    record_add_instrument(told->instrumented,
                          &(struct record_instrument){.name = "heaptrack",
                                                      .effect = "malloc took 1.4 times as long"});
    record_add_instrument(told->instrumented,
                          &(struct record_instrument){.name = "pages",
                                                      .state = RECORD_INSTRUMENT_IMPOSSIBLE,
                                                      .why = "perf_event_open is not allowed"});
}

static void add_source(struct explanation *explanation, const char *line)
{
    const char **lines = arena_alloc(explanation->arena, 3 * sizeof(*lines));
    lines[0] = "    CURL *handle = curl_easy_init();";
    lines[1] = line;
    lines[2] = "        return;";
    explanation->entries[0].source =
        (struct explanation_source){.first = 56, .n = 3, .lines = lines};
}

START_TEST(a_leak_is_told_place_by_place)
{
    CLEANUP(told_done) struct told told = told_new(17 * KIB + 8, 0, 26 * KIB);
    tell(&told);
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    add_source(explanation, "    if (!handle || curl_easy_perform(handle) != CURLE_OK)");
    CLEANUP(freep) char *text = write_text(&told, explanation, &plain_style);
    ck_assert_str_eq(
        text, "LEAK  leaky  43.0 KiB per request, 100 % explained\n"
              "\n"
              "  1. connect_to client.c:57   92 %   39.8 KiB per request\n"
              "     61 blocks (17.0 KiB); 2 unix (15.2 KiB); 1 tcp to 127.0.0.1:80, ESTABLISHED "
              "(7.6 KiB)\n"
              "          56 |     CURL *handle = curl_easy_init();\n"
              "     >    57 |     if (!handle || curl_easy_perform(handle) != CURLE_OK)\n"
              "          58 |         return;\n"
              "     socketpair < connect_to client.c:57 < serve server.c:33 < main main.c:9\n"
              "     and 1 more stack\n"
              "  2. work hung.c:45   8 %   3.2 KiB per request\n"
              "     one thread every 4 requests (3.2 KiB)\n"
              "     waits in wait_for_answer hung.c:30\n"
              "     nanosleep < wait_for_answer hung.c:30 < start_thread\n"
              "     started by clone3 < pthread_create < work hung.c:45 < serve server.c:33 < main "
              "main.c:9\n"
              "\n"
              "  calls of what grows, from the outside in\n"
              "  100 %   43.0 KiB  main main.c:9\n"
              "  100 %   43.0 KiB    serve server.c:33\n"
              "   92 %   39.8 KiB      connect_to client.c:57\n"
              "   40 %   17.0 KiB        curl_easy_init\n"
              "   40 %   17.0 KiB          malloc\n"
              "   35 %   15.2 KiB        socketpair\n"
              "   18 %    7.6 KiB        socket\n"
              "    8 %    3.2 KiB      work hung.c:45\n"
              "    8 %    3.2 KiB        pthread_create\n"
              "    8 %    3.2 KiB          clone3\n"
              "\n"
              "  with     heaptrack: malloc took 1.4 times as long\n"
              "           pages: impossible: perf_event_open is not allowed\n"
              "  speed    no slower than without instruments\n"
              "  agrees   with the run without instruments\n"
              "  files    results/leaky/explain/explanation.json; profiles of every floor in\n"
              "           results/leaky/explain/collected/\n"
              "  next     go tool pprof -http=: results/leaky/explain/heap.grown.pb.gz\n"
              "\n");
}
END_TEST

START_TEST(where_nothing_grows_it_is_told_what_is_held)
{
    static const struct terminal_style ascii = {.width = 96};
    CLEANUP(told_done) struct told told = told_new(0, 0, 0);
    told_add(&told, "heap",
             "malloc@;table_new /opt/a/very/long/path/to/the/source/table.c:5;main main.c:9",
             told_steady(7e6, 0), told_steady(3, 0));
    told_add(&told, "threads", "poll@;loop server.c:33", none, told_steady(4, 0));
    told_records(&told);
    told.instrumented->verdict.kind = told.plain->verdict.kind = VERDICT_CLEAN;
    told.instrumented->verdict.cause = told.plain->verdict.cause = CAUSE_NONE;
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    CLEANUP(freep) char *text = write_text(&told, explanation, &ascii);
    ck_assert_str_eq(
        text, "NOTHING GROWS  leaky  clean (none); held at the last floor:\n"
              "\n"
              "  1. table_new table.c:5   6.7 MiB\n"
              "     3 blocks (6.7 MiB)\n"
              "     malloc < table_new table.c:5 < main main.c:9\n"
              "  2. loop server.c:33\n"
              "     4 threads\n"
              "     poll < loop server.c:33\n"
              "\n"
              "  holds    the floor stands at 8.1 MiB: 8.0 MiB private, 0 B shared, 64.0 KiB of "
              "the kernel\n"
              "  speed    no slower than without instruments\n"
              "  agrees   with the run without instruments\n"
              "  files    results/leaky/explain/explanation.json; profiles of every floor in\n"
              "           results/leaky/explain/collected/\n"
              "\n");
}
END_TEST

START_TEST(what_is_missing_and_what_differs_is_told)
{
    CLEANUP(told_done) struct told told = told_new(KIB, 0, 20 * KIB);
    told_records(&told);
    told.plain->verdict.growth.estimate *= 3;
    told.plain->verdict.growth.high = told.plain->verdict.growth.estimate;
    told.plain->verdict.growth.low = told.plain->verdict.growth.estimate;
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    CLEANUP(freep) char *text = write_text(&told, explanation, &plain_style);
    story_expect_text(text, "LEAK  leaky  21.0 KiB per request, 0 % explained\n");
    story_expect_text(text, "  missing  the kernel counted 20.0 KiB per request more");
    story_expect_text(text, "  differs  it grew by 63.0 KiB per request without");
    ck_assert_ptr_null(strstr(text, "go tool pprof"));
}
END_TEST

START_TEST(no_line_is_wider_than_the_terminal)
{
    CLEANUP(told_done) struct told told = told_new(17 * KIB + 8, 0, 26 * KIB);
    tell(&told);
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    add_source(
        explanation,
        "    a line of source that goes on and on and on and on and on and on and on and on");
    for (unsigned width = 60; width <= 120; width += 20) {
        const struct terminal_style style = {.utf8 = true, .width = width};
        CLEANUP(freep) char *text = write_text(&told, explanation, &style);
        char *rest = text;
        const char *line = NULL;
        while ((line = strsep(&rest, "\n")) != NULL)
            ck_assert_msg(line_text_columns(line) <= width || strstr(line, "results/") != NULL,
                          "%u: %s", width, line);
    }
}
END_TEST

START_TEST(colours_come_only_when_asked_for)
{
    static const struct terminal_style colored = {.color = true, .utf8 = true, .width = 96};
    CLEANUP(told_done) struct told told = told_new(17 * KIB + 8, 0, 26 * KIB);
    tell(&told);
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    CLEANUP(freep) char *with = write_text(&told, explanation, &colored);
    CLEANUP(freep) char *without = write_text(&told, explanation, &plain_style);
    story_expect_text(with, "\033[1;31mLEAK\033[0m");
    ck_assert_ptr_null(strchr(without, '\033'));
    /* The same words, otherwise. */
    char *to = with;
    for (const char *from = with; *from != '\0'; from++) {
        if (*from == '\033')
            from = strchr(from, 'm');
        else
            *to++ = *from;
    }
    *to = '\0';
    ck_assert_str_eq(with, without);
}
END_TEST

START_TEST(names_of_others_are_text)
{
    const char *hostile = hostile_texts[_i].text;
    CLEANUP(told_done) struct told told = told_new(17 * KIB + 8, 0, 26 * KIB);
    tell(&told);
    snprintf(told.plain->id, sizeof(told.plain->id), "%s", hostile);
    snprintf(told.instrumented->instruments[0].effect,
             sizeof(told.instrumented->instruments[0].effect), "%s", hostile);
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    add_source(explanation, hostile);
    for (unsigned i = 0; i < explanation->n_entries; i++) {
        struct explanation_entry *entry = &explanation->entries[i];
        for (unsigned k = 0; k < entry->n_frames; k++) {
            entry->frames[k].function = entry->frames[k].file = hostile;
            entry->frames[k].module = hostile;
        }
        for (unsigned k = 0; k < entry->n_parts; k++)
            entry->parts[k].label = hostile;
        if (i == 0)
            entry->parts[0].instrument = hostile;
    }
    for (unsigned i = 0; i < explanation->n_nodes; i++)
        explanation->nodes[i].frame.function = explanation->nodes[i].frame.file = hostile;
    snprintf(explanation->missing, sizeof(explanation->missing), "%s", hostile);
    snprintf(explanation->disagreement, sizeof(explanation->disagreement), "%s", hostile);
    explanation->agrees = false;
    CLEANUP(freep) char *text = write_text(&told, explanation, &plain_style);
    hostile_expect_harmless(hostile_texts[_i].name, text, strlen(text));
    explanation->grows = false;
    explanation->n_entries = 0;
    CLEANUP(freep) char *held = write_text(&told, explanation, &plain_style);
    hostile_expect_harmless(hostile_texts[_i].name, held, strlen(held));
}
END_TEST

START_TEST(counts_are_read_as_words)
{
    char text[300];
    const struct explanation_part blocks = {.instrument = "heap", .label = ""};
    const struct explanation_part sockets = {.instrument = "descriptors", .label = "unix"};
    const struct explanation_part pipes = {.instrument = "descriptors", .label = "pipe"};
    const struct explanation_part files = {.instrument = "files", .label = "shmem /dev/shm/x"};
    ck_assert_str_eq(explanation_text_count(&blocks, 61, "request", text, sizeof(text)),
                     "61 blocks");
    ck_assert_str_eq(explanation_text_count(&blocks, 1, "request", text, sizeof(text)), "1 block");
    ck_assert_str_eq(explanation_text_count(&blocks, 2.53, "request", text, sizeof(text)),
                     "2.53 blocks");
    ck_assert_str_eq(explanation_text_count(&blocks, 1.0 / 512, "request", text, sizeof(text)),
                     "one block every 512 requests");
    ck_assert_str_eq(explanation_text_count(&blocks, 0, "request", text, sizeof(text)), "");
    ck_assert_str_eq(explanation_text_count(&pipes, 2, "request", text, sizeof(text)), "2 pipes");
    ck_assert_str_eq(explanation_text_count(&pipes, 1, "request", text, sizeof(text)), "1 pipe");
    ck_assert_str_eq(explanation_text_count(&sockets, 2, "second", text, sizeof(text)), "2 unix");
    ck_assert_str_eq(explanation_text_count(&files, 0.5, "second", text, sizeof(text)),
                     "one file, shmem /dev/shm/x every 2 seconds");
    ck_assert_str_eq(explanation_text_count(&blocks, 0.25, NULL, text, sizeof(text)),
                     "0.25 blocks");
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("explanation_text");
    TCase *tcase = tcase_create("explanation_text");
    tcase_add_test(tcase, a_leak_is_told_place_by_place);
    tcase_add_test(tcase, where_nothing_grows_it_is_told_what_is_held);
    tcase_add_test(tcase, what_is_missing_and_what_differs_is_told);
    tcase_add_test(tcase, no_line_is_wider_than_the_terminal);
    tcase_add_test(tcase, colours_come_only_when_asked_for);
    tcase_add_loop_test(tcase, names_of_others_are_text, 0, (int)n_hostile_texts);
    tcase_add_test(tcase, counts_are_read_as_words);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(suite);
