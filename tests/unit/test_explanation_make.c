/* Explanations of runs made by hand: whose growth it is, and how much of it. */
#include "explain/explanation.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/told.h"

#define KIB 1024.0

static const struct told_values none;

START_TEST(the_place_that_grows_is_first_and_explains_it)
{
    CLEANUP(told_done) struct told told = told_new(4096, 0, 0);
    told_add(&told, "heap", "malloc@;leak leak.c:41;serve server.c:33;main main.c:9",
             told_steady(8192, 4000), told_steady(2, 1));
    told_add(&told, "heap", "malloc@;cache_new cache.c:12;main main.c:9", told_steady(4e6, 0),
             told_steady(64, 0));
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert(explanation->grows && explanation->agrees && !explanation->by_time);
    ck_assert_double_eq_tol(explanation->measured_rate, 4096, 1);
    ck_assert_double_eq_tol(explanation->share, 4000.0 / 4096, 1e-3);
    ck_assert_uint_eq(explanation->n_entries, 1);
    const struct explanation_entry *entry = &explanation->entries[0];
    const struct explanation_frame *place = explanation_place(entry);
    ck_assert_str_eq(place->function, "leak");
    ck_assert_str_eq(place->file, "leak.c");
    ck_assert_int_eq(place->line, 41);
    ck_assert_uint_eq(entry->n_frames, 4);
    ck_assert_str_eq(entry->frames[0].function, "malloc");
    ck_assert(entry->frames[0].is_system && !place->is_system);
    ck_assert_double_eq_tol(entry->bytes_per_request, 4000, 1);
    ck_assert_double_eq_tol(told_part(entry, "heap", "")->objects_per_request, 1, 1e-6);
    ck_assert_str_eq(explanation->missing, "");
    ck_assert_uint_gt(explanation->n_held, 1);
    ck_assert_double_eq_tol(explanation->slowdown, 1, 1e-9);
}
END_TEST

START_TEST(stacks_of_one_line_are_one_entry)
{
    CLEANUP(told_done) struct told told = told_new(1000, 0, 0);
    told_add(&told, "heap", "malloc@;leak leak.c:41;a x.c:1;main main.c:9", told_steady(0, 600),
             told_steady(0, 1));
    told_add(&told, "heap", "malloc@;leak leak.c:41;b x.c:2;main main.c:9", told_steady(0, 200),
             told_steady(0, 1));
    told_add(&told, "heap", "malloc@;leak leak.c:41;leak leak.c:44;b x.c:2;main main.c:9",
             told_steady(0, 200), told_steady(0, 1));
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert_uint_eq(explanation->n_entries, 1);
    ck_assert_double_eq_tol(explanation->entries[0].share, 1, 1e-3);
    ck_assert_uint_eq(explanation->entries[0].more_stacks, 2);
    ck_assert_str_eq(explanation->entries[0].frames[2].function, "a"); /* that grows most */
}
END_TEST

/* A socket is heap, a descriptor and kernel memory. */
static void tell_of_sockets(struct told *told)
{
    const char *open = ";connect_to client.c:57;serve server.c:33;main main.c:9";
    char stack[256];
    snprintf(stack, sizeof(stack), "malloc@;Curl_alloc@%s", open);
    told_add(told, "heap", stack, told_steady(0, 17 * KIB), told_steady(0, 61));
    snprintf(stack, sizeof(stack), "[tcp to 127.0.0.1:80, ESTABLISHED];socket@%s", open);
    told_add(told, "descriptors", stack, none, told_steady(1, 1));
    snprintf(stack, sizeof(stack), "[unix];socketpair@%s", open);
    told_add(told, "descriptors", stack, none, told_steady(0, 2));
    told_add(told, "descriptors", "[tcp, LISTEN];socket@;listen_on server.c:9", none,
             told_steady(1, 0));
}

