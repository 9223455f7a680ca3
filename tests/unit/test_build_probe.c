/* What kind of program a build is, and whether it can run here: asked of this test itself, of the
 * sample service built in other ways, and of files that are no programs. */
#include "driver/build_probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

enum { PATH_ROOM = PATH_MAX + 16 };

static const char *self(char path[PATH_ROOM])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_ROOM - 1);
    ck_assert_int_gt(length, 0);
    path[length] = '\0';
    return path;
}

static struct build_facts facts_of(const char *program)
{
    struct build_facts facts;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(build_facts_read(program, &facts, &err) == 0, "%s", err.text);
    return facts;
}

/* The file of this test, with the loader's name and all that follows replaced or cut. */
static void write_copy(const struct temp_dir *dir, const char *loader, size_t cut,
                       char path[PATH_ROOM])
{
    char own[PATH_ROOM];
    FILE *in = fopen(self(own), "rb");
    snprintf(path, PATH_ROOM, "%s/copy", dir->path);
    FILE *out = fopen(path, "wb");
    ck_assert(in != NULL && out != NULL);
    char *data = malloc((size_t)64 << 20);
    ck_assert_ptr_nonnull(data);
    size_t size = fread(data, 1, (size_t)64 << 20, in);
    struct build_facts facts = facts_of(own);
    char *at = memmem(data, size, facts.loader, strlen(facts.loader) + 1);
    ck_assert_ptr_nonnull(at);
    ck_assert_uint_le(strlen(loader), strlen(facts.loader));
    memset(at, 0, strlen(facts.loader));
    memcpy(at, loader, strlen(loader));
    size = cut > 0 && cut < size ? cut : size;
    ck_assert_uint_eq(fwrite(data, 1, size, out), size);
    free(data);
    fclose(in);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_int_eq(chmod(path, 0755), 0);
}

START_TEST(this_test_can_run_here)
{
    char path[PATH_ROOM];
    char *why = NULL;
    struct build_facts facts = facts_of(self(path));
    ck_assert(facts.is_elf);
    ck_assert(!facts.is_static);
    ck_assert_msg(facts.loader[0] == '/', "%s", facts.loader);
    ck_assert_int_eq(build_probe(path, BUILD_MMAP_RND_BITS_MAX, &why, NULL), 0);
    ck_assert_ptr_null(why);
}
END_TEST

START_TEST(a_loader_that_is_not_there_is_named)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    CLEANUP(freep) char *why = NULL;
    char path[PATH_ROOM];
    write_copy(&dir, "/none/ld", 0, path);
    ck_assert_str_eq(facts_of(path).loader, "/none/ld");
    ck_assert_int_eq(build_probe(path, 0, &why, NULL), 1);
    ck_assert_msg(strstr(why, "its loader /none/ld cannot load it") == why, "%s", why);
}
END_TEST

START_TEST(a_library_that_is_not_there_is_named)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    CLEANUP(freep) char *why = NULL;
    char own[PATH_ROOM];
    char path[PATH_ROOM];
    struct build_facts facts = facts_of(self(own));
    write_copy(&dir, facts.loader, 0, path);
    /* The C library becomes one that nobody has. */
    FILE *file = fopen(path, "r+b");
    ck_assert_ptr_nonnull(file);
    char *data = malloc((size_t)64 << 20);
    ck_assert_ptr_nonnull(data);
    size_t size = fread(data, 1, (size_t)64 << 20, file);
    char *at = memmem(data, size, "\0libc.so.6", 11);
    ck_assert_ptr_nonnull(at);
    at[1] = 'n'; /* "nibc.so.6" */
    rewind(file);
    ck_assert_uint_eq(fwrite(data, 1, size, file), size);
    free(data);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(build_probe(path, 0, &why, NULL), 1);
    ck_assert_msg(strstr(why, "nibc.so.6") != NULL, "%s", why);
    ck_assert_msg(strchr(why, '\n') == NULL, "%s", why);
}
END_TEST

/* A file that is cut anywhere is no program, or one of which less is known: never a crash. */
START_TEST(what_is_cut_short_is_read_with_care)
{
    static const size_t cuts[] = {1, 10, 63, 64, 100, 120, 500, 900, 4096, 100000};
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    char path[PATH_ROOM];
    write_copy(&dir, "/none/ld", cuts[_i], path);
    struct build_facts facts = facts_of(path);
    ck_assert(cuts[_i] >= 120 || !facts.is_elf);
}
END_TEST

