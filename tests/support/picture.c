#include "tests/support/picture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/page.h"
#include "view/picture_svg.h"

static void picture_keep(const char *text)
{
    const char *dir = getenv("LEAKCAGE_KEEP_SVG");
    char path[4096];
    if (dir == NULL)
        return;
    snprintf(path, sizeof(path), "%s/XXXXXX.svg", dir);
    int fd = mkstemps(path, 4);
    ck_assert_msg(fd >= 0, "%s", path);
    FILE *file = fdopen(fd, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

char *picture_drawn(const struct view_input *input)
{
    static const char *const never[] = {"nan",  "inf\"",          "<script", "url(",   "@import",
                                        "href", "<foreignObject", "<image",  "var(--", "<!DOCTYPE"};
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(PICTURE_BYTES_MAX);
    struct error err = {0};
    ck_assert_msg(picture_svg_write(input, &out, &err) == 0, "%s", err.text);
    const char *text = buffer_text(&out);
    ck_assert_int_eq(strncmp(text, "<svg class=\"chart\" xmlns=", 25), 0);
    ck_assert_str_eq(text + out.length - 7, "</svg>\n");
    for (size_t i = 0; i < ARRAY_LENGTH(never); i++)
        ck_assert_msg(strstr(text, never[i]) == NULL, "%s is in it", never[i]);
    ck_assert_uint_eq(page_count(text, "://"), 1); /* the name space */
    ck_assert_uint_eq(page_count(text, "<svg "), 1);
    page_expect_part(text, "<title id=\"title\">leakcage: ");
    page_expect_part(text, "</title>\n<desc id=\"description\">");
    page_expect_part(text, "prefers-color-scheme:dark");
    page_expect_part(text, ">leakcage 0.1.0");
    for (const char *c = text; *c != '\0'; c++)
        ck_assert(*c == '\n' || (unsigned char)*c >= ' ');
    picture_keep(text);
    return strdup(text);
}

char *picture_drawn_one(const struct record *record)
{
    const struct stored_record run = {.record = record};
    return picture_drawn(&(const struct view_input){.runs = &run, .n_runs = 1});
}
