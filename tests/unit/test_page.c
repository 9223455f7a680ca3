/* page: view data as one document that loads nothing. */
#include "view/page.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/page.h"
#include "view/page_assets.h"

#define PAGE_BYTES_MAX (1 << 20)
/* What a page has before there is any data: two of five parts of what a report may have. */
#define PAGE_OWN_BYTES_MAX 252000

static const char data_begin[] = "<script type=\"application/json\" id=\"leakcage-view\">";

static char *written(const char *title, const char *json, const char *live_url)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(PAGE_BYTES_MAX);
    struct error err = {0};
    const struct page page = {
        .title = title, .view_json = json, .length = strlen(json), .live_url = live_url};
    ck_assert_msg(page_write(&page, &out, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(strlen(buffer_text(&out)), out.length);
    return strdup(buffer_text(&out));
}

START_TEST(it_is_one_document_with_scripts_style_and_data)
{
    CLEANUP(freep) char *text = written("a run", "{\"runs\":[]}", NULL);
    ck_assert_int_eq(strncmp(text, "<!DOCTYPE html>\n", 16), 0);
    ck_assert_str_eq(text + strlen(text) - 8, "</html>\n");
    page_expect_part(text, "<title>a run</title>");
    page_expect_part(text, "id=\"leakcage-view\">{\"runs\":[]}</script>");
    page_expect_part(text, page_asset_script.text);
    page_expect_part(text, page_asset_style.text);
    page_expect_part(text, page_asset_dygraphs_js.text);
    page_expect_part(text, page_asset_dygraphs_css.text);
    /* Data, the licence, dygraphs, ours. */
    ck_assert_uint_eq(page_count(text, "<script"), 4);
    ck_assert_uint_eq(page_count(text, "</script"), 4);
    ck_assert_uint_eq(page_count(text, "<style"), 2);
    ck_assert_uint_eq(page_count(text, "</style"), 2);
    ck_assert_uint_le(strlen(text), PAGE_OWN_BYTES_MAX);
}
END_TEST

START_TEST(it_carries_the_licence_of_what_it_carries)
{
    CLEANUP(freep) char *text = written("a run", "{}", NULL);
    page_expect_part(text, "Dan Vanderkam");
    page_expect_part(text, "The above copyright notice and this permission notice shall be");
}
END_TEST

START_TEST(it_forbids_to_load_anything)
{
    CLEANUP(freep) char *text = written("a run", "{}", NULL);
    page_expect_part(text, "content=\"default-src 'none'; script-src 'unsafe-inline'; "
                           "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
                           "form-action 'none'\"");
    ck_assert_uint_eq(page_count(text, "connect-src"), 0);
    ck_assert_uint_eq(page_count(text, "<meta name=\"leakcage-live\""), 0);
    ck_assert_uint_eq(page_count(text, " src=\""), 0);
    ck_assert_uint_eq(page_count(text, "<link"), 0);
    ck_assert_uint_eq(page_count(text, "sourceMappingURL"), 0);
}
END_TEST

START_TEST(a_live_one_may_ask_its_own_server_alone)
{
    CLEANUP(freep) char *text = written("a run", "{}", "/token/live?a=\"b\"&c=<d>");
    page_expect_part(text, "form-action 'none'; connect-src 'self'\"");
    page_expect_part(text, "<meta name=\"leakcage-live\" "
                           "content=\"/token/live?a=&quot;b&quot;&amp;c=&lt;d&gt;\"/>");
}
END_TEST

START_TEST(text_from_outside_ends_nothing)
{
    static const char json[] =
        "{\"title\":\"</script><script>alert(1)</script>\",\"x\":\"<!--<\",\"y\":\"a<b\"}";
    CLEANUP(freep) char *text = written("</title><script>alert('2')</script>", json, NULL);
    page_expect_part(text, "<title>&lt;/title&gt;&lt;script&gt;alert(&#39;2&#39;)"
                           "&lt;/script&gt;</title>");
    page_expect_part(text, "{\"title\":\"\\u003c/script>\\u003cscript>alert(1)\\u003c/script>\","
                           "\"x\":\"\\u003c!--\\u003c\",\"y\":\"a\\u003cb\"}</script>");
    ck_assert_uint_eq(page_count(text, "<script"), 4);
    ck_assert_uint_eq(page_count(text, "<!--"), 0);
}
END_TEST

START_TEST(the_data_may_be_empty_or_end_with_an_escape)
{
    CLEANUP(freep) char *empty = written("", "", NULL);
    page_expect_part(empty, "id=\"leakcage-view\"></script>");
    CLEANUP(freep) char *mark = written("", "<", NULL);
    page_expect_part(mark, "id=\"leakcage-view\">\\u003c</script>");
}
END_TEST

START_TEST(as_much_of_the_data_is_read_as_was_said)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(PAGE_BYTES_MAX);
    struct error err = {0};
    const struct page page = {.title = "a", .view_json = "{}and more", .length = 2};
    ck_assert_int_eq(page_write(&page, &out, &err), 0);
    const char *data = strstr(buffer_text(&out), data_begin);
    ck_assert_ptr_nonnull(data);
    ck_assert_int_eq(strncmp(data + sizeof(data_begin) - 1, "{}</script>", 11), 0);
}
END_TEST

