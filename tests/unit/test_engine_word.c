/* engine_word: two witnesses of one end, in every way in which they can differ. */
#include "driver/engine_word.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

static const struct engine_state running = {.present = true, .running = true};

static struct engine_state ended(int code, bool oom_killed)
{
    return (struct engine_state){
        .present = true, .has_exit_code = true, .exit_code = code, .oom_killed = oom_killed};
}

static struct engine_witness witness(struct engine_state engine, uint64_t oom_kills)
{
    return (struct engine_witness){engine, true, oom_kills};
}

START_TEST(every_pair_has_its_finding)
{
    const struct {
        struct engine_witness witness;
        enum engine_finding finding;
        const char *words; /* of the sentence; NULL: there is none */
    } cases[] = {
        {{.oom_kills = 3}, ENGINE_SILENT, NULL}, /* no engine at all */
        {witness(running, 0), ENGINE_SILENT, NULL},
        {witness(ended(0, false), 0), ENGINE_SILENT, NULL},
        {witness(ended(1, false), 0), ENGINE_SILENT, NULL},
        {witness(ended(137, true), 1), ENGINE_AGREES, "agree"},
        {witness(running, 1), ENGINE_CHILD_KILLED,
         "1 process of the container for memory, and the "
         "container lives on"},
        {witness(ended(137, false), 2), ENGINE_MISSED_KILL, "counts 2 OOM-killed processes"},
        {witness(ended(137, false), 0), ENGINE_KILLED_BY_OTHER, "somebody else"},
        {witness(ended(137, true), 0), ENGINE_KILLED_ABOVE, "above it"},
        {witness(ended(1, false), 1), ENGINE_ENDED_AFTER, "exit code 1"},
        {witness(ended(1, true), 1), ENGINE_ENDED_AFTER, "a child was killed"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char text[256];
        ck_assert_msg(engine_word(&cases[i].witness) == cases[i].finding, "case %zu", i);
        engine_word_text(&cases[i].witness, text, sizeof(text));
        ck_assert_msg(cases[i].words == NULL ? text[0] == '\0'
                                             : strstr(text, cases[i].words) != NULL,
                      "case %zu: %s", i, text);
        ck_assert_uint_lt(strlen(text), 200); /* a warning's */
    }
}
END_TEST

START_TEST(without_a_cgroup_the_engine_is_believed)
{
    struct engine_witness seen = witness(ended(137, true), 0);
    seen.has_oom_kills = false;
    ck_assert_int_eq(engine_word(&seen), ENGINE_AGREES);
}
END_TEST

START_TEST(a_restart_tells_how_it_ended_before)
{
    char text[256];
    struct engine_witness seen = witness(running, 1);
    seen.engine.restarts = 2;
    seen.engine.has_exit_code = true;
    seen.engine.exit_code = 137;
    ck_assert_int_eq(engine_word(&seen), ENGINE_RESTARTED);
    ck_assert_str_eq(engine_word_text(&seen, text, sizeof(text)),
                     "the engine has restarted the container 2 times (exit code 137, OOMKilled "
                     "false); memory.events counted 1 OOM kill");
}
END_TEST

START_TEST(only_what_differs_is_said)
{
    ck_assert(!engine_word_disagrees(ENGINE_SILENT));
    ck_assert(!engine_word_disagrees(ENGINE_AGREES));
    ck_assert(engine_word_disagrees(ENGINE_MISSED_KILL));
    ck_assert(engine_word_disagrees(ENGINE_RESTARTED));
}
END_TEST

static Suite *suite(void)
{
    Suite *made = suite_create("engine_word");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, every_pair_has_its_finding);
    tcase_add_test(tests, without_a_cgroup_the_engine_is_believed);
    tcase_add_test(tests, a_restart_tells_how_it_ended_before);
    tcase_add_test(tests, only_what_differs_is_said);
    suite_add_tcase(made, tests);
    return made;
}

CHECK_MAIN(suite);
