/* chart_svg, chart_thin and html_text: series in, SVG out, whatever is in them. */
#include "report/chart_svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/chart_plot.h"
#include "report/chart_thin.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"

#define MANY 1000000

static char *drawn_chart(const struct chart *chart)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(1 << 22);
    struct html_writer writer;
    struct error err = {0};
    html_begin(&writer, &out);
    chart_svg_write(&writer, chart);
    ck_assert_msg(html_end(&writer, &err) == 0, "%s", err.text);
    const char *text = buffer_text(&out);
    ck_assert_ptr_null(strstr(text, "nan"));
    ck_assert_ptr_null(strstr(text, "inf"));
    ck_assert_int_eq(strncmp(text, "<svg ", 5), 0);
    story_expect_text(text, "</svg>\n");
    return strdup(text);
}

static char *drawn(const struct chart_series *series, size_t n, const struct chart_rule *rule)
{
    const struct chart chart = {.title = "a \"title\"",
                                .x_label = "time, s",
                                .y_label = "MiB",
                                .series = series,
                                .n_series = n,
                                .rules = rule,
                                .n_rules = rule != NULL};
    return drawn_chart(&chart);
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    for (; (text = strstr(text, part)) != NULL; text++)
        n++;
    return n;
}

START_TEST(a_line_goes_through_its_points)
{
    const struct chart_point points[] = {{0, 0}, {5, 50}, {10, 100}};
    const struct chart_series series = {
        .name = "race", .title = "race, repeat 1", .look = 1, .points = points, .n = 3};
    const struct chart_rule rule = {.name = "limit 120 MiB", .y = 120};
    CLEANUP(freep) char *text = drawn(&series, 1, &rule);
    story_expect_text(text, "aria-label=\"a &quot;title&quot;\"");
    story_expect_text(text, "<path class=\"line s1 d1\" d=\"M56 300L420 191.8L784 83.7\">"
                            "<title>race, repeat 1</title></path>");
    story_expect_text(text, ">120</text>");
    story_expect_text(text, "<title>limit 120 MiB</title>");
    story_expect_text(text, "r=\"3\"><title>race, repeat 1: 50.0 MiB; time, s: 5.00<");
    ck_assert_uint_eq(count(text, ">race</text>"), 1);
}
END_TEST

START_TEST(a_rule_far_away_is_only_named)
{
    const struct chart_point points[] = {{0, 1}, {1, 2}};
    const struct chart_series series = {.name = "a", .points = points, .n = 2};
    const struct chart_rule rule = {.name = "limit 512 MiB", .y = 512};
    CLEANUP(freep) char *text = drawn(&series, 1, &rule);
    ck_assert_uint_eq(count(text, "limit 512 MiB"), 1);
    ck_assert_ptr_null(strstr(text, ">500<"));
}
END_TEST

START_TEST(a_band_lies_below_the_lines)
{
    const struct chart_point points[] = {{0, 0}, {10, 100}};
    const struct chart_series series = {.name = "now", .points = points, .n = 2};
    const struct chart_band bands[] = {{.name = "allowed", .low = 50, .high = 100},
                                       {.name = "<no height>", .low = 50, .high = 50, .look = 1},
                                       {.name = "far away", .low = 900, .high = 1000}};
    const struct chart chart = {.title = "",
                                .x_label = "",
                                .y_label = "",
                                .series = &series,
                                .n_series = 1,
                                .bands = bands,
                                .n_bands = 3};
    CLEANUP(freep) char *text = drawn_chart(&chart);
    story_expect_text(text, "<path class=\"band b0\" d=\"M56 40.4H784V170.2H56\">"
                            "<title>allowed</title></path>");
    story_expect_text(text, "d=\"M56 170.2H784V171.2H56\"><title>&lt;no height&gt;</title>");
    ck_assert(strstr(text, "band b0") < strstr(text, "line s0"));
    ck_assert_uint_eq(count(text, ">far away</text>"), 1);
    ck_assert_uint_eq(count(text, "<title>far away"), 0);
    ck_assert_uint_eq(count(text, ">1,000<"), 0);
}
END_TEST

