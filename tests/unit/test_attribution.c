/* attribution: what a leak is made of, from the first floor to the last. */
#include "verdict/attribution.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"

#define CYCLES 5
#define WORK   (CYCLES * STORY_REQUESTS) /* requests between the two floors */

/* Two floors, WORK requests apart, with `private`, `kernel` and `shmem` bytes more at the second.
 */
struct pair {
    struct story story;
    struct survey *first;
    struct survey *last;
};

static struct pair make_pair(uint64_t private_bytes, uint64_t kernel_bytes, uint64_t shmem_bytes)
{
    struct pair pair = {.story = story_new()};
    story_cycles(&pair.story, CYCLES, 8 * STORY_MIB, 0);
    struct timeline *timeline = pair.story.timeline;
    pair.first = &timeline->cycles[1].floor;
    pair.last = &timeline->cycles[timeline->n_cycles - 1].floor;
    pair.last->value[SURVEY_PSS_ANON] += private_bytes;
    memory_sample_set(&pair.last->memory, MEMORY_KERNEL, kernel_bytes);
    memory_sample_set(&pair.last->memory, MEMORY_SLAB_UNRECLAIMABLE, kernel_bytes);
    memory_sample_set(&pair.last->memory, MEMORY_SHMEM, shmem_bytes);
    return pair;
}

static void pair_done(struct pair *pair)
{
    story_done(&pair->story);
}

static struct attribution attribute(const struct pair *pair)
{
    struct floor_series series;
    struct attribution attribution;
    indicators_floor_series(pair->story.timeline, 2, &series);
    ck_assert_uint_eq(series.n, CYCLES + 1);
    attribution_of_growth(&series, &attribution);
    return attribution;
}

static void expect_evidence(const struct attribution *attribution, const char *text)
{
    ck_assert_msg(strstr(attribution->evidence, text) != NULL, "found \"%s\", expected \"%s\"",
                  attribution->evidence, text);
}

START_TEST(private_memory_without_more_of_anything_is_heap)
{
    CLEANUP(pair_done) struct pair pair = make_pair(4 * STORY_MIB, STORY_MIB, 0);
    struct attribution attribution = attribute(&pair);
    ck_assert_int_eq(attribution.cause, CAUSE_HEAP);
    ck_assert(attribution.has_shares);
    ck_assert_double_eq_tol(attribution.share_user, 0.8, 1e-9);
    ck_assert_double_eq_tol(attribution.share_kernel, 0.2, 1e-9);
    ck_assert_double_eq(attribution.share_shmem, 0);
    expect_evidence(&attribution, "private memory holds 80 % of the growth");
    ck_assert_ptr_null(strstr(attribution.evidence, "process"));
}
END_TEST

START_TEST(of_several_processes_the_one_that_grew_is_named)
{
    CLEANUP(pair_done) struct pair pair = make_pair(4 * STORY_MIB, 0, 0);
    struct survey_process worker = {.pid = 101, .name = "worker", .anon_bytes = STORY_MIB};
    pair.first->processes[pair.first->n_processes++] = worker;
    worker.anon_bytes += 4 * STORY_MIB;
    pair.last->processes[pair.last->n_processes++] = worker;
    struct attribution attribution = attribute(&pair);
    expect_evidence(&attribution, ", in process 101 (worker)");
}
END_TEST

#define EACH ", each with 20.0 KiB in the kernel and 8.0 KiB of its own"

static const struct {
    uint64_t more;
    const char *text;
} paces[] = {
    {WORK, "one more thread per request" EACH},
    {WORK / 10, "one more thread every 10.0 requests" EACH},
    {2 * WORK, "2.0 more threads per request" EACH},
};

START_TEST(threads_that_carry_a_share_are_the_cause)
{
    CLEANUP(pair_done)
    struct pair pair = make_pair(paces[_i].more * 8192, paces[_i].more * 20480, 0);
    pair.last->value[SURVEY_THREADS] += paces[_i].more;
    pair.last->value[SURVEY_FD_SOCKET] += WORK; /* threads come first: the rest follows from them */
    struct attribution attribution = attribute(&pair);
    ck_assert_int_eq(attribution.cause, CAUSE_THREADS);
    ck_assert_str_eq(attribution.evidence, paces[_i].text);
}
END_TEST

START_TEST(a_few_more_threads_do_not_explain_much_memory)
{
    CLEANUP(pair_done) struct pair pair = make_pair(100 * STORY_MIB, 0, 0);
    pair.last->value[SURVEY_THREADS] += 20;
    ck_assert_int_eq(attribute(&pair).cause, CAUSE_HEAP);
    pair.last->value[SURVEY_PSS_ANON] -= 99 * STORY_MIB; /* now they would: but three are chance */
    pair.last->value[SURVEY_THREADS] -= 17;
    ck_assert_int_eq(attribute(&pair).cause, CAUSE_HEAP);
}
END_TEST

