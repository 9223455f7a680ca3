/* symbols: names of addresses, by whatever a file has of them. */
#include "symbol/symbols.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "symbol/address_ranges.h"
#include "symbol/function_name.h"
#include "symbol/source_path.h"
#include "tests/support/check_main.h"
#include "tests/support/resting.h"
#include "tests/support/temp_dir.h"

static void symbols_freep(struct symbols **symbols)
{
    symbols_free(*symbols);
}

static struct symbols *new_symbols(void)
{
    struct symbols *symbols = NULL;
    ck_assert_int_eq(symbols_new(&symbols, NULL), 0);
    return symbols;
}

static uint32_t add(struct symbols *symbols, const char *path)
{
    uint32_t file = 0;
    ck_assert_int_eq(symbols_add_file(symbols, "", path, &file, NULL), 0);
    ck_assert_uint_gt(file, 0);
    return file;
}

static struct code_address function(struct symbols *symbols, uint32_t file, const char *name)
{
    struct code_address address = {.file = 0};
    uint64_t offset = 0;
    ck_assert_msg(symbols_find_function(symbols, file, name, &offset), "%s", name);
    ck_assert(symbols_locate(symbols, file, offset, &address));
    ck_assert_uint_eq(address.file, file);
    return address;
}

/* "inner:12 < outer:13" of an address; the path of the last one goes to *path. */
static const char *text_of(struct symbols *symbols, const struct code_address *address, char *text,
                           char *path)
{
    CLEANUP(profile_freep) struct profile *profile = NULL;
    struct symbols_frames found = {.n = 0};
    size_t length = 0;
    ck_assert_int_eq(profile_new(&profile, NULL), 0);
    ck_assert_int_eq(symbols_frames(symbols, profile, address, false, &found, NULL), 0);
    ck_assert_uint_ge(found.n, 1);
    for (unsigned i = 0; i < found.n; i++) {
        const struct profile_frame *frame = &profile->frames[found.frames[i]];
        length += (size_t)snprintf(text + length, 400 - length, "%s%s:%d", i > 0 ? " < " : "",
                                   frame->function, (int)frame->line);
        snprintf(path, 400, "%s in %s", frame->file, frame->module);
    }
    return text;
}

START_TEST(a_function_has_its_line_and_its_file)
{
    static const char *const builds[] = {"plain", "fast", "fixed", "static", "linked"};
    CLEANUP(symbols_freep) struct symbols *symbols = new_symbols();
    for (size_t i = 0; i < ARRAY_LENGTH(builds); i++) {
        char program[400];
        char expected[900];
        char text[400];
        char path[400];
        snprintf(program, sizeof(program), RESTING_PROGRAMS "%s", builds[i]);
        uint32_t file = add(symbols, program);
        struct code_address address = function(symbols, file, "main");
        text_of(symbols, &address, text, path);
        ck_assert_msg(strncmp(text, "main:", 5) == 0, "%s: %s", builds[i], text);
        ck_assert_int_ge(atoi(text + 5), resting_line(RESTING_SOURCE, "int main("));
        ck_assert_int_le(atoi(text + 5), resting_line(RESTING_SOURCE, "int main(") + 2);
        snprintf(expected, sizeof(expected), "%s in %s", RESTING_SOURCE, program);
        ck_assert_str_eq(path, expected);
        ck_assert_int_eq(symbols_file(symbols, file)->level, SYMBOLS_LINES);
        ck_assert(!symbols_file(symbols, file)->is_system);
    }
}
END_TEST

/* All addresses of a function, until `wanted` is the text of one. */
static bool has_text(struct symbols *symbols, const char *name, uint32_t file, const char *wanted)
{
    char text[400];
    char path[400];
    struct code_address address = function(symbols, file, name);
    for (unsigned i = 0; i < 400; i++, address.address++)
        if (strcmp(text_of(symbols, &address, text, path), wanted) == 0)
            return true;
    return false;
}

START_TEST(functions_that_were_inlined_are_frames_with_the_lines_that_call_them)
{
    CLEANUP(symbols_freep) struct symbols *symbols = new_symbols();
    char expected[400];
    snprintf(expected, sizeof(expected), "rest:%d < ask_registry:%d < wait_for_answer:%d",
             resting_line(RESTING_SOURCE, "rests here"), resting_line(RESTING_SOURCE, "asks here"),
             resting_line(RESTING_SOURCE, "waits here"));
    uint32_t file = add(symbols, RESTING_PROGRAMS "fast");
    ck_assert_msg(has_text(symbols, "wait_for_answer", file, expected), "%s", expected);
}
END_TEST

