/* engine: an engine's command line, played by a script; and archives, made by hand. */
#include "driver/engine.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "driver/image.h"
#include "driver/image_export.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

static struct temp_dir dir;

static void setup(void)
{
    dir = temp_dir_make();
}

static void teardown(void)
{
    temp_dir_done(&dir);
}

/* An engine that is this shell script. */
static struct container_engine engine_of(const char *script)
{
    struct container_engine engine = {.name = "podman", .is_podman = true};
    char text[2048];
    snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", script);
    temp_dir_write(&dir, "podman", text);
    snprintf(engine.path, sizeof(engine.path), "%.400s/podman", dir.path);
    ck_assert_int_eq(chmod(engine.path, 0755), 0);
    return engine;
}

static int call(const struct container_engine *engine, struct buffer *out, struct error *err)
{
    static const char *const words[] = {"inspect", "a b;c", "--format", "x", NULL};
    return container_engine_call(engine, words, out, err);
}

START_TEST(words_go_through_whole_and_output_comes_back)
{
    struct container_engine engine = engine_of("printf '%s|' \"$@\"");
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(4096);
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(call(&engine, &out, &err) == 0, "%s", err.text);
    ck_assert_str_eq(buffer_text(&out), "inspect|a b;c|--format|x|");
}
END_TEST

START_TEST(what_it_says_last_is_the_error)
{
    struct container_engine engine =
        engine_of("echo 'level=warning msg=\"Error validating CNI\"' >&2; "
                  "echo 'Error: inspecting object: no such container web' >&2; exit 125");
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(call(&engine, NULL, &err), 1);
    ck_assert_str_eq(err.text, "podman inspect a b;c: inspecting object: no such container web "
                               "(exit status 125)");
    ck_assert_int_eq(err.kind, ERROR_ENVIRONMENT);
    ck_assert(container_engine_says_unknown(&err));
}
END_TEST

START_TEST(silence_and_death_are_told)
{
    struct container_engine engine = engine_of("kill -9 $$");
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(call(&engine, NULL, &err), 1);
    ck_assert_ptr_nonnull(strstr(err.text, "it said nothing (killed by signal 9"));
    ck_assert(!container_engine_says_unknown(&err));
}
END_TEST

START_TEST(more_output_than_there_is_room_for_is_an_error)
{
    struct container_engine engine = engine_of("head -c 100000 /dev/zero");
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(4096);
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(call(&engine, &out, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "podman inspect"));
}
END_TEST

START_TEST(a_home_of_its_own_is_handed_over_by_environment)
{
    struct container_engine engine =
        engine_of("echo \"$HOME|$CONTAINERS_STORAGE_CONF|$CONTAINERS_CONF\"; "
                  "cat \"$CONTAINERS_STORAGE_CONF\" \"$HOME/.config/containers/policy.json\"");
    CLEANUP(freep) char *home = file_join(dir.path, "own");
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(4096);
    struct error err = {.kind = ERROR_NONE};
    engine.home = home;
    ck_assert_msg(container_engine_prepare(&engine, &err) == 0, "%s", err.text);
    ck_assert_msg(container_engine_prepare(&engine, &err) == 0, "%s", err.text);
    ck_assert_msg(call(&engine, &out, &err) == 0, "%s", err.text);
    ck_assert_int_eq(strncmp(buffer_text(&out), home, strlen(home)), 0);
    ck_assert_ptr_nonnull(strstr(buffer_text(&out), "/own/storage.conf|"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&out), "/own/graph\""));
    ck_assert_ptr_nonnull(strstr(buffer_text(&out), "insecureAcceptAnything"));
}
END_TEST

START_TEST(docker_has_no_home_in_a_guest)
{
    const struct container_engine docker = {.name = "docker", .home = dir.path};
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(container_engine_prepare(&docker, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "--engine podman"));
}
END_TEST

