#include "report/ci_list.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef LEAKCAGE_VERSION
#error "LEAKCAGE_VERSION comes from the build"
#endif

void ci_list_begin(struct ci_list *list, size_t n_cases)
{
    *list = (struct ci_list){.report = {.version = LEAKCAGE_VERSION}, .arena = arena_new()};
    list->cases = ci_list_alloc(list, (n_cases + 1) * sizeof(*list->cases));
    list->report.cases = list->cases;
    list->report.n_cases = n_cases;
}

int ci_list_end(struct ci_list *list, struct error *err)
{
    if (!list->failed)
        return 0;
    ci_list_done(list);
    return error_out_of_memory(err);
}

void ci_list_done(struct ci_list *list)
{
    arena_free(list->arena);
    *list = (struct ci_list){0};
}

void *ci_list_alloc(struct ci_list *list, size_t size)
{
    void *memory = list->arena != NULL ? arena_alloc(list->arena, size) : NULL;
    list->failed = list->failed || memory == NULL;
    return memory;
}

const char *ci_list_printf(struct ci_list *list, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    const char *copy = NULL;
    if (length >= 0 && list->arena != NULL)
        copy = arena_strdup(list->arena, text);
    if (length >= 0)
        free(text);
    list->failed = list->failed || copy == NULL;
    return copy;
}

const char *ci_list_line(struct ci_list *list, const char *text, const char *line)
{
    return text == NULL ? line : ci_list_printf(list, "%s\n%s", text, line);
}

const char *ci_list_word(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : NULL;
}