START_TEST(what_instruments_say_of_one_place_is_one_entry)
{
    CLEANUP(told_done) struct told told = told_new(17 * KIB, 0, 2 * KIB);
    for (size_t i = 2; i < TOLD_FLOORS; i++) /* buffers are counted apart, and are TCP's */
        memory_sample_set(&told.story.timeline->cycles[i].floor.memory, MEMORY_SOCK,
                          (uint64_t)((double)(i - 1) * TOLD_REQUESTS * 18 * KIB));
    tell_of_sockets(&told);
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert_uint_eq(explanation->n_entries, 1);
    const struct explanation_entry *entry = told_entry(explanation, "connect_to");
    ck_assert_double_eq_tol(entry->bytes_per_request, 37 * KIB, 40);
    ck_assert_double_eq_tol(entry->share, 1, 1e-3);
    ck_assert_uint_eq(entry->n_parts, 3);
    const struct explanation_part *tcp =
        told_part(entry, "descriptors", "tcp to 127.0.0.1:80, ESTABLISHED");
    ck_assert_double_eq_tol(tcp->objects_per_request, 1, 1e-6);
    ck_assert_double_eq_tol(tcp->bytes_per_request, 18 * KIB + 2 * KIB / 3, 10);
    ck_assert_double_eq_tol(tcp->held_objects, 1251, 1e-6);
    ck_assert_double_eq_tol(told_part(entry, "heap", "")->bytes_per_request, 17 * KIB, 20);
}
END_TEST

START_TEST(threads_take_what_the_kernel_keeps_and_tell_of_two_places)
{
    const char *origin = "[started by];clone3@;pthread_create@;work hung.c:45;main main.c:9";
    char stack[256];
    CLEANUP(told_done) struct told told = told_new(40 * KIB, 0, 29 * KIB);
    for (size_t i = 2; i < TOLD_FLOORS; i++)
        memory_sample_set(&told.story.timeline->cycles[i].floor.memory, MEMORY_KERNEL_STACK,
                          (uint64_t)((double)(i - 1) * TOLD_REQUESTS * 16 * KIB));
    snprintf(stack, sizeof(stack), "nanosleep@;wait_for_answer hung.c:30;start_thread@;%s", origin);
    told_add(&told, "threads", stack, none, told_steady(0, 1));
    told_add(&told, "threads", "poll@;serve server.c:33;main main.c:9", none, told_steady(4, 0));
    told_add(&told, "mappings", "mmap@;pthread_create@;work hung.c:45;main main.c:9",
             told_steady(0, 40 * KIB), told_steady(0, 1));
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert_uint_eq(explanation->n_entries, 1);
    const struct explanation_entry *entry = &explanation->entries[0];
    ck_assert_str_eq(explanation_place(entry)->function, "work");
    ck_assert_int_eq(explanation_place(entry)->line, 45);
    ck_assert_str_eq(entry->frames[entry->line_frame].function, "wait_for_answer");
    ck_assert_str_eq(entry->frames[entry->origin].function, "clone3");
    ck_assert_double_eq_tol(told_part(entry, "threads", "")->bytes_per_request, 29 * KIB, 40);
    ck_assert_double_eq_tol(told_part(entry, "mappings", "")->bytes_per_request, 40 * KIB, 50);
    ck_assert_double_eq_tol(explanation->share, 1, 1e-3);
}
END_TEST

START_TEST(a_thread_whose_start_is_not_known_is_where_it_waits)
{
    CLEANUP(told_done) struct told told = told_new(0, 0, 29 * KIB);
    told_add(&told, "threads", "nanosleep@;wait_for_answer hung.c:30;start_thread@", none,
             told_steady(0, 1));
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    const struct explanation_entry *entry = told_entry(explanation, "wait_for_answer");
    ck_assert_uint_eq(entry->origin, entry->n_frames);
    ck_assert_uint_eq(entry->origin_frame, entry->n_frames);
    ck_assert_double_ge(entry->share, 0.4);
}
END_TEST