/* The axis begins at 0 unless all there is to see is far above, and somebody asked. */
START_TEST(a_close_up_shows_small_differences)
{
    const struct chart_point high[] = {{0, 400}, {1, 410}};
    const struct chart_point wide[] = {{0, 10}, {1, 410}};
    const struct chart_point flat[] = {{0, 400}, {1, 400}};
    const struct chart_point *const all[] = {high, wide, flat};
    struct chart_series series = {.points = all[_i], .n = 2};
    struct chart chart = {.title = "",
                          .x_label = "",
                          .y_label = "MiB",
                          .series = &series,
                          .n_series = 1,
                          .close_up = true};
    CLEANUP(freep) char *text = drawn_chart(&chart);
    bool close = _i != 1;
    ck_assert_uint_eq(count(text, ">MiB (not from 0)<"), close);
    ck_assert_uint_eq(count(text, ">400<"), 1);
    ck_assert_uint_eq(count(text, "text-anchor=\"end\">0<"), !close);
    chart.close_up = false;
    CLEANUP(freep) char *whole = drawn_chart(&chart);
    story_expect_text(whole, ">MiB<");
    ck_assert_uint_eq(count(whole, "text-anchor=\"end\">0<"), 1);
}
END_TEST

START_TEST(nothing_is_said_to_be_nothing)
{
    const struct chart_point odd[] = {
        {NAN, 1}, {1, NAN}, {INFINITY, 1}, {1, -INFINITY}, {1e308, 1}};
    const struct chart_series series = {.name = "a", .points = odd, .n = 5};
    CLEANUP(freep) char *none = drawn(NULL, 0, NULL);
    CLEANUP(freep) char *only_odd = drawn(&series, 1, NULL);
    story_expect_text(none, "nothing was measured");
    story_expect_text(only_odd, "nothing was measured");
    ck_assert_ptr_null(strstr(only_odd, "<circle"));
}
END_TEST

START_TEST(one_point_can_be_seen)
{
    const struct chart_point point = {3, 7};
    const struct chart_series series = {.name = "a", .points = &point, .n = 1};
    CLEANUP(freep) char *text = drawn(&series, 1, NULL);
    story_expect_text(text, "h0\">");
    ck_assert_uint_eq(count(text, "<circle"), 1);
}
END_TEST

START_TEST(a_gap_is_not_drawn_over)
{
    const struct chart_point points[] = {{0, 1}, {1, 2}, {NAN, NAN}, {2, 1}, {3, 2}};
    const struct chart_series series = {.name = "a", .points = points, .n = 5};
    CLEANUP(freep) char *text = drawn(&series, 1, NULL);
    const char *line = strstr(text, "class=\"line s0 d0\" d=\"");
    ck_assert_ptr_nonnull(line);
    char path[256];
    snprintf(path, sizeof(path), "%.*s", (int)strcspn(line + 22, "\""), line + 22);
    ck_assert_uint_eq(count(path, "M"), 2);
    ck_assert_uint_eq(count(path, "L"), 2);
}
END_TEST

START_TEST(any_range_has_ticks)
{
    static const double ranges[][2] = {{0, 0},        {5, 5},           {-3, -3},   {0, 1e-9},
                                       {-1e99, 1e99}, {1e-300, 2e-300}, {0, 65536}, {-5, 100}};
    const struct chart_point points[] = {{0, ranges[_i][0]}, {ranges[_i][1], ranges[_i][1]}};
    const struct chart_series series = {.name = "a", .points = points, .n = 2};
    CLEANUP(freep) char *text = drawn(&series, 1, NULL);
    ck_assert_uint_ge(count(text, "class=\"grid\""), 2);
    ck_assert_uint_le(count(text, "class=\"grid\""), 20);
    ck_assert_uint_ge(count(text, "text-anchor=\"middle\""), 2);
}
END_TEST

