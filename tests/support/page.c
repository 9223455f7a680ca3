#include "tests/support/page.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void page_keep(const char *text)
{
    const char *dir = getenv("LEAKCAGE_KEEP_HTML");
    char path[4096];
    if (dir == NULL)
        return;
    snprintf(path, sizeof(path), "%s/XXXXXX.html", dir);
    int fd = mkstemps(path, 5);
    ck_assert_msg(fd >= 0, "%s", path);
    FILE *file = fdopen(fd, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

void page_expect_part(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no \"%s\"", part);
}

size_t page_count(const char *text, const char *part)
{
    size_t n = 0;
    for (; (text = strstr(text, part)) != NULL; text++)
        n++;
    return n;
}

void page_expect(const struct buffer *document, size_t bytes_max)
{
    static const char *const never[] = {"nan",     "inf",   "<script", "url(",
                                        "@import", "<link", "src="};
    const char *text = buffer_text(document);
    ck_assert_uint_le(document->length, bytes_max);
    ck_assert_int_eq(strncmp(text, "<!DOCTYPE html>\n", 16), 0);
    ck_assert_str_eq(text + document->length - 8, "</html>\n");
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        ck_assert_msg(strstr(text, never[i]) == NULL, "%s is in it", never[i]);
    ck_assert_uint_eq(page_count(text, "://"),
                      page_count(text, "xmlns=\"http://www.w3.org/2000/svg\""));
    for (const char *c = text; *c != '\0'; c++)
        ck_assert(*c == '\n' || (unsigned char)*c >= ' ');
    page_keep(text);
}
