/* flame: a tree whose sums are exact, however little of it is shown. */
#include "profile/flame.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/profiles.h"
#include "tests/support/random.h"

/* A line for each node, indented by how deep it is. */
static void flame_lines(const struct flame *flame, struct buffer *text)
{
    for (size_t i = 0; i < flame->n_nodes; i++) {
        const struct flame_node *node = &flame->nodes[i];
        for (int64_t at = node->parent; at >= 0; at = flame->nodes[at].parent)
            buffer_append_text(text, " ", NULL);
        const char *name = node->frame == FLAME_ROOT ? "all"
                           : node->frame == FLAME_OTHER
                               ? "(other)"
                               : flame->profile->frames[node->frame].function;
        buffer_printf(text, NULL, "%s %lld\n", name, (long long)node->value);
    }
}

static void expect_flame(const char *folded, size_t nodes_max, const char *expected)
{
    CLEANUP(profile_freep) struct profile *profile = profiles_make(folded);
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(100000);
    CLEANUP(flame_done) struct flame flame = {.nodes = NULL};
    ck_assert_int_eq(flame_make(profile, 0, nodes_max, &flame, NULL), 0);
    flame_lines(&flame, &text);
    ck_assert_str_eq(buffer_text(&text), expected);
    ck_assert_uint_le(flame.n_nodes, nodes_max);
}

START_TEST(calls_hang_on_their_callers_the_largest_first)
{
    expect_flame("main;a;x 1\nmain;b 5\nmain;a;y 2\nmain;a 4\nother 20\nmain;a;x 2\n", 100,
                 "all 34\n"
                 " other 20\n"
                 " main 14\n"
                 "  a 9\n"
                 "   x 3\n"
                 "   y 2\n"
                 "  b 5\n");
    expect_flame("", 100, "all 0\n");
    expect_flame("a;a;a 1\n", 100, "all 1\n a 1\n  a 1\n   a 1\n");
}
END_TEST

START_TEST(what_shrank_has_no_width)
{
    CLEANUP(profile_freep) struct profile *profile = profiles_make("m;a 5\nm;b -3\nm;c 0\nn -4\n");
    CLEANUP(flame_done) struct flame flame = {.nodes = NULL};
    ck_assert_int_eq(flame_make(profile, 0, 100, &flame, NULL), 0);
    ck_assert_uint_eq(flame.n_nodes, 3);
    ck_assert_int_eq(flame.nodes[0].value, 5);
    ck_assert_int_eq(flame.shrunk, 7);
}
END_TEST

START_TEST(the_smallest_become_one_and_sums_stay_exact)
{
    const char *folded = "m;a;x 50\nm;a;y 3\nm;a;z 2\nm;b 20\nm;c 1\nn 4\n";
    expect_flame(folded, 100,
                 "all 80\n m 76\n  a 55\n   x 50\n   y 3\n   z 2\n  b 20\n  c 1\n n 4\n");
    expect_flame(folded, 8,
                 "all 80\n m 76\n  a 55\n   x 50\n   (other) 5\n  b 20\n  (other) 1\n n 4\n");
    expect_flame(folded, 6, "all 80\n m 76\n  a 55\n   (other) 55\n  (other) 21\n (other) 4\n");
    expect_flame(folded, 5, "all 80\n m 76\n  (other) 76\n (other) 4\n");
    expect_flame(folded, 2, "all 80\n (other) 80\n");
}
END_TEST

/* Of every node: what its children have is no more than it has, and it is exact where there is an
 * "(other)" that takes what is not shown. */
START_TEST(a_large_tree_keeps_its_bound_and_its_sums)
{
    struct random random = random_from(7);
    CLEANUP(buffer_done) struct buffer folded = BUFFER_INIT((size_t)8 << 20);
    int64_t total = 0;
    for (unsigned i = 0; i < 4000; i++) {
        unsigned depth = 1 + (unsigned)random_below(&random, 20);
        for (unsigned k = 0; k < depth; k++)
            buffer_printf(&folded, NULL, "%sf%u", k > 0 ? ";" : "",
                          (unsigned)random_below(&random, 6));
        unsigned value = 1 + (unsigned)random_below(&random, 1000);
        buffer_printf(&folded, NULL, " %u\n", value);
        total += value;
    }
    CLEANUP(profile_freep) struct profile *profile = profiles_make(buffer_text(&folded));
    for (size_t nodes_max = 2; nodes_max < 5000; nodes_max = nodes_max * 2 + 1) {
        CLEANUP(flame_done) struct flame flame = {.nodes = NULL};
        CLEANUP(freep) int64_t *beneath = calloc(nodes_max, sizeof(*beneath));
        ck_assert_ptr_nonnull(beneath);
        ck_assert_int_eq(flame_make(profile, 0, nodes_max, &flame, NULL), 0);
        ck_assert_uint_le(flame.n_nodes, nodes_max);
        ck_assert_uint_gt(flame.n_nodes, nodes_max / 2);
        ck_assert_int_eq(flame.nodes[0].value, total);
        unsigned wrong = 0; /* counted, as an assertion takes longer than what it is about */
        for (size_t i = flame.n_nodes; i-- > 1;) {
            const struct flame_node *node = &flame.nodes[i];
            wrong += node->parent < 0 || node->parent >= (int64_t)i;
            wrong += node->value <= 0 || node->value < beneath[i];
            beneath[node->parent] += node->value;
        }
        ck_assert_uint_eq(wrong, 0);
        ck_assert_int_eq(beneath[0], total);
    }
}
END_TEST