START_TEST(a_million_points_keep_their_peaks)
{
    CLEANUP(freep) struct chart_point *points = calloc(MANY, sizeof(*points));
    ck_assert_ptr_nonnull(points);
    for (size_t i = 0; i < MANY; i++)
        points[i] = (struct chart_point){(double)i, 50 + (double)(i % 7)};
    points[123456].y = 100;
    points[777777].y = 3;
    const struct chart_columns columns = {.x0 = 0, .per_unit = 700.0 / MANY, .n = 700};
    struct chart_thinned thinned[1402];
    size_t n = chart_thin(points, MANY, &columns, thinned);
    ck_assert_uint_eq(n, 1400);
    bool peak = false;
    bool trough = false;
    for (size_t i = 0; i < n; i++) {
        peak = peak || (thinned[i].point.x == 123456 && thinned[i].point.y == 100);
        trough = trough || (thinned[i].point.x == 777777 && thinned[i].point.y == 3);
        ck_assert(i == 0 || thinned[i].point.x > thinned[i - 1].point.x);
        ck_assert_int_eq(thinned[i].after_gap, i == 0);
    }
    ck_assert(peak && trough);

    const struct chart_series series = {.name = "a", .points = points, .n = MANY};
    CLEANUP(freep) char *text = drawn(&series, 1, NULL);
    ck_assert_uint_lt(strlen(text), 40000);
}
END_TEST

START_TEST(many_series_are_no_longer_than_one)
{
    static struct chart_series series[512];
    CLEANUP(freep) struct chart_point *points = calloc(5000, sizeof(*points));
    ck_assert_ptr_nonnull(points);
    for (size_t i = 0; i < 5000; i++)
        points[i] = (struct chart_point){(double)i, sin((double)i)};
    for (size_t i = 0; i < 512; i++)
        series[i] = (struct chart_series){
            .title = "one of many", .look = (unsigned)i, .thin = true, .points = points, .n = 5000};
    CLEANUP(freep) char *text = drawn(series, 512, NULL);
    ck_assert_uint_eq(count(text, "one of many"), 512);
    ck_assert_uint_lt(strlen(text), 200000);
}
END_TEST

START_TEST(looks_differ)
{
    struct chart_series series[35] = {{0}};
    const struct chart_point points[] = {{0, 1}, {1, 2}};
    for (unsigned i = 0; i < 35; i++)
        series[i] = (struct chart_series){.look = i, .points = points, .n = 2};
    CLEANUP(freep) char *text = drawn(series, 35, NULL);
    for (unsigned color = 0; color < 7; color++) {
        for (unsigned dash = 0; dash < 5; dash++) {
            char look[64];
            snprintf(look, sizeof(look), "class=\"line s%u d%u\"", color, dash);
            ck_assert_uint_eq(count(text, look), 1);
            ck_assert_uint_eq(CHART_LOOK(color, dash) % CHART_COLOR_MAX_, color);
            ck_assert_uint_eq(CHART_LOOK(color, dash) % CHART_DASHES, dash);
        }
    }
}
END_TEST

START_TEST(steps_hold_until_the_next_value)
{
    const struct chart_point points[] = {{0, 0}, {5, 50}, {10, 100}};
    struct chart_series series = {
        .name = "floor", .points = points, .n = 3, .steps = true, .dots = CHART_DOTS_NONE};
    CLEANUP(freep) char *text = drawn(&series, 1, NULL);
    story_expect_text(text, "d=\"M56 300H420V170.2H784V40.4\"");
    ck_assert_uint_eq(count(text, "<circle"), 0);
    series.steps = false;
    series.filled = true;
    CLEANUP(freep) char *filled = drawn(&series, 1, NULL);
    story_expect_text(filled, "<path class=\"area f0\" d=\"M56 300V300L420 170.2L784 40.4V300\"/>");
}
END_TEST

START_TEST(dots_are_where_they_are_wanted)
{
    CLEANUP(freep) struct chart_point *points = calloc(MANY, sizeof(*points));
    ck_assert_ptr_nonnull(points);
    for (size_t i = 0; i < 1000; i++)
        points[i] = (struct chart_point){(double)i, (double)i};
    const struct chart_point few[] = {{0, 1}, {500, 2}};
    const struct chart_series series[] = {
        {.points = points, .n = 1000},
        {.points = few, .n = 2, .dots = CHART_DOTS_ALL},
    };
    CLEANUP(freep) char *text = drawn(series, 2, NULL);
    ck_assert_uint_eq(count(text, "<circle"), 2);
}
END_TEST