static void add_group(struct survey_group *groups, unsigned *n, const char *name, uint64_t count)
{
    strcpy(groups[*n].name, name);
    groups[*n].bytes = SURVEY_ABSENT;
    groups[(*n)++].count = count;
}

static void add_file(struct survey *survey, const char *name, uint64_t bytes)
{
    add_group(survey->files, &survey->n_files, name, 1);
    survey->files[survey->n_files - 1].bytes = bytes;
}

START_TEST(sockets_are_named_by_state_and_peer)
{
    CLEANUP(pair_done) struct pair pair = make_pair(0, WORK * 4096, 0);
    pair.last->value[SURVEY_FD_SOCKET] += WORK;
    add_group(pair.first->sockets, &pair.first->n_sockets, "ESTABLISHED 127.0.0.1:9001", 1);
    add_group(pair.last->sockets, &pair.last->n_sockets, "LISTEN 127.0.0.1:80", 1);
    add_group(pair.last->sockets, &pair.last->n_sockets, "ESTABLISHED 127.0.0.1:9001", WORK + 1);
    struct attribution attribution = attribute(&pair);
    ck_assert_int_eq(attribution.cause, CAUSE_SOCKETS);
    ck_assert_str_eq(attribution.evidence,
                     "one more open socket per request, ESTABLISHED to 127.0.0.1:9001");
}
END_TEST

START_TEST(a_peer_says_more_than_the_socket_pairs_beside_it)
{
    CLEANUP(pair_done) struct pair pair = make_pair(WORK * 16384, WORK * 12288, 0);
    pair.last->value[SURVEY_FD_SOCKET] += 3 * WORK;
    add_group(pair.last->sockets, &pair.last->n_sockets, "unix CONNECTED", 2 * WORK);
    add_group(pair.last->sockets, &pair.last->n_sockets, "ESTABLISHED 127.0.0.1:9001", WORK);
    struct attribution attribution = attribute(&pair);
    ck_assert_str_eq(attribution.evidence,
                     "one more open socket per request, ESTABLISHED to 127.0.0.1:9001 (and 2.0 "
                     "others with it)");
}
END_TEST

START_TEST(socket_pairs_alone_are_named_as_such)
{
    CLEANUP(pair_done) struct pair pair = make_pair(0, WORK * 4096, 0);
    pair.last->value[SURVEY_FD_SOCKET] += 2 * WORK;
    add_group(pair.last->sockets, &pair.last->n_sockets, "unix CONNECTED", 2 * WORK);
    struct attribution attribution = attribute(&pair);
    ck_assert_str_eq(attribution.evidence, "2.0 more open sockets per request, unix CONNECTED");
}
END_TEST

START_TEST(sockets_without_a_state_are_counted)
{
    CLEANUP(pair_done) struct pair pair = make_pair(0, WORK * 4096, 0);
    pair.last->value[SURVEY_FD_SOCKET] += WORK;
    struct attribution attribution = attribute(&pair);
    ck_assert_str_eq(attribution.evidence, "one more open socket per request");
}
END_TEST

START_TEST(open_files_are_named_by_path)
{
    CLEANUP(pair_done) struct pair pair = make_pair(WORK * 512, WORK * 256, 0);
    pair.last->value[SURVEY_FD_FILE] += WORK;
    add_group(pair.last->files, &pair.last->n_files, "/var/tmp/report.txt", WORK);
    struct attribution attribution = attribute(&pair);
    ck_assert_int_eq(attribution.cause, CAUSE_FILES);
    ck_assert_str_eq(attribution.evidence, "one more open file per request, /var/tmp/report.txt");
}
END_TEST

START_TEST(shared_memory_and_kernel_memory_are_told_by_their_share)
{
    CLEANUP(pair_done) struct pair shared = make_pair(STORY_MIB, 0, 3 * STORY_MIB);
    struct attribution attribution = attribute(&shared);
    ck_assert_int_eq(attribution.cause, CAUSE_SHMEM);
    expect_evidence(&attribution, "75 %");
    CLEANUP(pair_done) struct pair kernel = make_pair(STORY_MIB, 3 * STORY_MIB, 0);
    attribution = attribute(&kernel);
    ck_assert_int_eq(attribution.cause, CAUSE_KERNEL);
    expect_evidence(&attribution, "kernel memory holds 75 %");
}
END_TEST

START_TEST(a_file_in_memory_that_grew_is_named)
{
    CLEANUP(pair_done) struct pair pair = make_pair(0, 0, 3 * STORY_MIB);
    for (int i = 0; i < 2; i++) {
        struct survey *survey = i == 0 ? pair.first : pair.last;
        add_file(survey, "/var/disk.log", SURVEY_ABSENT);
        add_file(survey, "/dev/shm/ring", 8 * STORY_MIB);
        add_file(survey, "/dev/shm/service.log (deleted)", (1 + 2 * (uint64_t)i) * STORY_MIB);
    }
    struct attribution attribution = attribute(&pair);
    ck_assert_int_eq(attribution.cause, CAUSE_SHMEM);
    expect_evidence(&attribution,
                    "100 % of the growth; /dev/shm/service.log (deleted) grew by 2.0 MiB");

    memory_sample_set(&pair.last->memory, MEMORY_SHMEM, 5 * STORY_MIB); /* it cannot be that one */
    attribution = attribute(&pair);
    ck_assert_ptr_null(strstr(attribution.evidence, "service.log"));
}
END_TEST