START_TEST(no_byte_is_explained_twice)
{
    /* A block of its own mapping: in heap, in mappings, in pages. */
    CLEANUP(told_done) struct told told = told_new(256 * KIB, 0, 0);
    told_add(&told, "heap", "malloc@;leak leak.c:41;main main.c:9", told_steady(0, 256 * KIB),
             told_steady(0, 1));
    told_add(&told, "mappings", "mmap@;sysmalloc@;malloc@;leak leak.c:41;main main.c:9",
             told_steady(0, 256 * KIB), told_steady(0, 1));
    told_add(&told, "pages", "memset@;fill leak.c:50;main main.c:9", told_steady(0, 256 * KIB),
             told_steady(0, 64));
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert_uint_eq(explanation->n_entries, 1);
    const struct explanation_entry *entry = told_entry(explanation, "leak");
    ck_assert_uint_eq(entry->n_parts, 1);
    ck_assert_str_eq(entry->parts[0].instrument, "heap");
    ck_assert_double_eq_tol(entry->bytes_per_request, 256 * KIB, 300);
    ck_assert_double_eq_tol(explanation->explained_rate, 256 * KIB, 300);
}
END_TEST

START_TEST(what_the_allocator_maps_beyond_its_blocks_counts)
{
    /* An arena for each thread: 8 KiB resident, of which a block has 1. */
    CLEANUP(told_done) struct told told = told_new(8 * KIB, 0, 0);
    told_add(&told, "heap", "malloc@;greet arena.c:41;main main.c:9", told_steady(0, KIB),
             told_steady(0, 1));
    told_add(&told, "mappings",
             "mmap@;new_heap@;arena_get2@;malloc@;greet arena.c:41;main main.c:9",
             told_steady(0, 8 * KIB), told_steady(0, 1));
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert_uint_eq(explanation->n_entries, 1);
    ck_assert_double_eq_tol(explanation->entries[0].bytes_per_request, 8 * KIB, 10);
    ck_assert_double_eq_tol(told_part(&explanation->entries[0], "mappings", "")->bytes_per_request,
                            7 * KIB, 10);
}
END_TEST

START_TEST(a_descriptor_takes_no_more_than_it_can)
{
    CLEANUP(told_done) struct told told = told_new(0, 0, 1024 * KIB);
    told_add(&told, "descriptors", "[eventfd];eventfd@;notify event.c:4;main main.c:9", none,
             told_steady(0, 1));
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert_double_eq_tol(told_entry(explanation, "notify")->bytes_per_request, 16 * KIB, 10);
    ck_assert_double_lt(explanation->share, 0.02);
    story_expect_text(explanation->missing, "than threads and descriptors account for");
}
END_TEST

START_TEST(blocks_that_kept_their_number_are_told_by_their_bytes)
{
    static const double twice[] = {0, 262144, 262144, 524288, 524288, 1048576, 1048576};
    CLEANUP(told_done) struct told told = told_new(0, 0, 0);
    for (size_t i = 0; i < TOLD_FLOORS; i++) {
        struct survey *floor = &told.story.timeline->cycles[i].floor;
        floor->value[SURVEY_PSS_ANON] += (uint64_t)twice[i];
    }
    for (size_t i = 2; i < TOLD_FLOORS; i++)
        told.story.timeline->cycles[i].counts.ok += 7 * i * i; /* no round numbers */
    told_add(&told, "heap", "realloc@;grow array.c:31;main main.c:9", told_at(twice),
             told_steady(999999937, 0));
    told_records(&told);
    told.instrumented->verdict.kind = told.plain->verdict.kind = VERDICT_LEAK;
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert_double_eq_tol(told_entry(explanation, "grow")->share, 1, 1e-3);
    ck_assert_double_eq(told_entry(explanation, "grow")->parts[0].objects_per_request, 0);
}
END_TEST

START_TEST(heap_and_mappings_add_up)
{
    CLEANUP(told_done) struct told told = told_new(12 * KIB, 0, 0);
    told_add(&told, "heap", "malloc@;leak leak.c:41;main main.c:9", told_steady(0, 4 * KIB),
             told_steady(0, 1));
    told_add(&told, "mappings", "mmap@;map_more map.c:7;main main.c:9", told_steady(0, 8 * KIB),
             told_steady(0, 1));
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert_uint_eq(explanation->n_entries, 2);
    ck_assert_str_eq(explanation_place(&explanation->entries[0])->function, "map_more");
    ck_assert_double_eq_tol(told_entry(explanation, "leak")->share, 1.0 / 3, 1e-3);
    ck_assert_double_eq_tol(explanation->share, 1, 1e-3);
}
END_TEST