START_TEST(where_no_script_may_run_there_is_what_is_still)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(PAGE_BYTES_MAX);
    const struct page page = {
        .title = "a", .view_json = "{}", .length = 2, .still = "<pre>in words</pre>\n"};
    ck_assert_int_eq(page_write(&page, &out, NULL), 0);
    page_expect_part(buffer_text(&out), "<noscript>\n<pre>in words</pre>\n</noscript>\n</main>");
    CLEANUP(freep) char *without = written("a", "{}", NULL);
    ck_assert_uint_eq(page_count(without, "noscript"),
                      page_count(page_asset_script.text, "noscript"));
}
END_TEST

START_TEST(what_does_not_fit_is_an_error)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(1000);
    struct error err = {0};
    const struct page page = {.title = "a", .view_json = "{}", .length = 2};
    ck_assert_int_eq(page_write(&page, &out, &err), -1);
    ck_assert_int_ne(err.kind, ERROR_NONE);
}
END_TEST

START_TEST(scripts_and_style_are_without_what_would_end_them)
{
    const struct page_asset *const all[] = {&page_asset_dygraphs_js, &page_asset_dygraphs_css,
                                            &page_asset_dygraphs_licence, &page_asset_script,
                                            &page_asset_style};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        ck_assert_uint_gt(all[i]->length, 100);
        ck_assert_uint_eq(strlen(all[i]->text), all[i]->length);
        ck_assert_uint_eq(page_count(all[i]->text, "</script"), 0);
        ck_assert_uint_eq(page_count(all[i]->text, "</style"), 0);
        ck_assert_uint_eq(page_count(all[i]->text, "<!--"), 0);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("page");
    TCase *c = tcase_create("page");
    tcase_add_test(c, it_is_one_document_with_scripts_style_and_data);
    tcase_add_test(c, it_carries_the_licence_of_what_it_carries);
    tcase_add_test(c, it_forbids_to_load_anything);
    tcase_add_test(c, a_live_one_may_ask_its_own_server_alone);
    tcase_add_test(c, text_from_outside_ends_nothing);
    tcase_add_test(c, the_data_may_be_empty_or_end_with_an_escape);
    tcase_add_test(c, as_much_of_the_data_is_read_as_was_said);
    tcase_add_test(c, where_no_script_may_run_there_is_what_is_still);
    tcase_add_test(c, what_does_not_fit_is_an_error);
    tcase_add_test(c, scripts_and_style_are_without_what_would_end_them);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
