#include "explain/place.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define PLACE_STARTED_BY "[started by]"

static bool place_starts(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool place_starts_with_one_of(const char *text, const char *const *starts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (place_starts(text, starts[i]))
            return true;
    return false;
}

/* "[tcp to 127.0.0.1:80]": no call, and no address either. */
static bool place_is_label(const struct profile_frame *frame)
{
    size_t length = strlen(frame->function);
    return length >= 2 && frame->function[0] == '[' && frame->function[length - 1] == ']' &&
           *frame->file == '\0';
}

bool place_is_system(const struct profile_frame *frame)
{
    static const char *const modules[] = {
        "/lib/",
        "/lib64/",
        "/lib32/",
        "/usr/lib/",
        "/usr/lib64/",
        "/usr/lib32/",
        "[vdso]",
        "[vsyscall]",
        "[kernel",
        "linux-vdso",
        "/usr/local/lib/x86_64-linux-gnu/",
    };
    static const char *const files[] = {
        "/usr/lib/",          "/usr/lib64/",     "/usr/share/", "/usr/include/",
        "/usr/local/go/src/", "/usr/local/lib/", "/lib/",       "node:",
        "<frozen ",           "<built-in",       "internal/",   "/rustc/",
    };
    static const char *const functions[] = {"runtime.", "(anonymous node", "java.", "jdk.", "sun."};
    return place_starts_with_one_of(frame->module, modules, ARRAY_LENGTH(modules)) ||
           place_starts_with_one_of(frame->file, files, ARRAY_LENGTH(files)) ||
           place_starts_with_one_of(frame->function, functions, ARRAY_LENGTH(functions));
}

/* Does a function hand out blocks of memory? */
static bool place_is_allocator(const char *function)
{
    static const char *const names[] = {
        "malloc",
        "calloc",
        "realloc",
        "reallocarray",
        "posix_memalign",
        "memalign",
        "aligned_alloc",
        "valloc",
        "pvalloc",
        "sysmalloc",
        "new_heap",
        "arena_get2",
        "grow_heap",
        "tcache_init",
        "_int_malloc",
        "_int_realloc",
        "_int_memalign",
        "__libc_malloc",
        "__libc_calloc",
        "__libc_realloc",
        "_mid_memalign",
        "ptmalloc_init",
        "tcache_init.part.0",
        "sysmalloc_mmap.isra.0",
        "__libc_memalign",
        "__GI___libc_malloc",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (strcmp(function, names[i]) == 0)
            return true;
    return place_starts(function, "operator new") || place_starts(function, "je_") ||
           place_starts(function, "tcmalloc::") || place_starts(function, "tc_") ||
           place_starts(function, "mi_") || place_starts(function, "_mi_");
}

/* The line to look at from `begin` to `end`; `end`: there is none. */
static uint32_t place_line(const struct profile *profile, const uint32_t *frames, uint32_t begin,
                           uint32_t end)
{
    uint32_t own = end;
    for (uint32_t i = begin; i < end; i++) {
        const struct profile_frame *frame = &profile->frames[frames[i]];
        if (place_is_system(frame) || place_is_label(frame))
            continue;
        if (frame->line > 0 && *frame->file != '\0')
            return i;
        if (own == end && (*frame->module != '\0' || *frame->file != '\0'))
            own = i;
    }
    return own;
}

void place_of(const struct profile *profile, const uint32_t *frames, uint32_t depth,
              struct place *ret)
{
    *ret = (struct place){.end = depth, .origin = depth, .origin_line = depth};
    if (depth > 0 && place_is_label(&profile->frames[frames[0]])) {
        const char *label = profile->frames[frames[0]].function;
        if (strcmp(label, PLACE_STARTED_BY) != 0) {
            snprintf(ret->label, sizeof(ret->label), "%.*s", (int)strlen(label) - 2, label + 1);
            ret->begin = 1;
        }
    }
    for (uint32_t i = ret->begin; i < depth; i++)
        if (strcmp(profile->frames[frames[i]].function, PLACE_STARTED_BY) == 0) {
            ret->end = i;
            ret->origin = i + 1;
            break;
        }
    ret->line = place_line(profile, frames, ret->begin, ret->end);
    if (ret->origin < depth)
        ret->origin_line = place_line(profile, frames, ret->origin, depth);
    for (uint32_t i = ret->begin; i < ret->line; i++)
        ret->allocates |= place_is_allocator(profile->frames[frames[i]].function);
}

const char *place_pattern(const char *label, char *pattern)
{
    size_t n = 0;
    while (*label != '\0' && n + 1 < PLACE_LABEL_MAX) {
        size_t digits = strspn(label, "0123456789");
        pattern[n++] = digits > 0 ? '*' : *label;
        label += digits > 0 ? digits : 1;
    }
    pattern[n] = '\0';
    return pattern;
}