START_TEST(a_script_is_no_elf_program)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    char path[PATH_ROOM];
    char *why = NULL;
    temp_dir_write(&dir, "script", "#!/bin/sh\n");
    temp_dir_write(&dir, "empty", "");
    snprintf(path, sizeof(path), "%s/script", dir.path);
    ck_assert(!facts_of(path).is_elf);
    ck_assert_int_eq(build_probe(path, 32, &why, NULL), 0);
    ck_assert_int_eq(build_probe_preload(path, &why, NULL), 0);
    snprintf(path, sizeof(path), "%s/empty", dir.path);
    ck_assert(!facts_of(path).is_elf);
}
END_TEST

START_TEST(what_cannot_be_read_is_an_error)
{
    struct build_facts facts;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(build_facts_read("/none/such", &facts, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, "/none/such") != NULL, "%s", err.text);
}
END_TEST

/* Builds of a sample service, with what is to be found in them; those that the compiler here cannot
 * make are not in the table, and services/unbuilt.txt says why. */
static const struct {
    const char *program;
    bool is_static;
    enum build_sanitizer sanitizer;
    unsigned bits;
    int status; /* of build_probe() and build_probe_preload(), where 1 comes with these words: */
    int preload_status;
    const char *why;
    const char *preload_why;
} samples[] = {
    {"json-tree", false, SANITIZER_NONE, 32, 0, 0, NULL, NULL},
#ifdef HAVE_BUILD_race
    {"json-tree-race", false, SANITIZER_THREAD, 28, 0, 1, NULL, "ThreadSanitizer has a malloc"},
    {"json-tree-race", false, SANITIZER_THREAD, 29, 1, 1, "sysctl vm.mmap_rnd_bits=28",
     "ThreadSanitizer has a malloc"},
#endif
#ifdef HAVE_BUILD_asan
    {"json-tree-asan", false, SANITIZER_ADDRESS, 28, 0, 1, NULL, "AddressSanitizer has a malloc"},
    {"json-tree-asan", false, SANITIZER_ADDRESS, 32, 1, 1, "AddressSanitizer may die at start",
     "AddressSanitizer has a malloc"},
#endif
#ifdef HAVE_BUILD_static
    {"json-tree-static", true, SANITIZER_NONE, 32, 0, 1, NULL, "it is linked statically"},
#endif
};

START_TEST(builds_of_a_service_are_told_apart)
{
    CLEANUP(freep) char *why = NULL;
    CLEANUP(freep) char *preload_why = NULL;
    char path[PATH_ROOM];
    snprintf(path, sizeof(path), "%s/%s", SERVICES, samples[_i].program);
    struct build_facts facts = facts_of(path);
    ck_assert(facts.is_elf);
    ck_assert(facts.is_static == samples[_i].is_static);
    ck_assert_int_eq(facts.sanitizer, samples[_i].sanitizer);
    /* What the randomness of addresses means is known of this processor alone. */
    int expected = facts.is_x86_64 ? samples[_i].status : 0;
    ck_assert_int_eq(build_probe(path, samples[_i].bits, &why, NULL), expected);
    ck_assert(expected == 0 || strstr(why, samples[_i].why) != NULL);
    ck_assert_int_eq(build_probe_preload(path, &preload_why, NULL), samples[_i].preload_status);
    ck_assert(samples[_i].preload_status == 0 ||
              strstr(preload_why, samples[_i].preload_why) == preload_why);
}
END_TEST

START_TEST(this_machine_has_a_setting_or_none)
{
    ck_assert_uint_le(build_mmap_rnd_bits(), 64);
    ck_assert_str_eq(build_sanitizer_name(SANITIZER_THREAD), "ThreadSanitizer");
    ck_assert_ptr_null(build_sanitizer_options(SANITIZER_NONE));
    ck_assert_str_eq(build_sanitizer_options(SANITIZER_THREAD), "TSAN_OPTIONS=history_size=0");
    ck_assert_int_eq(strncmp(build_sanitizer_options(SANITIZER_ADDRESS), "ASAN_OPTIONS=", 13), 0);
}
END_TEST

static Suite *build_probe_suite(void)
{
    Suite *suite = suite_create("build probe");
    TCase *tests = tcase_create("a program");
    tcase_add_test(tests, this_test_can_run_here);
    tcase_add_test(tests, a_loader_that_is_not_there_is_named);
    tcase_add_test(tests, a_library_that_is_not_there_is_named);
    tcase_add_loop_test(tests, what_is_cut_short_is_read_with_care, 0, 10);
    tcase_add_test(tests, a_script_is_no_elf_program);
    tcase_add_test(tests, what_cannot_be_read_is_an_error);
    tcase_add_loop_test(tests, builds_of_a_service_are_told_apart, 0,
                        (int)(sizeof(samples) / sizeof(samples[0])));
    tcase_add_test(tests, this_machine_has_a_setting_or_none);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(build_probe_suite);
