/* gate_fields: the budgets of a scenario, of its variants, in a plan and in a result. */
#include "scenario/gate_fields.h"

#include "base/buffer.h"
#include "base/cleanup.h"
#include "scenario/plan.h"
#include "scenario/scenario.h"
#include "tests/support/check_main.h"

static const char scenario_text[] =
    "{\"service\": {\"command\": [\"sh\"]}, \"load\": {\"path\": \"/\"},\n"
    " \"gate\": {\"floor\": \"+5%\", \"growth\": \"+1.5KiB/request\", \"threads\": \"+2\"},\n"
    " \"variants\": {\"other\": {\"limit\": \"64M\"}, \"strict\": {\n"
    "   \"gate\": {\"floor\": \"+64KiB\", \"peak\": \"+0.5%\"}}}}";

static struct plan *make_plan(void)
{
    const struct plan_paths paths = {.services_dir = "."};
    CLEANUP(scenario_freep) struct scenario *scenario = NULL;
    struct plan *plan = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(scenario_load_text("a.json", ".", scenario_text, &scenario, &err) == 0, "%s",
                  err.text);
    ck_assert_int_eq(plan_new(&plan, NULL), 0);
    ck_assert_msg(plan_add(plan, scenario, NULL, &paths, &err) == 0, "%s", err.text);
    ck_assert_msg(plan_add(plan, scenario, "other", &paths, &err) == 0, "%s", err.text);
    ck_assert_msg(plan_add(plan, scenario, "strict", &paths, &err) == 0, "%s", err.text);
    return plan;
}

START_TEST(a_variant_replaces_the_budgets_that_it_names)
{
    CLEANUP(plan_freep) struct plan *plan = make_plan();
    const struct gate_budgets *root = &plan->runs[0].settings.gate;
    const struct gate_budgets *other = &plan->runs[1].settings.gate;
    const struct gate_budgets *strict = &plan->runs[2].settings.gate;
    ck_assert(root->figure[GATE_FLOOR].has_share && !strict->figure[GATE_FLOOR].has_share);
    ck_assert_double_eq(root->figure[GATE_FLOOR].share, 0.05);
    ck_assert_double_eq(strict->figure[GATE_FLOOR].amount, 65536);
    ck_assert_double_eq(strict->figure[GATE_GROWTH].amount, 1536);
    ck_assert_double_eq(strict->figure[GATE_THREADS].amount, 2);
    ck_assert(!root->figure[GATE_PEAK].given && strict->figure[GATE_PEAK].given);
    ck_assert(!strict->figure[GATE_RETAINED].given);
    ck_assert_uint_eq(root->line, 2);
    ck_assert_uint_eq(other->line, 2);
    ck_assert_uint_eq(strict->line, 4);
}
END_TEST

START_TEST(a_plan_carries_them_and_the_line_of_the_scenario)
{
    CLEANUP(plan_freep) struct plan *plan = make_plan();
    CLEANUP(plan_freep) struct plan *back = NULL;
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT((size_t)1 << 20);
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(plan_write(plan, &text, NULL), 0);
    ck_assert_msg(plan_read("plan", text.data, text.length, &back, &err) == 0, "%s", err.text);
    for (size_t i = 0; i < plan->n_runs; i++) {
        const struct gate_budgets *a = &plan->runs[i].settings.gate;
        const struct gate_budgets *b = &back->runs[i].settings.gate;
        ck_assert_uint_eq(a->line, b->line);
        for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++) {
            ck_assert(a->figure[f].given == b->figure[f].given);
            ck_assert(a->figure[f].has_share == b->figure[f].has_share);
            ck_assert_double_eq(a->figure[f].share, b->figure[f].share);
            ck_assert_double_eq(a->figure[f].amount, b->figure[f].amount);
        }
    }
}
END_TEST

START_TEST(nothing_said_is_nothing_written)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(4096);
    const struct gate_budgets none = {.line = 7};
    struct json_writer writer;
    json_writer_begin(&writer, &text);
    json_write_object(&writer, NULL);
    gate_budgets_write(&writer, "gate", &none);
    json_write_close_object(&writer);
    ck_assert_int_eq(json_writer_end(&writer, NULL), 0);
    ck_assert_ptr_null(strstr(buffer_text(&text), "gate"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("gate_fields");
    TCase *tcase = tcase_create("gate_fields");
    tcase_add_test(tcase, a_variant_replaces_the_budgets_that_it_names);
    tcase_add_test(tcase, a_plan_carries_them_and_the_line_of_the_scenario);
    tcase_add_test(tcase, nothing_said_is_nothing_written);
    suite_add_tcase(s, tcase);
    return s;
}

CHECK_MAIN(suite);