START_TEST(a_ribbon_follows_its_line)
{
    const struct chart_point points[] = {{0, 10}, {10, 100}};
    const struct chart_point low[] = {{0, 0}, {5, NAN}, {10, 50}};
    const double high[] = {20, 60, 1000};
    const struct chart_series series = {.points = points, .n = 2};
    const struct chart_ribbon ribbon = {
        .name = "95 % <band>", .look = 2, .low = low, .high = high, .n = 3};
    const struct chart chart = {.title = "",
                                .x_label = "",
                                .y_label = "",
                                .series = &series,
                                .n_series = 1,
                                .ribbons = &ribbon,
                                .n_ribbons = 1};
    CLEANUP(freep) char *text = drawn_chart(&chart);
    /* There and back; what is above the axes is cut off at their top. */
    story_expect_text(text, "<path class=\"band b2\" d=\"M56 248.1L784 30L784 170.2L56 300\">"
                            "<title>95 % &lt;band&gt;</title></path>");
    ck_assert_uint_eq(count(text, ">95 % &lt;band&gt;</text>"), 1);
}
END_TEST

START_TEST(spans_and_events_are_along_the_axis)
{
    const struct chart_point points[] = {{0, 0}, {100, 100}};
    const struct chart_series series = {.points = points, .n = 2};
    const struct chart_span spans[] = {
        {.label = "cycle <1>", .title = "load", .from = 10, .to = 30, .look = 1},
        {.label = "no room", .from = 40, .to = 42},
        {.label = "rest", .from = 50, .to = 70, .look = CHART_SPAN_CLEAR},
        {.label = "outside", .from = 200, .to = 300},
    };
    const struct chart_event events[] = {
        {.name = "killed", .title = "killed by signal 9", .x = 50},
        {.title = "again", .x = 75, .look = 1},
        {.title = "outside", .x = 101},
    };
    const struct chart chart = {.title = "",
                                .x_label = "",
                                .y_label = "",
                                .series = &series,
                                .n_series = 1,
                                .spans = spans,
                                .n_spans = 4,
                                .events = events,
                                .n_events = 3};
    CLEANUP(freep) char *text = drawn_chart(&chart);
    story_expect_text(text, "<path class=\"span p1\" d=\"M128.8 30H274.4V300H128.8\">"
                            "<title>load</title></path>");
    story_expect_text(text, ">cycle &lt;1&gt;</text>");
    story_expect_text(text, ">rest</text>");
    ck_assert_uint_eq(count(text, "class=\"span"), 2);
    ck_assert_uint_eq(count(text, "no room"), 0);
    ck_assert_uint_eq(count(text, "outside"), 0);
    story_expect_text(text, "<path class=\"event e0\" d=\"M420 30V300\">"
                            "<title>killed by signal 9</title></path>");
    ck_assert_uint_eq(count(text, "class=\"event e1\""), 1);
    ck_assert_uint_eq(count(text, ">killed</text>"), 1);
    ck_assert(strstr(text, "class=\"span") < strstr(text, "class=\"line"));
}
END_TEST

static const struct {
    double end_s;
    const char *label, *tick, *other;
} clocks[] = {
    {9.5, "time, s", ">2<", ">8<"},
    {115, "time, s", ">15<", ">105<"},
    {300, "time, min:s", ">1:00<", ">4:00<"},
    {3000, "time, min:s", ">10:00<", ">50:00<"},
    {20000, "time, h:min", ">1:00<", ">5:00<"},
    {900000, "time, h:min", ">48:00<", ">240:00<"},
};

START_TEST(times_have_the_ticks_of_a_clock)
{
    const struct chart_point points[] = {{0, 0}, {clocks[_i].end_s, 1}};
    const struct chart_series series = {.points = points, .n = 2};
    ck_assert_str_eq(chart_time_label(clocks[_i].end_s), clocks[_i].label);
    const struct chart chart = {.title = "",
                                .x_label = "",
                                .y_label = "",
                                .series = &series,
                                .n_series = 1,
                                .x_is_time = true};
    CLEANUP(freep) char *text = drawn_chart(&chart);
    story_expect_text(text, clocks[_i].tick);
    story_expect_text(text, clocks[_i].other);
}
END_TEST