START_TEST(a_mapping_for_every_request_is_the_cause)
{
    CLEANUP(pair_done) struct pair pair = make_pair(WORK * 8192, 0, 0);
    pair.last->value[SURVEY_MAPPINGS] += WORK;
    struct attribution attribution = attribute(&pair);
    ck_assert_int_eq(attribution.cause, CAUSE_MAPPINGS);
    ck_assert_str_eq(attribution.evidence, "one more mapping per request");
    pair.last->value[SURVEY_MAPPINGS] -= 3 * WORK / 4; /* arenas map now and then */
    ck_assert_int_eq(attribute(&pair).cause, CAUSE_HEAP);
}
END_TEST

START_TEST(what_could_not_be_counted_is_no_cause)
{
    CLEANUP(pair_done) struct pair pair = make_pair(4 * STORY_MIB, 0, 0);
    pair.first->value[SURVEY_THREADS] = SURVEY_ABSENT;
    pair.last->value[SURVEY_FD_SOCKET] = SURVEY_ABSENT;
    pair.last->value[SURVEY_THREADS] = 100000;
    ck_assert_int_eq(attribute(&pair).cause, CAUSE_HEAP);
}
END_TEST

START_TEST(without_growth_there_are_no_shares)
{
    CLEANUP(pair_done) struct pair pair = make_pair(0, 0, 0);
    struct attribution attribution = attribute(&pair);
    ck_assert(!attribution.has_shares);
    ck_assert_str_eq(attribution.evidence, "");
    struct floor_series none = {.n = 0};
    attribution_of_growth(&none, &attribution);
    ck_assert(!attribution.has_shares);
}
END_TEST

START_TEST(files_are_seen_beside_a_heap_that_proves_nothing)
{
    static const struct {
        uint64_t kernel_bytes;
        uint64_t files;
        bool expected;
    } beside[] = {
        {(uint64_t)WORK * 560, WORK, true},
        {(uint64_t)WORK * 560, WORK / 10, true},
        {(uint64_t)WORK * 560, WORK / 20, false}, /* too few of them */
        {8 * STORY_MIB, WORK / 10, false},        /* too little of what grew */
        {0, WORK, false},                         /* nothing grew beside the heap */
    };
    CLEANUP(pair_done)
    struct pair pair = make_pair((uint64_t)WORK * 11264, beside[_i].kernel_bytes, 0);
    struct floor_series series;
    struct attribution attribution;
    pair.last->value[SURVEY_FD_FILE] += beside[_i].files;
    indicators_floor_series(pair.story.timeline, 2, &series);
    ck_assert_int_eq(attribute(&pair).cause, CAUSE_HEAP);
    ck_assert(attribution_beside_heap(&series, &attribution) == beside[_i].expected);
    if (!beside[_i].expected)
        return;
    ck_assert_int_eq(attribution.cause, CAUSE_FILES);
    expect_evidence(&attribution, "open file ");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("attribution");
    TCase *counts = tcase_create("counts");
    TCase *bytes = tcase_create("bytes");
    tcase_add_loop_test(counts, threads_that_carry_a_share_are_the_cause, 0,
                        (int)ARRAY_LENGTH(paces));
    tcase_add_test(counts, a_few_more_threads_do_not_explain_much_memory);
    tcase_add_test(counts, sockets_are_named_by_state_and_peer);
    tcase_add_test(counts, a_peer_says_more_than_the_socket_pairs_beside_it);
    tcase_add_test(counts, socket_pairs_alone_are_named_as_such);
    tcase_add_test(counts, sockets_without_a_state_are_counted);
    tcase_add_test(counts, open_files_are_named_by_path);
    tcase_add_test(counts, a_mapping_for_every_request_is_the_cause);
    tcase_add_test(counts, what_could_not_be_counted_is_no_cause);
    tcase_add_test(bytes, private_memory_without_more_of_anything_is_heap);
    tcase_add_test(bytes, of_several_processes_the_one_that_grew_is_named);
    tcase_add_test(bytes, shared_memory_and_kernel_memory_are_told_by_their_share);
    tcase_add_test(bytes, a_file_in_memory_that_grew_is_named);
    tcase_add_test(bytes, without_growth_there_are_no_shares);
    tcase_add_loop_test(bytes, files_are_seen_beside_a_heap_that_proves_nothing, 0, 5);
    suite_add_tcase(s, counts);
    suite_add_tcase(s, bytes);
    return s;
}

CHECK_MAIN(suite);
