/* compare_variants: from options to what is compared. */
#include "compare/compare_variants.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

static struct scenario *scenario;

static void load(void)
{
    struct error err = {.kind = ERROR_NONE};
    const char *text = "{\"service\": {\"command\": [\"x\"]}, \"load\": {\"path\": \"/\"}, "
                       "\"variants\": {\"fixed\": {}, \"close\": {}}}";
    ck_assert_msg(scenario_load_text("svc.json", ".", text, &scenario, &err) == 0, "%s", err.text);
}

static void release(void)
{
    scenario_free(scenario);
}

static struct compare_variants make(const struct options *options)
{
    struct compare_variants variants;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(compare_variants_make(options, scenario, &variants, &err) == 0, "%s", err.text);
    return variants;
}

static void check_labels(const struct options *options, const char *const *labels)
{
    CLEANUP(compare_variants_done) struct compare_variants variants = make(options);
    unsigned n = 0;
    for (; labels[n] != NULL; n++) {
        ck_assert_uint_lt(n, variants.n);
        ck_assert_str_eq(variants.items[n].label, labels[n]);
    }
    ck_assert_uint_eq(variants.n, n);
}

START_TEST(builds_are_compared_with_the_first)
{
    const struct options options = {.builds = "plain,race,O3"};
    check_labels(&options, (const char *const[]){"plain", "race", "O3", NULL});
    CLEANUP(compare_variants_done) struct compare_variants variants = make(&options);
    ck_assert_str_eq(variants.items[2].name, "o3");
    ck_assert_str_eq(variants.items[2].build, "O3");
    ck_assert_ptr_null(variants.items[2].env);
}
END_TEST

START_TEST(axes_multiply_and_the_last_one_goes_round_first)
{
    const struct options options = {
        .builds = "plain,race", .allocators = "glibc,jemalloc", .env = {"A=1"}, .n_env = 1};
    check_labels(&options,
                 (const char *const[]){"plain+glibc", "plain+glibc+A=1", "plain+jemalloc",
                                       "plain+jemalloc+A=1", "race+glibc", "race+glibc+A=1",
                                       "race+jemalloc", "race+jemalloc+A=1", NULL});
    CLEANUP(compare_variants_done) struct compare_variants variants = make(&options);
    const struct compare_variant *last = &variants.items[7];
    ck_assert_str_eq(last->name, "race-jemalloc-a-1");
    ck_assert_str_eq(last->build, "race");
    ck_assert_str_eq(last->preload->name, "jemalloc");
    ck_assert_str_eq(last->env[0], "A=1");
    ck_assert_ptr_null(last->env[1]);
    ck_assert_ptr_eq(compare_variants_find(&variants, "race-jemalloc-a-1"), last);
    ck_assert_ptr_null(compare_variants_find(&variants, "race-jemalloc-a-2"));
}
END_TEST

START_TEST(each_setting_stands_beside_the_service_as_it_is)
{
    const struct options options = {.env = {"A=1 B='x y'", "DIR=/a/b"},
                                    .n_env = 2,
                                    .args = {"--fast --threads 4"},
                                    .n_args = 1};
    check_labels(&options, (const char *const[]){"as it is", "A=1 B='x y'", "DIR=/a/b",
                                                 "--fast --threads 4", NULL});
    CLEANUP(compare_variants_done) struct compare_variants variants = make(&options);
    ck_assert_str_eq(variants.items[0].name, "");
    ck_assert_str_eq(variants.items[1].env[1], "B=x y");
    ck_assert_str_eq(variants.items[2].name, "dir-a-b");
    ck_assert_str_eq(variants.items[3].args[2], "4");
    ck_assert_str_eq(variants.items[3].name, "fast-threads-4");
}
END_TEST

