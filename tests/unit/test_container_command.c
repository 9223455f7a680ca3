/* container_command: the words for the engine, one by one. */
#include "driver/container_command.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

static const struct container_engine podman = {.name = "podman", .is_podman = true};
static const struct container_engine docker = {.name = "docker"};
static const uint16_t ports[] = {8080, 8081};
static struct settings settings;

static struct container_order order_of(const struct container_engine *engine)
{
    return (struct container_order){
        .engine = engine,
        .settings = &settings,
        .image = "localhost/web:1",
        .ports = ports,
        .data_dir = "/files/data",
        .name = "leakcage-1-2-3.a",
        .owner = "leakcage-1-2-3",
        .id_path = "/ids/id",
        .pid_path = "/ids/pid",
    };
}

static void setup(void)
{
    settings_defaults(&settings);
    settings.limit_bytes = (uint64_t)64 << 20;
}

static struct container_command make(const struct container_order *order)
{
    struct container_command command;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(container_command_make(order, &command, &err) == 0, "%s", err.text);
    ck_assert_ptr_null(command.words[command.n_words]);
    return command;
}

static bool has(const struct container_command *command, const char *word)
{
    for (size_t i = 0; i < command->n_words; i++)
        if (strcmp(command->words[i], word) == 0)
            return true;
    return false;
}

START_TEST(limits_owner_and_folder_are_always_said)
{
    struct container_order order = order_of(&podman);
    CLEANUP(container_command_done) struct container_command command = make(&order);
    ck_assert_str_eq(command.words[0], "run");
    ck_assert(has(&command, "--memory=67108864"));
    ck_assert(has(&command, "--memory-swap=67108864")); /* no swap */
    ck_assert(has(&command, "--pids-limit=4096"));
    ck_assert(has(&command, "--label=leakcage.owner=leakcage-1-2-3"));
    ck_assert(has(&command, "--pull=never"));
    ck_assert(has(&command, "--network=host"));
    ck_assert(has(&command, "--env=PORT=8080"));
    ck_assert(has(&command, "--env=LEAKCAGE_DATA=/files/data"));
    ck_assert(has(&command, "--mount=type=bind,source=/files/data,target=/files/data"));
    ck_assert(has(&command, "--cgroup-conf=memory.oom.group=1"));
    ck_assert(has(&command, "--pidfile=/ids/pid"));
    ck_assert_str_eq(command.words[command.n_words - 1], "localhost/web:1");
}
END_TEST

START_TEST(docker_gets_no_words_that_only_podman_knows)
{
    struct container_order order = order_of(&docker);
    CLEANUP(container_command_done) struct container_command command = make(&order);
    ck_assert(has(&command, "--memory=67108864"));
    ck_assert(has(&command, "--cidfile=/ids/id"));
    for (size_t i = 0; i < command.n_words; i++) {
        ck_assert_ptr_null(strstr(command.words[i], "--cgroup-conf"));
        ck_assert_ptr_null(strstr(command.words[i], "--pidfile"));
        ck_assert_ptr_null(strstr(command.words[i], "--http-proxy"));
    }
}
END_TEST

START_TEST(a_pods_command_is_the_entrypoint)
{
    static const char *const command_words[] = {"/bin/web", "{{port}}", NULL};
    static const char *const args[] = {"--fast", NULL};
    settings.pod = "web";
    settings.service.args = args;
    struct container_order order = order_of(&podman);
    CLEANUP(container_command_done) struct container_command of_args = make(&order);
    ck_assert_str_eq(of_args.words[of_args.n_words - 2], "localhost/web:1");
    ck_assert_str_eq(of_args.words[of_args.n_words - 1], "--fast");

    settings.service.command = command_words;
    CLEANUP(container_command_done) struct container_command command = make(&order);
    ck_assert_str_eq(command.words[command.n_words - 4], "--entrypoint=/bin/web");
    ck_assert_str_eq(command.words[command.n_words - 3], "localhost/web:1");
    ck_assert_str_eq(command.words[command.n_words - 2], "{port}"); /* as the manifest has it */
    ck_assert_str_eq(command.words[command.n_words - 1], "--fast");
}
END_TEST