START_TEST(memory_that_nobody_touched_is_left_to_pages)
{
    CLEANUP(told_done) struct told told = told_new(4 * KIB, 0, 0);
    told_add(&told, "heap", "malloc@;reserve big.c:3;main main.c:9", told_steady(0, 64 * KIB),
             told_steady(0, 1));
    struct told_site *pages = told_add(&told, "pages", "append big.c:20;main main.c:9",
                                       told_steady(0, 4 * KIB), told_steady(0, 1));
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert_str_eq(explanation_place(&explanation->entries[0])->function, "append");
    ck_assert_double_eq_tol(explanation->entries[0].share, 1, 1e-3);
    explanation_freep(&explanation);

    /* Without pages the heap is all that is known, and no more than all. */
    pages->bytes = told_steady(0, 0);
    pages->objects = none;
    explanation = told_explain(&told);
    ck_assert_str_eq(explanation_place(&explanation->entries[0])->function, "reserve");
    ck_assert_double_eq_tol(explanation->share, 1, 1e-6);
    ck_assert_double_eq_tol(explanation->entries[0].bytes_per_request, 4 * KIB, 5);
}
END_TEST

START_TEST(pages_explain_where_the_heap_hardly_does)
{
    CLEANUP(told_done) struct told told = told_new(4 * KIB, 0, 0);
    told_add(&told, "heap", "malloc@;leak leak.c:41;main main.c:9", told_steady(0, KIB),
             told_steady(0, 1));
    told_add(&told, "pages", "push array.c:20;main main.c:9", told_steady(0, 3.9 * KIB),
             told_steady(0, 1));
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert_str_eq(explanation_place(&explanation->entries[0])->function, "push");
    ck_assert_double_ge(explanation->share, 0.95);
    ck_assert_double_eq(told_entry(explanation, "push")->parts[0].objects_per_request, 1);
}
END_TEST

START_TEST(a_runtime_goes_before_the_heap_beneath_it)
{
    CLEANUP(told_done) struct told told = told_new(4 * KIB, 0, 0);
    told_add(&told, "heap", "malloc@;pymalloc obmalloc.c:9;main python.c:9",
             told_steady(0, 4 * KIB), told_steady(0, 1));
    told_add(&told, "python", "keep app.py:7;handle app.py:20", told_steady(0, 3.8 * KIB),
             told_steady(0, 12));
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert_str_eq(explanation_place(&explanation->entries[0])->function, "keep");
    ck_assert_double_ge(explanation->entries[0].share, 0.9);
}
END_TEST

START_TEST(shared_memory_is_explained_by_its_mapping)
{
    CLEANUP(told_done) struct told told = told_new(0, 8 * KIB, KIB);
    told_add(&told, "mappings", "[shared];mmap@;frame shm.c:36;main main.c:9",
             told_steady(0, 8 * KIB), told_steady(0, 1));
    told_add(&told, "files", "[memfd frame]", told_steady(0, 8 * KIB), told_steady(0, 1));
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    const struct explanation_entry *entry = told_entry(explanation, "frame");
    ck_assert_double_ge(entry->share, 0.95);
    ck_assert_double_eq_tol(explanation->explained_rate, 9 * KIB, 20);
}
END_TEST

START_TEST(a_file_is_shown_where_it_was_opened)
{
    CLEANUP(told_done) struct told told = told_new(0, 8 * KIB, 0);
    told_add(&told, "descriptors", "[memfd frame];memfd_create@;frame shm.c:30;main main.c:9", none,
             told_steady(0, 1));
    told_add(&told, "files", "[memfd frame]", told_steady(0, 8 * KIB), told_steady(0, 1));
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert_uint_eq(explanation->n_entries, 1);
    const struct explanation_entry *entry = told_entry(explanation, "frame");
    ck_assert_double_eq_tol(entry->share, 1, 1e-2);
    ck_assert_double_eq_tol(told_part(entry, "files", "memfd frame")->bytes_per_request, 8 * KIB,
                            20);
    ck_assert_double_eq_tol(told_part(entry, "descriptors", "memfd frame")->objects_per_request, 1,
                            1e-6);
}
END_TEST

