/* The place of a stack: the line to look at, the label, and who started it. */
#include "explain/place.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

#define LIBC "/usr/lib/x86_64-linux-gnu/libc.so.6"
#define APP  "/srv/app"
#define MAX  8

struct stack {
    struct profile *profile;
    uint32_t frames[MAX];
    uint32_t depth;
    struct place place;
};

static void stack_done(struct stack *stack)
{
    profile_free(stack->profile);
}

static struct stack stack_of(const struct profile_frame *frames, uint32_t n)
{
    struct stack stack = {.depth = n};
    ck_assert_int_eq(profile_new(&stack.profile, NULL), 0);
    for (uint32_t i = 0; i < n; i++)
        ck_assert_int_eq(profile_add_frame(stack.profile, &frames[i], &stack.frames[i], NULL), 0);
    place_of(stack.profile, stack.frames, n, &stack.place);
    return stack;
}

#define STACK(...)                                        \
    stack_of((const struct profile_frame[]){__VA_ARGS__}, \
             ARRAY_LENGTH(((const struct profile_frame[]){__VA_ARGS__})))
#define FRAME(name, source, number, of)                                        \
    {                                                                          \
        .function = (name), .file = (source), .line = (number), .module = (of) \
    }

START_TEST(it_is_the_innermost_line_of_the_services_own)
{
    CLEANUP(stack_done)
    struct stack stack =
        STACK(FRAME("__libc_malloc", "malloc/malloc.c", 3294, LIBC), FRAME("strdup", "", 0, LIBC),
              FRAME("keep", "keep.c", 7, APP), FRAME("main", "main.c", 9, APP));
    ck_assert_uint_eq(stack.place.line, 2);
    ck_assert(stack.place.allocates);
    ck_assert_str_eq(stack.place.label, "");
    ck_assert_uint_eq(stack.place.origin, 4);
}
END_TEST

START_TEST(own_code_without_lines_is_passed_by_where_others_have_them)
{
    CLEANUP(stack_done)
    struct stack stack = STACK(FRAME("mmap", "", 0, LIBC), FRAME("0x1234", "", 0, APP),
                               FRAME("handle", "serve.c", 7, APP));
    ck_assert_uint_eq(stack.place.line, 2);
    ck_assert(!stack.place.allocates);
    CLEANUP(stack_done)
    struct stack stripped =
        STACK(FRAME("mmap", "", 0, LIBC), FRAME("0x1234", "", 0, APP), FRAME("0x99", "", 0, APP));
    ck_assert_uint_eq(stripped.place.line, 1);
    CLEANUP(stack_done)
    struct stack system =
        STACK(FRAME("mmap", "", 0, LIBC), FRAME("_dl_map_object", "", 0, "/lib64/ld-linux.so.2"));
    ck_assert_uint_eq(system.place.line, 2);
}
END_TEST

START_TEST(labels_and_who_started_it_are_told_apart)
{
    CLEANUP(stack_done)
    struct stack stack = STACK(FRAME("[asleep]", "", 0, ""), FRAME("nanosleep", "", 0, LIBC),
                               FRAME("wait", "w.c", 3, APP), FRAME("[started by]", "", 0, ""),
                               FRAME("clone3", "", 0, LIBC), FRAME("work", "w.c", 45, APP));
    ck_assert_str_eq(stack.place.label, "asleep");
    ck_assert_uint_eq(stack.place.begin, 1);
    ck_assert_uint_eq(stack.place.end, 3);
    ck_assert_uint_eq(stack.place.line, 2);
    ck_assert_uint_eq(stack.place.origin, 4);
    ck_assert_uint_eq(stack.place.origin_line, 5);
    CLEANUP(stack_done) struct stack nobody = STACK(FRAME("[before]", "", 0, ""));
    ck_assert_str_eq(nobody.place.label, "before");
    ck_assert_uint_eq(nobody.place.begin, 1);
    ck_assert_uint_eq(nobody.place.line, 1);
}
END_TEST

START_TEST(runtimes_are_of_the_system)
{
    static const struct {
        struct profile_frame frame;
        bool is_system;
    } rows[] = {
        {FRAME("main.leak", "/srv/app/main.go", 9, APP), false},
        {FRAME("runtime.mallocgc", "/usr/lib/go-1.19/src/runtime/malloc.go", 9, APP), true},
        {FRAME("net/http.(*conn).serve", "/usr/local/go/src/net/http/server.go", 9, ""), true},
        {FRAME("keep", "/srv/app/app.py", 9, ""), false},
        {FRAME("loads", "/usr/lib/python3.11/json/__init__.py", 9, ""), true},
        {FRAME("emit", "node:events", 9, ""), true},
        {FRAME("handle", "/srv/app/app.js", 9, ""), false},
        {FRAME("java.lang.String", "", 0, ""), true},
        {FRAME("clock_gettime", "", 0, "[vdso]"), true},
        {FRAME("ngx_palloc", "", 0, "/usr/sbin/nginx"), false},
        {FRAME("keep", "app/keep.c", 9, "/usr/libexec/app/keep"), false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        ck_assert_msg(place_is_system(&rows[i].frame) == rows[i].is_system, "%s",
                      rows[i].frame.function);
}
END_TEST

START_TEST(numbers_in_labels_are_one_pattern)
{
    char pattern[PLACE_LABEL_MAX];
    ck_assert_str_eq(place_pattern("file /tmp/x-17.txt", pattern), "file /tmp/x-*.txt");
    ck_assert_str_eq(place_pattern("tcp to 10.0.0.1:80", pattern), "tcp to *.*.*.*:*");
    ck_assert_str_eq(place_pattern("", pattern), "");
    char label[2 * PLACE_LABEL_MAX];
    memset(label, 'x', sizeof(label) - 1);
    label[sizeof(label) - 1] = '\0';
    ck_assert_uint_eq(strlen(place_pattern(label, pattern)), PLACE_LABEL_MAX - 1);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("place");
    TCase *tcase = tcase_create("place");
    tcase_add_test(tcase, it_is_the_innermost_line_of_the_services_own);
    tcase_add_test(tcase, own_code_without_lines_is_passed_by_where_others_have_them);
    tcase_add_test(tcase, labels_and_who_started_it_are_told_apart);
    tcase_add_test(tcase, runtimes_are_of_the_system);
    tcase_add_test(tcase, numbers_in_labels_are_one_pattern);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(suite);