START_TEST(an_engine_is_named_in_front_of_a_colon)
{
    const char *name = NULL;
    ck_assert_str_eq(container_engine_split("podman:web", &name), "web");
    ck_assert_str_eq(name, "podman");
    ck_assert_str_eq(container_engine_split("docker:a:b", &name), "a:b");
    ck_assert_str_eq(name, "docker");
    ck_assert_str_eq(container_engine_split("web:1", &name), "web:1");
    ck_assert_ptr_null(name);
    struct container_engine engine;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(container_engine_find("lxc", NULL, &engine, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
}
END_TEST

/* A ustar header and its text, padded. */
static void tar_add(FILE *out, const char *name, const char *text)
{
    char block[512] = "";
    unsigned sum = 0;
    snprintf(block, 100, "%s", name);
    snprintf(block + 124, 12, "%011o", (unsigned)strlen(text));
    memset(block + 148, ' ', 8);
    block[156] = '0';
    memcpy(block + 257, "ustar", 5);
    for (size_t i = 0; i < sizeof(block); i++)
        sum += (unsigned char)block[i];
    snprintf(block + 148, 8, "%06o", sum);
    fwrite(block, sizeof(block), 1, out);
    size_t padded = (strlen(text) + 511) / 512 * 512;
    char content[2048] = "";
    ck_assert_uint_le(padded, sizeof(content));
    memcpy(content, text, strlen(text));
    fwrite(content, padded, 1, out);
}

/* An archive of these names and texts, NULL-terminated; its --image word. */
static const char *archive_of(const char *kind, const char *const *parts)
{
    static char image[512];
    snprintf(image, sizeof(image), "%s:%.400s/image.tar", kind, dir.path);
    FILE *out = fopen(image + strlen(kind) + 1, "w");
    ck_assert_ptr_nonnull(out);
    for (; parts[0] != NULL; parts += 2)
        tar_add(out, parts[0], parts[1]);
    char end[1024] = "";
    fwrite(end, sizeof(end), 1, out);
    fclose(out);
    return image;
}

#define CONFIG "{\"config\": {\"ExposedPorts\": {\"80/tcp\": {}}, \"Cmd\": [\"/web\"]}}"

START_TEST(both_kinds_of_archive_tell_their_configuration)
{
    const char *const docker[] = {
        "layer.tar", "\x01\x02",        "abc.json",
        CONFIG,      "./manifest.json", "[{\"Config\": \"abc.json\", \"Layers\": []}]",
        NULL};
    const char *const oci[] = {"index.json",
                               "{\"manifests\": [{\"digest\": \"sha256:aa\"}]}",
                               "blobs/sha256/aa",
                               "{\"config\": {\"digest\": \"sha256:bb\"}}",
                               "blobs/sha256/bb",
                               CONFIG,
                               NULL};
    const char *images[] = {"docker-archive", "oci-archive"};
    for (int i = 0; i < 2; i++) {
        struct image_facts facts;
        uint64_t bytes = 0;
        struct error err = {.kind = ERROR_NONE};
        const char *image = archive_of(images[i], i == 0 ? docker : oci);
        ck_assert_msg(image_archive_facts(image, &facts, &bytes, &err) == 0, "%s", err.text);
        ck_assert_uint_eq(facts.n_ports, 1);
        ck_assert_uint_eq(facts.ports[0], 80);
        ck_assert(facts.has_command);
        ck_assert_uint_gt(bytes, 2048);
    }
}
END_TEST

static void refuse(const char *image, const char *words)
{
    struct image_facts facts;
    uint64_t bytes = 0;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(image_archive_facts(image, &facts, &bytes, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
}

START_TEST(what_is_no_image_is_told_apart)
{
    char image[512];
    const char *const nothing[] = {"readme", "hello", NULL};
    const char *const torn[] = {"manifest.json", "[{\"Config\": \"gone.json\"}]", NULL};
    const char *const odd[] = {"manifest.json", "[]", NULL};
    refuse(archive_of("docker-archive", nothing), "it has no manifest.json");
    refuse(archive_of("docker-archive", torn), "it has no gone.json");
    refuse(archive_of("docker-archive", odd), "an array that is not empty");
    refuse(archive_of("oci-archive", odd), "it has no index.json");
    snprintf(image, sizeof(image), "docker-archive:%.400s/text", dir.path);
    temp_dir_write(&dir, "text", "no tar file at all");
    refuse(image, "it is no tar file");
    temp_dir_write(&dir, "text", "\x1f\x8b\x08 and so on");
    refuse(image, "compressed");
    snprintf(image, sizeof(image), "docker-archive:%.400s/none", dir.path);
    refuse(image, "No such file");
    snprintf(image, sizeof(image), "docker-archive:%.400s", dir.path);
    refuse(image, "is no file");
}
END_TEST

START_TEST(an_image_that_is_not_there_is_told_with_the_fix)
{
    struct container_engine engine =
        engine_of("echo 'Error: inspecting object: web: image not known' >&2; exit 125");
    struct image_facts facts;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(image_find(&engine, "web", &facts, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "podman has no image \"web\""));
    ck_assert_ptr_nonnull(strstr(err.text, "podman pull web"));
}
END_TEST

START_TEST(an_archive_stays_where_it_is_on_its_way_to_a_guest)
{
    const char *const parts[] = {"abc.json", CONFIG, "manifest.json",
                                 "[{\"Config\": \"abc.json\"}]", NULL};
    struct run_spec runs[3] = {0};
    struct run_spec sent[3];
    uint64_t bytes = 0;
    struct error err = {.kind = ERROR_NONE};
    runs[0].settings.image = runs[2].settings.image = archive_of("docker-archive", parts);
    const struct plan plan = {.runs = runs, .n_runs = 3};
    ck_assert_msg(image_export_all(&plan, "/nonexistent", sent, &bytes, &err) == 0, "%s", err.text);
    ck_assert_str_eq(sent[0].settings.image, runs[0].settings.image);
    ck_assert_ptr_null(sent[1].settings.image);
    ck_assert_uint_eq(bytes, 3072); /* counted once */
}
END_TEST

static Suite *suite(void)
{
    Suite *made = suite_create("engine");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, words_go_through_whole_and_output_comes_back);
    tcase_add_test(tests, what_it_says_last_is_the_error);
    tcase_add_test(tests, silence_and_death_are_told);
    tcase_add_test(tests, more_output_than_there_is_room_for_is_an_error);
    tcase_add_test(tests, a_home_of_its_own_is_handed_over_by_environment);
    tcase_add_test(tests, docker_has_no_home_in_a_guest);
    tcase_add_test(tests, an_engine_is_named_in_front_of_a_colon);
    tcase_add_test(tests, both_kinds_of_archive_tell_their_configuration);
    tcase_add_test(tests, what_is_no_image_is_told_apart);
    tcase_add_test(tests, an_image_that_is_not_there_is_told_with_the_fix);
    tcase_add_test(tests, an_archive_stays_where_it_is_on_its_way_to_a_guest);
    suite_add_tcase(made, tests);
    return made;
}

CHECK_MAIN(suite);