START_TEST(without_a_limit_none_is_set)
{
    settings.limit_bytes = SCENARIO_NO_LIMIT;
    struct container_order order = order_of(&podman);
    CLEANUP(container_command_done) struct container_command command = make(&order);
    for (size_t i = 0; i < command.n_words; i++)
        ck_assert_ptr_null(strstr(command.words[i], "--memory"));
}
END_TEST

START_TEST(what_the_scenario_says_is_filled_in_and_comes_last)
{
    static const char *const command_words[] = {"/bin/web", "--port", NULL};
    static const char *const args[] = {"{port}", "--up={db.port}", NULL};
    static const char *const env[] = {"MODE=fast; rm -rf /", "FILES={data}/x", NULL};
    settings.service.command = command_words;
    settings.service.args = args;
    settings.service.env = env;
    settings.service.user = "65534:65534";
    settings.service.cwd = "{data}/sub";
    settings.dependencies[0].name = "db";
    settings.n_dependencies = 1;
    settings.high_bytes = (uint64_t)32 << 20;
    settings.min_bytes = (uint64_t)8 << 20;
    settings.cpus = 0.5;
    settings.oom_group = false;
    struct container_order order = order_of(&podman);
    CLEANUP(container_command_done) struct container_command command = make(&order);
    const size_t last = command.n_words - 1;
    ck_assert_str_eq(command.words[last], "--up=8081");
    ck_assert_str_eq(command.words[last - 1], "8080");
    ck_assert_str_eq(command.words[last - 2], "--port");
    ck_assert_str_eq(command.words[last - 3], "/bin/web");
    ck_assert_str_eq(command.words[last - 4], "localhost/web:1");
    ck_assert(has(&command, "--env=MODE=fast; rm -rf /")); /* one word, no shell */
    ck_assert(has(&command, "--env=FILES=/files/data/x"));
    ck_assert(has(&command, "--env=DB_PORT=8081"));
    ck_assert(has(&command, "--user=65534:65534"));
    ck_assert(has(&command, "--workdir=/files/data/sub"));
    ck_assert(has(&command, "--cpus=0.500"));
    ck_assert(has(&command, "--cgroup-conf=memory.high=33554432"));
    ck_assert(has(&command, "--cgroup-conf=memory.min=8388608"));
    ck_assert(has(&command, "--cgroup-conf=memory.oom.group=0"));
}
END_TEST

START_TEST(a_port_is_published_on_loopback_alone)
{
    struct container_order order = order_of(&podman);
    order.host_port = 18080;
    CLEANUP(container_command_done) struct container_command command = make(&order);
    ck_assert(has(&command, "--publish=127.0.0.1:18080:8080"));
    ck_assert(!has(&command, "--network=host"));
}
END_TEST

START_TEST(a_comma_in_the_path_is_refused)
{
    struct container_command command;
    struct container_order order = order_of(&podman);
    struct error err = {.kind = ERROR_NONE};
    order.data_dir = "/files/a,readonly";
    ck_assert_int_eq(container_command_make(&order, &command, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
}
END_TEST

static Suite *suite(void)
{
    Suite *made = suite_create("container_command");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, limits_owner_and_folder_are_always_said);
    tcase_add_test(tests, docker_gets_no_words_that_only_podman_knows);
    tcase_add_test(tests, a_pods_command_is_the_entrypoint);
    tcase_add_test(tests, without_a_limit_none_is_set);
    tcase_add_test(tests, what_the_scenario_says_is_filled_in_and_comes_last);
    tcase_add_test(tests, a_port_is_published_on_loopback_alone);
    tcase_add_test(tests, a_comma_in_the_path_is_refused);
    suite_add_tcase(made, tests);
    return made;
}

CHECK_MAIN(suite);
