/* What grew, as files for programs that read profiles. */
#include "explain/explanation_profiles.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "profile/folded.h"
#include "profile/heap_text.h"
#include "profile/profile_load.h"
#include "tests/support/check_main.h"
#include "tests/support/explained.h"
#include "tests/support/profiles.h"
#include "tests/support/story.h"
#include "tests/support/temp_dir.h"

/* A result that is explained, with what grew beside it. */
struct grown {
    struct temp_dir dir;
    char path[PATH_MAX];
    struct record *plain, *instrumented;
};

static struct grown grown_make(const char *text)
{
    struct grown grown = {.dir = temp_dir_make()};
    struct error err = {.text = ""};
    char result[PATH_MAX];
    snprintf(result, sizeof(result), "%.4000s/leaky", grown.dir.path);
    snprintf(grown.path, sizeof(grown.path), "%.4000s/leaky/explain", grown.dir.path);
    explained_write(result, text, VERDICT_LEAK, &grown.plain, &grown.instrumented);
    const struct stored_record run = {grown.instrumented, grown.path};
    ck_assert_msg(explanation_store_profiles(&run, &err) == 0, "%s", err.text);
    return grown;
}

static void grown_done(struct grown *grown)
{
    temp_dir_done(&grown->dir);
    record_freep(&grown->plain);
    record_freep(&grown->instrumented);
}

/* The file of that name; the caller frees it. */
static char *grown_read(const struct grown *grown, const char *name)
{
    char path[PATH_MAX];
    struct buffer text = BUFFER_INIT((size_t)1 << 20);
    snprintf(path, sizeof(path), "leaky/explain/%s", name);
    ck_assert_int_eq(file_read(grown->dir.fd, path, &text, NULL), 0);
    return text.data;
}

static bool grown_has(const struct grown *grown, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "leaky/explain/%s", name);
    return file_exists(grown->dir.fd, path);
}

START_TEST(what_grew_between_judged_floors_is_written_for_each_name)
{
    CLEANUP(grown_done) struct grown grown = grown_make(NULL);
    CLEANUP(profile_freep) struct profile *heap = NULL;
    CLEANUP(profile_freep) struct profile *descriptors = NULL;
    ck_assert_int_eq(profile_load(grown.dir.fd, "leaky/explain/heap.grown.pb.gz", &heap, NULL), 0);
    CLEANUP(freep) char *text = profiles_text(heap);
    ck_assert_str_eq(text,
                     "inuse_objects/count *inuse_space/bytes / 0 1700000006000000000 "
                     "5000000000\n"
                     "malloc in /usr/lib/libc.so.6 < registry_add (/srv/demo/registry.c:41) in "
                     "/srv/demo/server < serve_request (/srv/demo/server.c:33) in "
                     "/srv/demo/server < main (/srv/demo/main.c:19) in /srv/demo/server: "
                     "1250 5120000\n");
    ck_assert_int_eq(
        profile_load(grown.dir.fd, "leaky/explain/descriptors.grown.pb.gz", &descriptors, NULL), 0);
    ck_assert_int_eq(profile_total(descriptors, 0), EXPLAINED_REQUESTS);
    ck_assert_uint_eq(descriptors->n_samples, 1);
    /* Where nothing grew the difference is empty, and says so. */
    CLEANUP(profile_freep) struct profile *threads = NULL;
    ck_assert_int_eq(
        profile_load(grown.dir.fd, "leaky/explain/threads.grown.pb.gz", &threads, NULL), 0);
    ck_assert_uint_eq(threads->n_samples, 0);
}
END_TEST

START_TEST(the_same_is_there_as_text)
{
    CLEANUP(grown_done) struct grown grown = grown_make(NULL);
    CLEANUP(freep) char *folded = grown_read(&grown, "descriptors.grown.folded");
    ck_assert_str_eq(folded, "main /srv/demo/main.c:19;serve_request /srv/demo/server.c:33;"
                             "upstream_open /srv/demo/upstream.c:88;socket;"
                             "[tcp to 127.0.0.1:80, CLOSE_WAIT] 1250\n");
    CLEANUP(freep) char *heap = grown_read(&grown, "heap.grown.heap");
    ck_assert_str_eq(heap, "--- symbol\n"
                           "0x0000000000000001 malloc\n"
                           "0x0000000000000002 registry_add /srv/demo/registry.c:41\n"
                           "0x0000000000000003 serve_request /srv/demo/server.c:33\n"
                           "0x0000000000000004 main /srv/demo/main.c:19\n"
                           "---\n"
                           "heap profile: 1250: 5120000 [ 1250: 5120000] @ heapprofile\n"
                           "  1250: 5120000 [ 1250: 5120000] @ 0x0000000000000001 "
                           "0x0000000000000002 0x0000000000000003 0x0000000000000004\n");
}
END_TEST

