/* gate_json: a gate as other programs read it. */
#include "report/gate_json.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "tests/support/check_main.h"
#include "tests/support/gated.h"

static char *written(const struct gated *gated)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(1 << 22);
    struct json_writer writer;
    struct error err = {0};
    json_writer_begin(&writer, &out);
    gate_json_write(&writer, NULL, &gated->report);
    ck_assert_msg(json_writer_end(&writer, &err) == 0, "%s", err.text);
    struct json_document *document = NULL;
    ck_assert_msg(json_load_text("gate", buffer_text(&out), out.length, &document, &err) == 0, "%s",
                  err.text);
    json_free(document);
    return strdup(buffer_text(&out));
}

static void expect_part(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in:\n%.4000s", part, text);
}

START_TEST(a_case_has_its_verdict_and_its_figures)
{
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    for (unsigned k = GATE_PEAK; k < GATE_FIGURE_MAX_; k++)
        gated->results[1].figure[k].present = false;
    gated->report.cases = &gated->cases[1];
    gated->report.n_cases = 1;
    gated->cases[1].build = "race";
    CLEANUP(freep) char *text = written(gated);
    static const char expected[] =
        "{\n"
        "  \"schema\": \"leakcage.gate/1\",\n"
        "  \"sentence\": \"1 of 5 cases regressed: json-tree\",\n"
        "  \"passed\": false,\n"
        "  \"counts\": {\n"
        "    \"cases\": 1,\n"
        "    \"regressed\": 1\n"
        "  },\n"
        "  \"against\": \"leakcage.json\",\n"
        "  \"environment\": \"driver vm (6.1.0-22-amd64, tcg, 2 CPUs)\",\n"
        "  \"false_alarm_rate\": 0.01,\n"
        "  \"repeats\": 4,\n"
        "  \"cases\": [\n"
        "    {\n"
        "      \"id\": \"json-tree\",\n"
        "      \"scenario\": \"json-tree\",\n"
        "      \"build\": \"race\",\n"
        "      \"file\": \"scenarios/json-tree.json\",\n"
        "      \"line\": 12,\n"
        "      \"status\": \"regressed\",\n"
        "      \"message\": \"turned from clean to leak (heap): 61.2 KiB per request; floor +100 % "
        "(8.1 to 8.3 MiB; +5 % is allowed)\",\n"
        "      \"sentence\": \"turned from clean to leak (heap): 61.2 KiB per request; floor +100 "
        "% (8.1 to 8.3 MiB; +5 % is allowed)\",\n"
        "      \"verdict\": {\n"
        "        \"baseline\": \"clean\",\n"
        "        \"now\": \"leak\",\n"
        "        \"cause\": \"heap\",\n"
        "        \"regressed\": true,\n"
        "        \"runs\": {\n"
        "          \"baseline\": {\n"
        "            \"clean\": 10\n"
        "          },\n"
        "          \"now\": {\n"
        "            \"clean\": 1,\n"
        "            \"leak\": 3\n"
        "          }\n"
        "        }\n"
        "      },\n"
        "      \"figures\": {\n"
        "        \"growth_bytes_per_request\": {\n"
        "          \"baseline\": {\n"
        "            \"median\": 0.1,\n"
        "            \"low\": -0.4,\n"
        "            \"high\": 0.5\n"
        "          },\n"
        "          \"now\": {\n"
        "            \"median\": 62700,\n"
        "            \"low\": 62600,\n"
        "            \"high\": 62800\n"
        "          },\n"
        "          \"allowed\": 16,\n"
        "          \"p\": 0.000999000999000999,\n"
        "          \"regressed\": true,\n"
        "          \"improved\": false\n"
        "        },\n"
        "        \"floor_bytes\": {\n"
        "          \"baseline\": {\n"
        "            \"median\": 4300000,\n"
        "            \"low\": 4200000,\n"
        "            \"high\": 4400000\n"
        "          },\n"
        "          \"now\": {\n"
        "            \"median\": 8600000,\n"
        "            \"low\": 8500000,\n"
        "            \"high\": 8700000\n"
        "          },\n"
        "          \"allowed\": 215000,\n"
        "          \"p\": 0.000999000999000999,\n"
        "          \"regressed\": true,\n"
        "          \"improved\": false\n"
        "        }\n"
        "      },\n"
        "      \"suspect\": false,\n"
        "      \"notes\": [\n"
        "        \"1 of 4 runs says clean\"\n"
        "      ],\n"
        "      \"results\": [\n"
        "        \"results/json-tree\",\n"
        "        \"results/json-tree.2\",\n"
        "        \"results/json-tree.2\",\n"
        "        \"results/json-tree.2\"\n"
        "      ]\n"
        "    }\n"
        "  ],\n"
        "  \"notes\": [\n"
        "    \"repeats ran in turns, a round each\"\n"
        "  ]\n"
        "}\n";
    ck_assert_msg(strcmp(text, expected) == 0, "%s", text);
    gated->report.cases = gated->cases;
}
END_TEST

START_TEST(what_became_of_the_cases_is_counted)
{
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    CLEANUP(freep) char *text = written(gated);
    expect_part(text, "  \"passed\": false,\n  \"counts\": {\n    \"cases\": 6,\n"
                      "    \"passed\": 1,\n    \"regressed\": 1,\n    \"undecided\": 1,\n"
                      "    \"new\": 1,\n    \"refused\": 1,\n    \"not-run\": 1\n  },\n");
    for (unsigned i = 0; i < 5; i++)
        gated->cases[i].status = GATE_CASE_KEPT;
    CLEANUP(freep) char *kept = written(gated);
    expect_part(kept, "  \"passed\": true,\n");
    expect_part(kept, "    \"kept\": 5\n");
}
END_TEST

START_TEST(what_was_not_measured_or_compared_is_left_out)
{
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    struct gate_figure_result *figure = &gated->results[1].figure[GATE_FLOOR];
    figure->p = NAN;
    figure->now_high = INFINITY;
    gated->results[1].too_few = true;
    gated->results[1].repeats_needed = 7;
    CLEANUP(freep) char *text = written(gated);
    ck_assert_ptr_null(strstr(text, "null"));
    ck_assert_ptr_null(strstr(text, "\"\""));
    expect_part(text, "\"repeats_needed\": 7,");
    expect_part(text, "      \"id\": \"slow-leak\",\n      \"scenario\": \"slow-leak\",\n"
                      "      \"status\": \"not-run\"\n    }");
}
END_TEST

START_TEST(whatever_names_hold_is_text)
{
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    gated_say(gated, 1, GATED_HOSTILE);
    gated->report.sentence = GATED_HOSTILE;
    CLEANUP(freep) char *text = written(gated);
    expect_part(text, "  \"sentence\": \"</td><script>alert(\\\"1\\\")</script>|&amp;'`\\u001b[2J");
    for (const char *c = text; *c != '\0'; c++)
        ck_assert(*c == '\n' || (unsigned char)*c >= ' ');
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("gate_json");
    TCase *c = tcase_create("gate_json");
    tcase_add_test(c, a_case_has_its_verdict_and_its_figures);
    tcase_add_test(c, what_became_of_the_cases_is_counted);
    tcase_add_test(c, what_was_not_measured_or_compared_is_left_out);
    tcase_add_test(c, whatever_names_hold_is_text);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
