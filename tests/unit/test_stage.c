/* stage: what the steps of the protocol share, tried with the fake driver. */
#include "run/stage.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/fake_driver.h"

#define MIB ((uint64_t)1024 * 1024)

/* A stage with an instance of 24 MiB within 32 on it. */
struct scene {
    struct run_context context;
    struct run_spec spec;
    struct stage stage;
};

static void scene_set(const char *const *command, struct scene *scene)
{
    *scene = (struct scene){.context = {.driver = &fake_driver}};
    settings_defaults(&scene->spec.settings);
    scene->spec.settings.service.command = command;
    scene->spec.settings.limit_bytes = 32 * MIB;
    struct stage *stage = &scene->stage;
    static const struct run_files files = {.log_path = "/dev/null", .data_dir = "/nowhere"};
    stage->context = &scene->context;
    stage->spec = &scene->spec;
    stage->origin_ns = clock_now_ns();
    ck_assert_int_eq(timeline_new(1024, &stage->timeline, NULL), 0);
    ck_assert_int_eq(fake_driver.start(NULL, &scene->spec, &files, &stage->instance, NULL), 0);
    ck_assert_int_eq(
        sampler_new(&fake_driver, stage->timeline, 100, stage->origin_ns, &stage->sampler, NULL),
        0);
    sampler_watch(stage->sampler, stage->instance);
}

static void scene_done(struct scene *scene)
{
    fake_driver.destroy(scene->stage.instance);
    sampler_free(scene->stage.sampler);
    timeline_free(scene->stage.timeline);
}

START_TEST(a_squeeze_that_is_survived_takes_what_was_freed_lazily)
{
    static const char *const command[] = {"fake", "lazy=24117248", NULL};
    CLEANUP(scene_done) struct scene scene;
    struct squeeze_result result;
    scene_set(command, &scene);
    ck_assert_int_eq(stage_squeeze(&scene.stage, 20 * MIB, &result, NULL), 0);
    ck_assert(result.finished && !result.oom_killed);
    ck_assert_uint_eq(memory_sample_get(&result.before, MEMORY_CURRENT, 0), 24 * MIB);
    ck_assert_uint_eq(memory_sample_get(&result.after, MEMORY_CURRENT, 0), 12 * MIB);
}
END_TEST

START_TEST(a_squeeze_that_kills_says_so)
{
    static const char *const command[] = {"fake", "bytes=25165824", NULL};
    CLEANUP(scene_done) struct scene scene;
    struct squeeze_result result;
    scene_set(command, &scene);
    ck_assert_int_eq(stage_squeeze(&scene.stage, 20 * MIB, &result, NULL), 0);
    ck_assert(!result.finished && result.oom_killed);
    ck_assert_uint_eq(result.touched_bytes, 8 * MIB);
}
END_TEST

START_TEST(what_cannot_be_squeezed_is_said)
{
    static const char *const command[] = {"fake", "exit=0:3", NULL};
    CLEANUP(scene_done) struct scene scene;
    struct squeeze_result result;
    scene_set(command, &scene);
    ck_assert_int_eq(stage_squeeze(&scene.stage, 20 * MIB, &result, NULL), 1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("stage");
    TCase *squeeze = tcase_create("squeeze");
    tcase_add_test(squeeze, a_squeeze_that_is_survived_takes_what_was_freed_lazily);
    tcase_add_test(squeeze, a_squeeze_that_kills_says_so);
    tcase_add_test(squeeze, what_cannot_be_squeezed_is_said);
    suite_add_tcase(s, squeeze);
    return s;
}

CHECK_MAIN(suite);