START_TEST(names_stay_within_their_line_and_their_frame)
{
    CLEANUP(grown_done) struct grown grown = grown_make("a;b--c\n---d \xff\x1b[31m");
    CLEANUP(freep) char *folded = grown_read(&grown, "heap.grown.folded");
    story_expect_text(folded, "malloc");
    story_expect_text(folded, ";a:b-~c?-~-d ??[31m a:b-~c?-~-d ??[31m:41;malloc 5120000\n");
    ck_assert_ptr_eq(strchr(folded, '\n'), folded + strlen(folded) - 1);
    CLEANUP(freep) char *heap = grown_read(&grown, "heap.grown.heap");
    ck_assert_ptr_null(strchr(heap, '\x1b'));
    story_expect_text(heap, "0x0000000000000002 a:b-~c?-~-d ??[31m a:b-~c?-~-d ??[31m:41\n");
}
END_TEST

START_TEST(what_is_no_profile_or_was_kept_once_has_no_file)
{
    CLEANUP(grown_done) struct grown grown = grown_make(NULL);
    struct error err = {.text = ""};
    const struct stored_record run = {grown.instrumented, grown.path};
    temp_dir_write(&grown.dir, "leaky/explain/collected/vars.001.json", "{}");
    temp_dir_write(&grown.dir, "leaky/explain/collected/vars.006.json", "{}");
    temp_dir_write(&grown.dir, "leaky/explain/collected/once.006.txt", "main;f 1\n");
    ck_assert_msg(explanation_store_profiles(&run, &err) == 0, "%s", err.text);
    ck_assert(!grown_has(&grown, "vars.grown.pb.gz"));
    ck_assert(!grown_has(&grown, "once.grown.pb.gz"));
    ck_assert(grown_has(&grown, "heap.grown.pb.gz"));
    /* A folder in the place of a file cannot be written. */
    temp_dir_write(&grown.dir, "leaky/explain/collected/stuck.001.txt", "main;f 1\n");
    temp_dir_write(&grown.dir, "leaky/explain/collected/stuck.006.txt", "main;f 2\n");
    temp_dir_write(&grown.dir, "leaky/explain/stuck.grown.pb.gz/in/the/way", "");
    ck_assert_int_eq(explanation_store_profiles(&run, &err), -1);
    story_expect_text(err.text, "stuck.grown.pb.gz");
}
END_TEST

START_TEST(an_address_without_a_name_has_its_library)
{
    CLEANUP(profile_freep) struct profile *profile = NULL;
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(1000);
    const struct profile_frame frames[] = {
        {.function = "malloc", .file = "", .module = "/l/libc.so"},
        {.function = "0x1f", .file = "", .module = "/l/libz.so"},
        {.function = "0x2f", .file = "", .module = ""},
        {.function = "f", .file = "f.c", .line = 0}};
    uint32_t ids[ARRAY_LENGTH(frames)];
    const int64_t value = 3;
    ck_assert_int_eq(profile_new(&profile, NULL), 0);
    ck_assert_int_eq(profile_add_type(profile, "inuse_space", "bytes", NULL), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(frames); i++)
        ck_assert_int_eq(profile_add_frame(profile, &frames[i], &ids[i], NULL), 0);
    ck_assert_int_eq(profile_add_sample(profile, ids, ARRAY_LENGTH(frames), &value, NULL), 0);
    ck_assert_int_eq(profile_add_sample(profile, NULL, 0, &value, NULL), 0);
    ck_assert_int_eq(folded_write(profile, 0, &out, NULL), 0);
    ck_assert_str_eq(buffer_text(&out), "f f.c;0x2f;0x1f libz.so;malloc 3\n(unknown) 3\n");
}
END_TEST

START_TEST(what_counts_neither_objects_nor_bytes_is_no_heap)
{
    CLEANUP(profile_freep) struct profile *profile = NULL;
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(1000);
    ck_assert_int_eq(profile_new(&profile, NULL), 0);
    ck_assert_int_eq(profile_add_type(profile, "cpu", "nanoseconds", NULL), 0);
    ck_assert_int_eq(heap_text_write(profile, &out, NULL), 1);
    ck_assert_uint_eq(out.length, 0);
}
END_TEST

static Suite *explanation_profiles_suite(void)
{
    Suite *suite = suite_create("explanation_profiles");
    TCase *tcase = tcase_create("explanation_profiles");
    tcase_add_test(tcase, what_grew_between_judged_floors_is_written_for_each_name);
    tcase_add_test(tcase, the_same_is_there_as_text);
    tcase_add_test(tcase, names_stay_within_their_line_and_their_frame);
    tcase_add_test(tcase, what_is_no_profile_or_was_kept_once_has_no_file);
    tcase_add_test(tcase, an_address_without_a_name_has_its_library);
    tcase_add_test(tcase, what_counts_neither_objects_nor_bytes_is_no_heap);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(explanation_profiles_suite);