START_TEST(names_that_would_be_the_same_are_told_apart)
{
    const struct options options = {.env = {"A=1", "a=1", "A:=1"}, .n_env = 3};
    CLEANUP(compare_variants_done) struct compare_variants variants = make(&options);
    ck_assert_str_eq(variants.items[1].name, "a-1");
    ck_assert_str_eq(variants.items[2].name, "a-1-2");
    ck_assert_str_eq(variants.items[3].name, "a-1-3");
    const char *longer[] = {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=1",
                            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=1"};
    const struct options more = {.builds = "plain,race", .env = {longer[0]}, .n_env = 1};
    CLEANUP(compare_variants_done) struct compare_variants cut = make(&more);
    ck_assert(scenario_is_name(cut.items[1].name));
    ck_assert(scenario_is_name(cut.items[3].name));
}
END_TEST

START_TEST(long_settings_go_by_what_tells_them_apart)
{
    static const char *const longer[] = {
        "GODEBUG=gctrace=0,madvdontneed=1,inittrace=1,scavtrace=1,a=1",
        "GODEBUG=gctrace=0,madvdontneed=1,inittrace=1,scavtrace=1,b=1",
    };
    const struct options options = {.env = {longer[0], longer[1]}, .n_env = 2};
    check_labels(&options,
                 (const char *const[]){"as it is", "GODEBUG=gctrace=0,madvdontneed=1,inittrace=1,…",
                                       "…=0,madvdontneed=1,inittrace=1,scavtrace=1,b=1", NULL});
}
END_TEST

START_TEST(a_scenario_is_compared_with_its_variants)
{
    const struct options all = {.variant = "all"};
    check_labels(&all, (const char *const[]){"svc", "fixed", "close", NULL});
    const struct options one = {.variant = "close", .builds = "plain,race"};
    check_labels(&one, (const char *const[]){"close+plain", "close+race", NULL});
    CLEANUP(compare_variants_done) struct compare_variants variants = make(&one);
    ck_assert_str_eq(variants.items[1].scenario_variant, "close");
}
END_TEST

START_TEST(two_commands_go_by_what_tells_them_apart)
{
    const struct options programs = {.a = "./old --x 'a b'", .b = "./new"};
    check_labels(&programs, (const char *const[]){"old", "new", NULL});
    CLEANUP(compare_variants_done) struct compare_variants variants = make(&programs);
    ck_assert_str_eq(variants.items[0].command[2], "a b");
    const struct options same = {.a = "python3 a.py", .b = "python3 b.py"};
    check_labels(&same, (const char *const[]){"a", "b", NULL});
    const struct options itself = {.a = "./x", .b = "./x", .allocators = "glibc,mimalloc"};
    check_labels(&itself,
                 (const char *const[]){"a+glibc", "a+mimalloc", "b+glibc", "b+mimalloc", NULL});
}
END_TEST

START_TEST(revisions_are_an_axis)
{
    const struct options options = {.rev = {"v1.0", "HEAD~2", "worktree"}, .n_rev = 3};
    check_labels(&options, (const char *const[]){"v1.0", "HEAD~2", "worktree", NULL});
    CLEANUP(compare_variants_done) struct compare_variants variants = make(&options);
    ck_assert_str_eq(variants.items[1].rev, "HEAD~2");
    ck_assert_str_eq(variants.items[1].name, "head-2");
}
END_TEST

static const struct {
    struct options options;
    const char *word; /* of the error */
} wrong[] = {
    {{.builds = NULL}, "nothing to compare: found one variant (as it is)"},
    {{.builds = "plain"}, "leakcage compare json-tree --builds plain,race"},
    {{.variant = "fixed"}, "nothing to compare"},
    {{.builds = "plain,,race"}, "--builds: found an empty word in \"plain,,race\""},
    {{.builds = ""}, "--builds: found an empty word"},
    {{.allocators = "glibc,"}, "--allocators: found an empty word"},
    {{.builds = "plain,race,plain"}, "--builds: found \"plain\" twice"},
    {{.builds = "plain,a b"}, "--builds: found the build \"a b\", expected a build's name"},
    {{.allocators = "glibc,tcmaloc"}, "did you mean \"tcmalloc\"?"},
    {{.env = {"A=1", "A=1"}, .n_env = 2}, "--env: found \"A=1\" twice"},
    {{.env = {"A=1 B"}, .n_env = 1}, "--env: found \"B\", expected NAME=VALUE"},
    {{.args = {"a 'b"}, .n_args = 1}, "--args: found a ' that is not closed"},
    {{.args = {" "}, .n_args = 1}, "--args: found no word"},
    {{.a = "./x"}, "found --a alone, expected --b"},
    {{.b = "./x"}, "found --b alone, expected --a"},
    {{.a = "./x", .b = "./y", .variant = "all"}, "found --a and --b and --variant"},
    {{.rev = {"a"}, .n_rev = 1, .variant = "all"}, "found --rev and --variant"},
    {{.variant = "fixd", .builds = "plain,race"}, "did you mean \"fixed\"?"},
    {{.builds = "a,b,c,d",
      .allocators = "glibc,jemalloc,tcmalloc,mimalloc",
      .n_env = 1,
      .env = {"A=1"}},
     "found 32 variants, expected at most 16"},
};

START_TEST(what_cannot_be_compared_says_why)
{
    CLEANUP(compare_variants_done) struct compare_variants variants;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(compare_variants_make(&wrong[_i].options, scenario, &variants, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, wrong[_i].word) != NULL, "%s", err.text);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("compare_variants");
    TCase *tests = tcase_create("compare_variants");
    tcase_add_checked_fixture(tests, load, release);
    tcase_add_test(tests, builds_are_compared_with_the_first);
    tcase_add_test(tests, axes_multiply_and_the_last_one_goes_round_first);
    tcase_add_test(tests, each_setting_stands_beside_the_service_as_it_is);
    tcase_add_test(tests, names_that_would_be_the_same_are_told_apart);
    tcase_add_test(tests, long_settings_go_by_what_tells_them_apart);
    tcase_add_test(tests, a_scenario_is_compared_with_its_variants);
    tcase_add_test(tests, two_commands_go_by_what_tells_them_apart);
    tcase_add_test(tests, revisions_are_an_axis);
    tcase_add_loop_test(tests, what_cannot_be_compared_says_why, 0, ARRAY_LENGTH(wrong));
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(suite);