START_TEST(without_lines_there_are_functions_and_without_those_addresses)
{
    CLEANUP(symbols_freep) struct symbols *symbols = new_symbols();
    char text[400];
    char path[400];
    uint32_t nolines = add(symbols, RESTING_PROGRAMS "nolines");
    uint32_t stripped = add(symbols, RESTING_PROGRAMS "stripped");
    struct code_address address = function(symbols, nolines, "wait_for_answer");
    ck_assert_str_eq(text_of(symbols, &address, text, path), "wait_for_answer:0");
    ck_assert_int_eq(symbols_file(symbols, nolines)->level, SYMBOLS_FUNCTIONS);

    uint64_t offset = 0;
    ck_assert(!symbols_find_function(symbols, stripped, "wait_for_answer", &offset));
    ck_assert_int_eq(symbols_file(symbols, stripped)->level, SYMBOLS_STRIPPED);
    ck_assert_uint_eq(strlen(symbols_file(symbols, stripped)->build_id), 40);
    address = (struct code_address){.file = stripped, .address = 0x1234};
    ck_assert_str_eq(text_of(symbols, &address, text, path), "threads_at_rest_stripped+0x1234:0");
    ck_assert_str_eq(path, " in " RESTING_PROGRAMS "stripped");
}
END_TEST

START_TEST(a_file_behind_a_link_is_the_file)
{
    CLEANUP(symbols_freep) struct symbols *symbols = new_symbols();
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    char link[PATH_MAX + 16];
    snprintf(link, sizeof(link), "%s/link", dir.path);
    temp_dir_link(&dir, "link", RESTING_PROGRAMS "plain");
    uint32_t file = add(symbols, link);
    ck_assert_str_eq(symbols_file(symbols, file)->path, RESTING_PROGRAMS "plain");
    ck_assert_uint_eq(add(symbols, RESTING_PROGRAMS "plain"), file);
}
END_TEST

START_TEST(what_is_no_program_is_known_by_its_path)
{
    CLEANUP(symbols_freep) struct symbols *symbols = new_symbols();
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    struct code_address address = {.file = 0};
    char expected[400];
    char text[400];
    char path[400];
    uint64_t offset = 0;
    temp_dir_write(&dir, "text", "no program");
    temp_dir_write(&dir, "torn", "\177ELF\2\1\1");
    CLEANUP(freep) char *no_program = file_join(dir.path, "text");
    CLEANUP(freep) char *torn = file_join(dir.path, "torn");
    const char *const paths[] = {no_program, torn, dir.path, "/dev/zero", "/no/such/file"};
    for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
        uint32_t file = add(symbols, paths[i]);
        ck_assert_uint_eq(add(symbols, paths[i]), file);
        ck_assert(!symbols_locate(symbols, file, 0, &address));
        ck_assert(!symbols_find_function(symbols, file, "main", &offset));
        ck_assert_int_eq(symbols_file(symbols, file)->level, SYMBOLS_NONE);
        ck_assert_str_eq(symbols_file(symbols, file)->path, paths[i]);
        address = (struct code_address){.file = file, .address = 0x77};
        snprintf(expected, sizeof(expected), "%s+0x77:0", strrchr(paths[i], '/') + 1);
        ck_assert_str_eq(text_of(symbols, &address, text, path), expected);
    }
    address = (struct code_address){.file = 0, .address = 0x7f0012345678};
    ck_assert_str_eq(text_of(symbols, &address, text, path), "0x7f0012345678:0");
    ck_assert_ptr_null(symbols_file(symbols, 0));
    ck_assert_ptr_null(symbols_file(symbols, 99));
}
END_TEST

START_TEST(parts_of_the_system_are_told_from_the_service)
{
    CLEANUP(symbols_freep) struct symbols *symbols = new_symbols();
    ck_assert(
        symbols_file(symbols, add(symbols, "/usr/lib/x86_64-linux-gnu/libc.so.6"))->is_system);
    ck_assert(symbols_file(symbols, add(symbols, "/lib64/ld-linux-x86-64.so.2"))->is_system);
    ck_assert(symbols_file(symbols, add(symbols, "[vdso]"))->is_system);
    ck_assert(!symbols_file(symbols, add(symbols, "/usr/libx/mine.so"))->is_system);
    ck_assert(!symbols_file(symbols, add(symbols, "/usr/local/lib/mine.so"))->is_system);

    /* The vdso has names, and so has libc, without those of versions. */
    uint64_t offset = 0;
    ck_assert(
        symbols_find_function(symbols, add(symbols, "[vdso]"), "__vdso_clock_gettime", &offset));
    uint32_t libc = add(symbols, "/lib/x86_64-linux-gnu/libc.so.6");
    ck_assert(symbols_find_function(symbols, libc, "pthread_create", &offset));
    ck_assert(!symbols_find_function(symbols, libc, "pthread_crea", &offset));
}
END_TEST