START_TEST(page_cache_is_no_shared_memory)
{
    CLEANUP(told_done) struct told told = told_new(0, 4 * KIB, 0);
    told_add(&told, "files", "[shmem {data}/journal.log, deleted]", told_steady(0, 4 * KIB),
             told_steady(1, 0));
    told_add(&told, "files", "[cache {data}/other.log]", told_steady(0, 4 * KIB),
             told_steady(1, 0));
    told_add(&told, "descriptors",
             "[file /var/data/journal.log];open@;open_log log.c:40;main main.c:9", none,
             told_steady(1, 0));
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert_uint_eq(explanation->n_entries, 1);
    ck_assert_double_eq_tol(told_entry(explanation, "open_log")->share, 1, 1e-2);
}
END_TEST

START_TEST(goroutines_take_what_the_heap_of_go_leaves)
{
    CLEANUP(told_done) struct told told = told_new(6 * KIB, 0, 0);
    told_add(&told, "go-heap",
             "runtime.malg;runtime.newproc1;main.hang main.go:30;main.main main.go:9",
             told_steady(0, KIB), told_steady(0, 1));
    told_add(&told, "go-goroutines", "runtime.gopark;time.Sleep;main.wait main.go:34", none,
             told_steady(5, 1));
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert_str_eq(explanation_place(&explanation->entries[0])->function, "main.wait");
    ck_assert_double_eq_tol(explanation->entries[0].bytes_per_request, 5 * KIB, 20);
    ck_assert_double_eq_tol(
        told_part(&explanation->entries[0], "go-goroutines", "")->objects_per_request, 1, 1e-6);
}
END_TEST

START_TEST(files_that_differ_in_their_numbers_are_one_place)
{
    CLEANUP(told_done) struct told told = told_new(0, 4 * KIB, 0);
    for (unsigned i = 0; i < 5; i++) {
        char label[64];
        double at[TOLD_FLOORS] = {0};
        double one[TOLD_FLOORS] = {0};
        for (size_t k = i + 2; k < TOLD_FLOORS; k++) {
            at[k] = 4 * KIB * TOLD_REQUESTS;
            one[k] = 1;
        }
        snprintf(label, sizeof(label), "[shmem /dev/shm/report-%u.txt]", i);
        told_add(&told, "files", label, told_at(at), told_at(one));
    }
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert_uint_eq(explanation->n_entries, 1);
    ck_assert_double_eq_tol(explanation->entries[0].share, 1, 1e-3);
    ck_assert_str_eq(explanation->entries[0].parts[0].label, "shmem /dev/shm/report-*.txt");
}
END_TEST

START_TEST(what_moves_but_does_not_grow_is_no_entry)
{
    static const double once[] = {0, 0, 0, 1 << 20, 1 << 20, 1 << 20, 1 << 20};
    static const double cache[] = {0, 0, 2e5, 3e5, 3.4e5, 3.5e5, 3.5e5};
    CLEANUP(told_done) struct told told = told_new(1000, 0, 0);
    told_add(&told, "heap", "malloc@;leak leak.c:41;main main.c:9", told_steady(0, 1000),
             told_steady(0, 1));
    told_add(&told, "heap", "malloc@;enlarge once.c:4;main main.c:9", told_at(once),
             told_steady(1, 0));
    told_add(&told, "heap", "malloc@;remember cache.c:4;main main.c:9", told_at(cache),
             told_steady(1, 0));
    told_add(&told, "heap", "[before]", told_steady(0, 500), told_steady(0, 1));
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert_uint_eq(explanation->n_entries, 1);
    ck_assert_str_eq(explanation_place(&explanation->entries[0])->function, "leak");
    ck_assert_double_eq_tol(explanation->entries[0].bytes_per_request, 1000, 1);
}
END_TEST