/* Charts below each other share an axis: the same time is at the same place. */
START_TEST(a_chart_stands_where_it_is_put)
{
    const struct chart_point points[] = {{20, 1}, {30, 3}};
    const struct chart_series series = {
        .name = "rate", .points = points, .n = 2, .dots = CHART_DOTS_NONE};
    const struct chart chart = {
        .title = "", .x_label = "time", .y_label = "1/s", .series = &series, .n_series = 1};
    const struct chart_place place = {.left = 100,
                                      .top = 200,
                                      .width = 400,
                                      .height = 50,
                                      .has_range = true,
                                      .x_max = 40,
                                      .plain_axis = true};
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(65536);
    struct html_writer writer;
    html_begin(&writer, &out);
    chart_plot(&writer, &chart, &place);
    ck_assert_int_eq(html_end(&writer, NULL), 0);
    story_expect_text(buffer_text(&out), "d=\"M300 234L400 201.9\"");
    story_expect_text(buffer_text(&out), ">1/s</text>");
    ck_assert_uint_eq(count(buffer_text(&out), ">time</text>"), 0);
    ck_assert_uint_eq(count(buffer_text(&out), "<svg"), 0);
    ck_assert_uint_ge(count(buffer_text(&out), "class=\"grid\""), 2);
    ck_assert_uint_eq(chart_plot_legend(NULL, &chart, &place, 0), 1);
}
END_TEST

static const struct {
    const char *text, *escaped;
} texts[] = {
    {"plain", "plain"},
    {"<script>alert('1')</script>", "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"},
    {"a\"b&amp;", "a&quot;b&amp;amp;"},
    {"\x1b[31m\x01\x7f", "\xe2\x90\x9b[31m\xe2\x90\x81\xe2\x90\xa1"},
    {"a\nb\tc\r", "a b c "},
    {"\xff\xc3", "\xef\xbf\xbd\xef\xbf\xbd"},
    {"\xc3\xa4\xf0\x9f\x92\xa7", "\xc3\xa4\xf0\x9f\x92\xa7"},
    {"\xc2\x85", "\xef\xbf\xbd"},                                 /* a control beyond ASCII */
    {"\xe2\x80\xae", "\xef\xbf\xbd"},                             /* turns the text around */
    {"\xef\xbf\xbe\xf0\x9f\xbf\xbf", "\xef\xbf\xbd\xef\xbf\xbd"}, /* no characters */
    {"\xc0\xbc", "\xef\xbf\xbd\xef\xbf\xbd"},                     /* an overlong "<" */
};

START_TEST(text_is_text)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(1024);
    struct html_writer writer;
    html_begin(&writer, &out);
    html_text_printf(&writer, "%s", texts[_i].text);
    ck_assert_int_eq(html_end(&writer, NULL), 0);
    ck_assert_str_eq(buffer_text(&out), texts[_i].escaped);
}
END_TEST

START_TEST(what_does_not_fit_is_an_error)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(10);
    struct html_writer writer;
    struct error err = {0};
    html_begin(&writer, &out);
    html_put(&writer, "<p>");
    html_text(&writer, "0123456789");
    html_put(&writer, "</p>"); /* would fit */
    ck_assert_int_eq(html_end(&writer, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_INTERNAL);
    ck_assert_str_eq(buffer_text(&out), "<p>");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("chart_svg");
    TCase *c = tcase_create("chart_svg");
    tcase_add_test(c, a_line_goes_through_its_points);
    tcase_add_test(c, a_rule_far_away_is_only_named);
    tcase_add_test(c, a_band_lies_below_the_lines);
    tcase_add_loop_test(c, a_close_up_shows_small_differences, 0, 3);
    tcase_add_test(c, nothing_is_said_to_be_nothing);
    tcase_add_test(c, one_point_can_be_seen);
    tcase_add_test(c, a_gap_is_not_drawn_over);
    tcase_add_loop_test(c, any_range_has_ticks, 0, 8);
    tcase_add_test(c, a_million_points_keep_their_peaks);
    tcase_add_test(c, many_series_are_no_longer_than_one);
    tcase_add_test(c, looks_differ);
    tcase_add_test(c, steps_hold_until_the_next_value);
    tcase_add_test(c, dots_are_where_they_are_wanted);
    tcase_add_test(c, a_ribbon_follows_its_line);
    tcase_add_test(c, spans_and_events_are_along_the_axis);
    tcase_add_loop_test(c, times_have_the_ticks_of_a_clock, 0, (int)ARRAY_LENGTH(clocks));
    tcase_add_test(c, a_chart_stands_where_it_is_put);
    tcase_add_loop_test(c, text_is_text, 0, (int)(sizeof(texts) / sizeof(texts[0])));
    tcase_add_test(c, what_does_not_fit_is_an_error);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