START_TEST(source_paths_are_made_readable)
{
    static const struct {
        const char *folder, *file, *expected;
    } cases[] = {
        {"/build/src", "../lib/./x.c", "/build/lib/x.c"},
        {"/build", "x.c", "/build/x.c"},
        {"/build/", "/src//y.c", "/src/y.c"},
        {"", "./src/x.c", "src/x.c"},
        {"", "../../x.c", "../../x.c"},
        {".", "a/../../x.c", "../x.c"},
        {"/", "../../x.c", "/x.c"},
        {"/a/b", "../../../../x.c", "/x.c"},
        {"rel/dir", "../x.c", "rel/x.c"},
        {"/a", "..x/...", "/a/..x/..."},
    };
    char text[64];
    char small[8];
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        ck_assert_str_eq(source_path_make(cases[i].folder, cases[i].file, text, sizeof(text)),
                         cases[i].expected);
    ck_assert_str_eq(source_path_make("/abc", "defghi", small, sizeof(small)), "/abc/de");
}
END_TEST

START_TEST(names_of_other_languages_are_as_they_were_written)
{
    static const char *const cases[][2] = {
        {"_ZN5store4openEv", "store::open"},
        {"_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector<int, std::allocator<int> >::push_back"},
        {"_ZN4demo8registry5check17h0123456789abcdefE", "demo::registry::check"},
        {"_RNvCs1234_7mycrate4main", "mycrate::main"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        CLEANUP(freep) char *written = function_name_written(cases[i][0]);
        ck_assert_ptr_nonnull(written);
        ck_assert_str_eq(written, cases[i][1]);
    }
    ck_assert_ptr_null(function_name_written("main"));
    ck_assert_ptr_null(function_name_written("main.(*store).open"));
    ck_assert_ptr_null(function_name_written("_Zzz"));
}
END_TEST

START_TEST(ranges_are_found_the_innermost_first)
{
    CLEANUP(address_ranges_done) struct address_ranges ranges = {.ranges = NULL};
    static const uint64_t cases[][3] = {{100, 200, 1}, {110, 120, 2}, {112, 114, 3}, {150, 160, 4},
                                        {300, 310, 5}, {0, 50, 6},    {7, 7, 7}};
    static const uint64_t expected[][2] = {{99, 0},  {100, 1}, {111, 2}, {113, 3}, {114, 2},
                                           {120, 1}, {155, 4}, {160, 1}, {199, 1}, {200, 0},
                                           {305, 5}, {310, 0}, {20, 0}};
    uint64_t number = 0;
    ck_assert(!address_ranges_find(&ranges, 1, &number));
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        ck_assert_int_eq(address_ranges_add(&ranges, cases[i][0], cases[i][1], cases[i][2], NULL),
                         0);
    address_ranges_sort(&ranges);
    for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
        number = 0;
        address_ranges_find(&ranges, expected[i][0], &number);
        ck_assert_uint_eq(number, expected[i][1]);
    }
}
END_TEST

static Suite *symbols_suite(void)
{
    Suite *suite = suite_create("symbols");
    TCase *tests = tcase_create("symbols");
    tcase_add_test(tests, a_function_has_its_line_and_its_file);
    tcase_add_test(tests, functions_that_were_inlined_are_frames_with_the_lines_that_call_them);
    tcase_add_test(tests, without_lines_there_are_functions_and_without_those_addresses);
    tcase_add_test(tests, a_file_behind_a_link_is_the_file);
    tcase_add_test(tests, what_is_no_program_is_known_by_its_path);
    tcase_add_test(tests, parts_of_the_system_are_told_from_the_service);
    tcase_add_test(tests, source_paths_are_made_readable);
    tcase_add_test(tests, names_of_other_languages_are_as_they_were_written);
    tcase_add_test(tests, ranges_are_found_the_innermost_first);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(symbols_suite);