START_TEST(a_program_without_lines_is_told_by_its_function)
{
    CLEANUP(told_done) struct told told = told_new(1000, 0, 0);
    told_add(&told, "heap", "malloc@;0x1234;0x2000", told_steady(0, 1000), told_steady(0, 1));
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    const struct explanation_frame *place = explanation_place(&explanation->entries[0]);
    ck_assert_str_eq(place->function, "0x1234");
    ck_assert_str_eq(place->module, "/srv/app");
    ck_assert_int_eq(place->line, 0);
}
END_TEST

START_TEST(one_library_with_two_names_is_one_caller)
{
    CLEANUP(told_done) struct told told = told_new(2000, 0, 0);
    told_add(&told, "heap", "malloc@;leak leak.c:41;start_thread@", told_steady(0, 1000),
             told_steady(0, 1));
    told_add(&told, "mappings", "mmap%;other leak.c:50;start_thread%", told_steady(0, 1000),
             told_steady(0, 1));
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert_str_eq(explanation->nodes[0].frame.function, "start_thread");
    ck_assert_double_eq_tol(explanation->nodes[0].bytes_per_request, 2000, 1);
}
END_TEST

START_TEST(the_tree_adds_up)
{
    CLEANUP(told_done) struct told told = told_new(1000, 0, 0);
    told_add(&told, "heap", "malloc@;leak leak.c:41;a x.c:1;main main.c:9", told_steady(0, 600),
             told_steady(0, 1));
    told_add(&told, "heap", "malloc@;leak leak.c:41;b x.c:2;main main.c:9", told_steady(0, 396),
             told_steady(0, 1));
    told_add(&told, "heap", "malloc@;small x.c:9;main main.c:9", told_steady(0, 4),
             told_steady(0, 1));
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert_uint_eq(explanation->n_nodes, 7); /* not the one below 1 % */
    ck_assert_int_eq(explanation->nodes[0].parent, -1);
    ck_assert_str_eq(explanation->nodes[0].frame.function, "main");
    ck_assert_double_eq_tol(explanation->nodes[0].bytes_per_request, 1000, 1);
    ck_assert_str_eq(explanation->nodes[1].frame.function, "a");
    ck_assert_double_eq_tol(explanation->nodes[1].bytes_per_request, 600, 1);
    for (unsigned i = 1; i < explanation->n_nodes; i++)
        ck_assert_int_lt(explanation->nodes[i].parent, (int64_t)i);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("explanation_make");
    TCase *tcase = tcase_create("explanation_make");
    tcase_add_test(tcase, the_place_that_grows_is_first_and_explains_it);
    tcase_add_test(tcase, stacks_of_one_line_are_one_entry);
    tcase_add_test(tcase, what_instruments_say_of_one_place_is_one_entry);
    tcase_add_test(tcase, threads_take_what_the_kernel_keeps_and_tell_of_two_places);
    tcase_add_test(tcase, a_thread_whose_start_is_not_known_is_where_it_waits);
    tcase_add_test(tcase, no_byte_is_explained_twice);
    tcase_add_test(tcase, what_the_allocator_maps_beyond_its_blocks_counts);
    tcase_add_test(tcase, a_descriptor_takes_no_more_than_it_can);
    tcase_add_test(tcase, blocks_that_kept_their_number_are_told_by_their_bytes);
    tcase_add_test(tcase, heap_and_mappings_add_up);
    tcase_add_test(tcase, memory_that_nobody_touched_is_left_to_pages);
    tcase_add_test(tcase, pages_explain_where_the_heap_hardly_does);
    tcase_add_test(tcase, a_runtime_goes_before_the_heap_beneath_it);
    tcase_add_test(tcase, shared_memory_is_explained_by_its_mapping);
    tcase_add_test(tcase, a_file_is_shown_where_it_was_opened);
    tcase_add_test(tcase, page_cache_is_no_shared_memory);
    tcase_add_test(tcase, goroutines_take_what_the_heap_of_go_leaves);
    tcase_add_test(tcase, files_that_differ_in_their_numbers_are_one_place);
    tcase_add_test(tcase, what_moves_but_does_not_grow_is_no_entry);
    tcase_add_test(tcase, a_program_without_lines_is_told_by_its_function);
    tcase_add_test(tcase, one_library_with_two_names_is_one_caller);
    tcase_add_test(tcase, the_tree_adds_up);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(suite);