START_TEST(a_stack_may_be_deeper_than_what_is_drawn)
{
    CLEANUP(buffer_done) struct buffer folded = BUFFER_INIT((size_t)1 << 20);
    for (unsigned i = 0; i < 50000; i++)
        buffer_printf(&folded, NULL, "%sf%u", i > 0 ? ";" : "", i);
    buffer_append_text(&folded, " 3\n", NULL);
    CLEANUP(profile_freep) struct profile *profile = profiles_make(buffer_text(&folded));
    CLEANUP(flame_done) struct flame flame = {.nodes = NULL};
    ck_assert_int_eq(flame_make(profile, 0, FLAME_NODES_MAX, &flame, NULL), 0);
    ck_assert_uint_eq(flame.n_nodes, FLAME_DEPTH_MAX + 1);
    ck_assert_int_eq(flame.nodes[FLAME_DEPTH_MAX].value, 3);
    ck_assert_str_eq(profile->frames[flame.nodes[1].frame].function, "f0");
}
END_TEST

static void expect_json(const struct profile *profile, size_t nodes_max, const char *expected)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(100000);
    CLEANUP(flame_done) struct flame flame = {.nodes = NULL};
    struct json_writer writer;
    struct error err = {0};
    ck_assert_int_eq(flame_make(profile, 0, nodes_max, &flame, NULL), 0);
    json_writer_begin(&writer, &text);
    json_write_object(&writer, NULL);
    flame_write(&writer, "flame", &flame);
    json_write_close_object(&writer);
    ck_assert_msg(json_writer_end(&writer, &err) == 0, "%s", err.text);
    ck_assert_str_eq(buffer_text(&text), expected);
}

START_TEST(as_json_it_is_flat_and_names_stand_once)
{
    CLEANUP(profile_freep) struct profile *profile = profiles_make("m;a;m 5\nm;b 1\nm;c 1\nd -2\n");
    expect_json(profile, 5,
                "{\n"
                "  \"flame\": {\n"
                "    \"type\": \"inuse_space\",\n"
                "    \"unit\": \"bytes\",\n"
                "    \"total\": 7,\n"
                "    \"shrunk\": 2,\n"
                "    \"other\": 2,\n"
                "    \"functions\": [\"m\", \"a\"],\n"
                "    \"places\": [\"\", \"\"],\n"
                "    \"parent\": [-1, 0, 1, 2, 1],\n"
                "    \"frame\": [-1, 0, 1, 0, -2],\n"
                "    \"value\": [7, 7, 5, 5, 2]\n"
                "  }\n"
                "}\n");
}
END_TEST

START_TEST(long_names_are_cut_and_paths_end_with_what_says_enough)
{
    char name[1000];
    char expected[4000];
    CLEANUP(profile_freep) struct profile *profile = NULL;
    uint32_t frames[3];
    memset(name, 'x', sizeof(name) - 1);
    memcpy(name + 199, "ä", strlen("ä"));
    name[sizeof(name) - 1] = '\0';
    ck_assert_int_eq(profile_new(&profile, NULL), 0);
    ck_assert_int_eq(profile_add_type(profile, "t", "u", NULL), 0);
    const struct profile_frame parts[] = {
        {.function = name, .file = "/usr/lib/go/src/net/http/server.go", .line = 19},
        {.function = "</script>\"\x01\xff", .file = "main.go", .line = 0},
        {.function = "f", .file = "", .line = 3},
    };
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(profile_add_frame(profile, &parts[i], &frames[i], NULL), 0);
    ck_assert_int_eq(profile_add_sample(profile, frames, 3, (int64_t[]){1}, NULL), 0);
    snprintf(expected, sizeof(expected),
             "{\n  \"flame\": {\n    \"type\": \"t\",\n    \"unit\": \"u\",\n    \"total\": 1,\n"
             "    \"functions\": [\"f\", \"</script>\\\"\\u0001\xef\xbf\xbd\", \"%.199s…\"],\n"
             "    \"places\": [\"\", \"main.go\", \"http/server.go:19\"],\n"
             "    \"parent\": [-1, 0, 1, 2],\n    \"frame\": [-1, 0, 1, 2],\n"
             "    \"value\": [1, 1, 1, 1]\n  }\n}\n",
             name);
    expect_json(profile, 10, expected);
}
END_TEST

static Suite *flame_suite(void)
{
    Suite *suite = suite_create("flame");
    TCase *tests = tcase_create("flame");
    tcase_add_test(tests, calls_hang_on_their_callers_the_largest_first);
    tcase_add_test(tests, what_shrank_has_no_width);
    tcase_add_test(tests, the_smallest_become_one_and_sums_stay_exact);
    tcase_add_test(tests, a_large_tree_keeps_its_bound_and_its_sums);
    tcase_add_test(tests, a_stack_may_be_deeper_than_what_is_drawn);
    tcase_add_test(tests, as_json_it_is_flat_and_names_stand_once);
    tcase_add_test(tests, long_names_are_cut_and_paths_end_with_what_says_enough);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(flame_suite);
