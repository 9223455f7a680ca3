/* options: every option, and what a wrong one is told. */
#include "cli/options.h"

#include <string.h>

#include "scenario/instruments.h"
#include "tests/support/check_main.h"

#define WORDS_MAX 40

/* Parse a line of words separated by blanks. */
static int parse(const char *line, struct options *ret, struct error *err)
{
    static char text[1024];
    static char *argv[WORDS_MAX + 1];
    int argc = 0;
    strcpy(text, line);
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    return options_parse(argc, argv, ret, err);
}

static struct options parsed(const char *line)
{
    struct options options;
    struct error err = {0};
    ck_assert_msg(parse(line, &options, &err) == 0, "%s: %s", line, err.text);
    return options;
}

START_TEST(every_option_is_understood)
{
    struct options options = parsed(
        "leakcage run --variant fixed --driver vm --limit 64M --high 48MiB --url /a --url /b "
        "--ready /up scenario.json");
    ck_assert_int_eq(options.command, COMMAND_RUN);
    ck_assert_str_eq(options.variant, "fixed");
    ck_assert_str_eq(options.driver, "vm");
    ck_assert_uint_eq(options.limit_bytes, 67108864);
    ck_assert_uint_eq(options.high_bytes, 50331648);
    ck_assert_uint_eq(options.n_requests, 2);
    ck_assert_str_eq(options.url_requests[1].path, "/b");
    ck_assert_str_eq(options.ready, "/up");
    ck_assert_str_eq(options.operands[0], "scenario.json");
    ck_assert_ptr_null(options.operands[1]);
    ck_assert_ptr_null(options.service_command);

    options =
        parsed("leakcage run --trim /free --heap /debug/heap --cycles 7 --requests 100 --warmup 0 "
               "--concurrency 4 --rate 12.5 --budget 90s --sample-hz 50 --thp system --jobs 3");
    ck_assert_str_eq(options.trim, "/free");
    ck_assert_str_eq(options.heap, "/debug/heap");
    ck_assert_uint_eq(options.cycles, 7);
    ck_assert_uint_eq(options.requests, 100);
    ck_assert(options.has_warmup);
    ck_assert_uint_eq(options.warmup, 0);
    ck_assert_uint_eq(options.concurrency, 4);
    ck_assert_double_eq(options.rate_per_s, 12.5);
    ck_assert_int_eq(options.budget_ns, 90 * NSEC_PER_SEC);
    ck_assert_uint_eq(options.sample_hz, 50);
    ck_assert_uint_eq(options.jobs, 3);
    ck_assert(options.thp_system);
    ck_assert_ptr_null(options.operands[0]);

    options = parsed("leakcage run --expect leak/sockets -o out --json --quiet --no-color "
                     "--kernel k --modules m --accel tcg --vm-memory 1G --vm-cpus 3 --thp never");
    ck_assert(options.has_expectation && options.expects_cause);
    ck_assert_int_eq(options.expect, VERDICT_LEAK);
    ck_assert_int_eq(options.expect_cause, CAUSE_SOCKETS);
    ck_assert_str_eq(options.output_dir, "out");
    ck_assert(options.json && options.quiet && options.no_color && !options.thp_system);
    ck_assert_str_eq(options.driver_options.kernel_path, "k");
    ck_assert_str_eq(options.driver_options.modules_dir, "m");
    ck_assert_str_eq(options.driver_options.accel, "tcg");
    ck_assert_uint_eq(options.driver_options.guest_memory_bytes, 1073741824);
    ck_assert_uint_eq(options.driver_options.guest_cpus, 3);
}
END_TEST

START_TEST(what_is_said_of_a_service_is_understood)
{
    struct options options =
        parsed("leakcage run --port 8080 --env A=b --env C= --cwd /srv --user nobody --gc /gc "
               "--collect heap=/debug/pprof/heap --collect m=http://127.0.0.1:9/x --min 4M "
               "--restart on-failure --time-scale 20 --trim-url signal:USR1 --ready log:^up --");
    ck_assert_uint_eq(options.port, 8080);
    ck_assert_uint_eq(options.n_env, 2);
    ck_assert_str_eq(options.env[1], "C=");
    ck_assert_str_eq(options.cwd, "/srv");
    ck_assert_str_eq(options.user, "nobody");
    ck_assert_str_eq(options.gc, "/gc");
    ck_assert_str_eq(options.trim, "signal:USR1");
    ck_assert_str_eq(options.ready, "log:^up");
    ck_assert_uint_eq(options.n_collect, 2);
    ck_assert_str_eq(options.collect[0], "heap=/debug/pprof/heap");
    ck_assert_uint_eq(options.min_bytes, 4194304);
    ck_assert(options.has_restart);
    ck_assert_int_eq(options.restart, RESTART_ON_FAILURE);
    ck_assert_double_eq(options.time_scale, 20);

    options = parsed("leakcage run --image i --engine podman --attach 1 --pod p.yaml --container c "
                     "--shard 0/2 --load ./job --restart always --restart never");
    ck_assert_str_eq(options.image, "i");
    ck_assert_str_eq(options.engine, "podman");
    ck_assert_str_eq(options.attach, "1");
    ck_assert_str_eq(options.pod, "p.yaml");
    ck_assert_str_eq(options.container, "c");
    ck_assert_str_eq(options.shard, "0/2");
    ck_assert_str_eq(options.load_command, "./job");
    ck_assert_int_eq(options.restart, RESTART_NEVER);
}
END_TEST

START_TEST(report_writes_to_standard_output_unless_told)
{
    struct options options = parsed("leakcage report --markdown a b");
    ck_assert_int_eq(options.command, COMMAND_REPORT);
    ck_assert(options.markdown);
    ck_assert_ptr_null(options.output_dir);
    ck_assert_str_eq(options.operands[1], "b");
    ck_assert_str_eq(parsed("leakcage report -o FILE a").output_dir, "FILE");
    ck_assert_str_eq(parsed("leakcage run clean").output_dir, "results");
    ck_assert_str_eq(parsed("leakcage run --shard auto clean").shard, "auto");
}
END_TEST

START_TEST(what_belongs_to_a_request_follows_its_url)
{
    char header[] = "X-A: x";
    char words[] = "leakcage run --url /a --method PUT --body @file --weight 3 --header";
    char *argv[16] = {NULL};
    int argc = 0;
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    char more[] = "--url";
    char path[] = "/b";
    argv[argc++] = header;
    argv[argc++] = more;
    argv[argc++] = path;
    struct options options;
    struct error err = {0};
    ck_assert_msg(options_parse(argc, argv, &options, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(options.n_requests, 2);
    ck_assert_str_eq(options.url_requests[0].method, "PUT");
    ck_assert_str_eq(options.url_requests[0].body, "@file");
    ck_assert_uint_eq(options.url_requests[0].weight, 3);
    ck_assert_uint_eq(options.url_requests[0].n_headers, 1);
    ck_assert_str_eq(options.url_requests[0].headers[0], "X-A: x");
    ck_assert_str_eq(options.url_requests[1].path, "/b");
    ck_assert_ptr_null(options.url_requests[1].method);
    ck_assert_uint_eq(options.url_requests[1].weight, 1);
}
END_TEST

START_TEST(what_is_compared_is_understood)
{
    struct options options =
        parsed("leakcage compare --builds plain,race --allocators glibc --env A=1 --env B=2 "
               "--args -x --args -y --rev v1 --rev v2 --build make --repeats 8 --variant all s");
    ck_assert_int_eq(options.command, COMMAND_COMPARE);
    ck_assert_str_eq(options.builds, "plain,race");
    ck_assert_str_eq(options.allocators, "glibc");
    ck_assert_uint_eq(options.n_env, 2);
    ck_assert_uint_eq(options.n_args, 2);
    ck_assert_str_eq(options.args[1], "-y");
    ck_assert_uint_eq(options.n_rev, 2);
    ck_assert_str_eq(options.rev[0], "v1");
    ck_assert_str_eq(options.build_command, "make");
    ck_assert_uint_eq(options.repeats, 8);
    ck_assert_str_eq(options.operands[0], "s");
}
END_TEST

START_TEST(what_a_gate_compares_with_is_understood)
{
    struct options options =
        parsed("leakcage gate --baseline f.json --update --prune --false-alarms 0.5% --builds a,b "
               "--allocators glibc --variant all --repeats 6 --pod p --container c s");
    ck_assert_int_eq(options.command, COMMAND_GATE);
    ck_assert_str_eq(options.baseline, "f.json");
    ck_assert(options.update && options.prune);
    ck_assert_double_eq_tol(options.false_alarm_rate, 0.005, 1e-12);
    ck_assert_str_eq(options.builds, "a,b");
    ck_assert_uint_eq(options.repeats, 6);
    ck_assert_str_eq(options.output_dir, "results");

    options = parsed("leakcage gate --against v1 --build make --false-alarms 0.1 s");
    ck_assert_str_eq(options.against, "v1");
    ck_assert_str_eq(options.build_command, "make");
    ck_assert_double_eq(options.false_alarm_rate, 0.1);
    ck_assert(parsed("leakcage report --junit a").junit);
    ck_assert(parsed("leakcage report --sarif a").sarif);
    ck_assert(parsed("leakcage report --openmetrics a").openmetrics);
}
END_TEST

START_TEST(instruments_are_understood)
{
    struct options options = parsed("leakcage explain x --instruments threads,pages --no-watch");
    ck_assert_uint_eq(options.instruments, 1U << INSTRUMENT_THREADS | 1U << INSTRUMENT_PAGES);
    ck_assert_uint_eq(parsed("leakcage explain x").instruments, 0);
}
END_TEST

START_TEST(nothing_said_means_nothing_set)
{
    struct options options = parsed("leakcage run");
    ck_assert_ptr_null(options.variant);
    ck_assert_ptr_null(options.driver);
    ck_assert_str_eq(options.output_dir, "results");
    ck_assert_uint_eq(options.limit_bytes, 0);
    ck_assert_uint_eq(options.jobs, 0);
    ck_assert(!options.has_warmup && !options.has_expectation && !options.json);
}
END_TEST

static const struct {
    const char *line;
    enum command command;
} commands[] = {
    {"leakcage run x", COMMAND_RUN},
    {"leakcage judge x", COMMAND_JUDGE},
    {"leakcage gate --baseline f x", COMMAND_GATE},
    {"leakcage explain x", COMMAND_EXPLAIN},
    {"leakcage explain -- ./service", COMMAND_EXPLAIN},
    {"leakcage list", COMMAND_LIST},
    {"leakcage show x", COMMAND_SHOW},
    {"leakcage doctor", COMMAND_DOCTOR},
    {"leakcage clean", COMMAND_CLEAN},
    {"leakcage vm -- true", COMMAND_VM},
    {"leakcage guest x", COMMAND_GUEST},
    {"leakcage help", COMMAND_HELP},
    {"leakcage version", COMMAND_VERSION},
    {"leakcage --help", COMMAND_HELP},
    {"leakcage -h", COMMAND_HELP},
    {"leakcage --version", COMMAND_VERSION},
    {"leakcage run --help", COMMAND_HELP},
    {"leakcage run x -h", COMMAND_HELP},
    {"leakcage list --version", COMMAND_VERSION},
};

START_TEST(every_command_is_understood)
{
    ck_assert_int_eq(parsed(commands[_i].line).command, commands[_i].command);
}
END_TEST

START_TEST(what_follows_two_hyphens_is_the_services)
{
    struct options options = parsed("leakcage run --limit 64M -- ./service --limit 5 -x -- y");
    ck_assert_uint_eq(options.limit_bytes, 67108864);
    ck_assert_ptr_null(options.operands[0]);
    static const char *const words[] = {"./service", "--limit", "5", "-x", "--", "y"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        ck_assert_str_eq(options.service_command[i], words[i]);
    ck_assert_ptr_null(options.service_command[6]);
    options = parsed("leakcage run --");
    ck_assert_ptr_nonnull(options.service_command);
    ck_assert_ptr_null(options.service_command[0]);
}
END_TEST

START_TEST(options_may_stand_behind_operands)
{
    struct options options = parsed("leakcage run a.json --json b.json --output=dir");
    ck_assert(options.json);
    ck_assert_str_eq(options.output_dir, "dir");
    ck_assert_str_eq(options.operands[0], "a.json");
    ck_assert_str_eq(options.operands[1], "b.json");
    ck_assert_ptr_null(options.operands[2]);
}
END_TEST

static const struct {
    const char *line, *error;
} faults[] = {
    {"leakcage", "no command given"},
    {"leakcage rnu", "unknown command \"rnu\" (did you mean run?)"},
    {"leakcage frobnicate", "see leakcage help"},
    {"leakcage run --limt 64M", "--limt (did you mean --limit?)"},
    {"leakcage run --frobnicate", "--frobnicate; see leakcage help"},
    {"leakcage run -x", "-x"},
    {"leakcage run a.json -xV", "missing value: -x; see"},
    {"leakcage run a.json -o", "missing value: -o; see"},
    {"leakcage run --limit", "--limit"},
    {"leakcage run --json=yes", "--json"},
    {"leakcage run --limit 64X", "--limit: found \"64X\""},
    {"leakcage run --limit 64K", "--limit: found \"64K\", expected at least 1MiB"},
    {"leakcage run --high x", "--high: found \"x\""},
    {"leakcage run --cycles 0", "--cycles: found \"0\""},
    {"leakcage run --cycles 100001", "--cycles: found \"100001\""},
    {"leakcage run --requests x", "--requests: found \"x\""},
    {"leakcage run --warmup -1", "--warmup: found \"-1\""},
    {"leakcage run --concurrency 0", "--concurrency: found \"0\""},
    {"leakcage run --rate 0", "--rate: found \"0\""},
    {"leakcage run --rate nan", "--rate: found \"nan\""},
    {"leakcage run --rate 10x", "--rate: found \"10x\""},
    {"leakcage run --budget 10", "--budget: found \"10\" without a unit"},
    {"leakcage run --sample-hz 1001", "--sample-hz: found \"1001\""},
    {"leakcage run --thp always", "--thp: found \"always\", expected never or system"},
    {"leakcage run --url fetch", "--url: found \"fetch\", expected a path"},
    {"leakcage run --ready http", "--ready: found \"http\""},
    {"leakcage run --trim x", "--trim: found \"x\""},
    {"leakcage run --heap x", "--heap: found \"x\", expected a path"},
    {"leakcage run --expect leek", "--expect: found \"leek\", expected leak"},
    {"leakcage run --expect leak/scokets", "--expect: found \"scokets\""},
    {"leakcage run --expect aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "--expect: found"},
    {"leakcage run --method GET", "--method: found before any --url"},
    {"leakcage run --url / --method get", "--method: found \"get\""},
    {"leakcage run --url / --header X", "--header: found \"X\""},
    {"leakcage run --url / --weight 0", "--weight: found \"0\""},
    {"leakcage explain x --instruments pages,heap",
     "--instruments: found \"heap\", expected some of"},
    {"leakcage explain x --instruments ,", "--instruments: found"},
    {"leakcage run x --instruments pages", "--instruments: found with another command"},
    {"leakcage explain x --shard 0/2", "--shard: found with explain"},
    {"leakcage explain x --repeats 3", "--repeats: found with another command"},
    {"leakcage run --env A", "--env: found \"A\", expected NAME=VALUE"},
    {"leakcage run --port 65536", "--port: found \"65536\""},
    {"leakcage run --gc signal:", "--gc: found \"signal:\""},
    {"leakcage run --ready log:", "--ready: found \"log:\""},
    {"leakcage run --ready log:up(", "--ready: found \"up(\" (Unmatched ( or \\("},
    {"leakcage run --collect heap", "--collect: found \"heap\""},
    {"leakcage run --collect heap=http://192.0.2.1/", "--collect: found"},
    {"leakcage run --engine rkt", "--engine: found \"rkt\""},
    {"leakcage run --restart maybe", "--restart: found \"maybe\""},
    {"leakcage run --time-scale 0", "--time-scale: found \"0\""},
    {"leakcage run --jobs 0", "--jobs: found \"0\""},
    {"leakcage run --jobs 65", "--jobs: found \"65\""},
    {"leakcage run --jobs two", "--jobs: found \"two\""},
    {"leakcage run --vm-cpus 0", "--vm-cpus: found \"0\""},
    {"leakcage run --vm-memory x", "--vm-memory: found \"x\""},
    {"leakcage run --builds a,b", "--builds: found with another command"},
    {"leakcage run --allocators a", "--allocators: found with another command"},
    {"leakcage judge --args a", "--args: found with another command"},
    {"leakcage run --a a", "--a: found with another command"},
    {"leakcage report --b a", "--b: found with another command"},
    {"leakcage list --rev a", "--rev: found with another command"},
    {"leakcage judge --repeats 2", "--repeats: found with another command"},
    {"leakcage compare --repeats 0", "--repeats: found \"0\""},
    {"leakcage compare --repeats 33", "--repeats: found \"33\""},
    {"leakcage compare --attach 1", "--attach: found with compare"},
    {"leakcage compare --pod p", "--pod: found with compare"},
    {"leakcage compare --shard 0/2", "--shard: found with compare"},
    {"leakcage compare --build make", "--build: found no --rev"},
    {"leakcage compare --image x --allocators a", "--allocators: found beside --image"},
    {"leakcage compare --image x --builds a,b", "--builds: found beside --image"},
    {"leakcage compare --image x --a a --b b", "--a: found beside --image"},
    {"leakcage compare --image x --rev a", "--rev: found beside --image"},
    {"leakcage gate s", "nothing to compare with: leakcage gate --baseline FILE"},
    {"leakcage gate --baseline f --against v1 s", "found both --baseline and --against"},
    {"leakcage gate --against v1 --update s", "--update: found no --baseline"},
    {"leakcage gate --baseline f --prune s", "--prune: found no --update"},
    {"leakcage gate --baseline f --build make s", "--build: found no --against"},
    {"leakcage gate --baseline f --false-alarms 0 s",
     "--false-alarms: found \"0\", expected a share"},
    {"leakcage gate --baseline f --false-alarms 11% s", "--false-alarms: found \"11%\""},
    {"leakcage gate --baseline f --false-alarms 1%% s", "--false-alarms: found \"1%%\""},
    {"leakcage gate --baseline f --false-alarms nan s", "from 0.01% to 10%"},
    {"leakcage gate --baseline f --attach 1", "--attach: found with gate"},
    {"leakcage gate --baseline f --shard 0/2 s", "--shard: found with gate"},
    {"leakcage gate --baseline f --expect leak s", "--expect: found with gate"},
    {"leakcage gate --baseline f --container c s", "--container: found with gate"},
    {"leakcage gate --against v1 --pod p", "--pod: found with gate"},
    {"leakcage gate --against v1 --image x", "--against: found beside --image"},
    {"leakcage gate --baseline f --args a s", "--args: found with another command"},
    {"leakcage gate --baseline f --rev a s", "--rev: found with another command"},
    {"leakcage gate --baseline f --json --markdown s", "found --json and --markdown"},
    {"leakcage gate --baseline f --junit s", "--junit: found with another command"},
    {"leakcage run --baseline f",
     "--baseline: found with another command, expected `leakcage gate`"},
    {"leakcage compare --update", "--update: found with another command"},
    {"leakcage run --prune", "--prune: found with another command"},
    {"leakcage run --against v1", "--against: found with another command"},
    {"leakcage run --false-alarms 1%", "--false-alarms: found with another command"},
    {"leakcage run --sarif", "--sarif: found with another command, expected `leakcage report"},
    {"leakcage judge --openmetrics x", "--openmetrics: found with another command"},
    {"leakcage report --json --junit a", "found --json and --junit, expected one of them"},
    {"leakcage report --sarif --openmetrics a", "found --sarif and --openmetrics"},
};

START_TEST(a_wrong_option_is_an_error_that_names_it)
{
    struct options options;
    struct error err = {0};
    ck_assert_int_eq(parse(faults[_i].line, &options, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, faults[_i].error) != NULL, "found \"%s\", expected \"%s\"",
                  err.text, faults[_i].error);
}
END_TEST

/* Whatever came before. */
START_TEST(a_line_is_read_anew)
{
    struct options options;
    struct error err = {0};
    ck_assert_int_eq(parse("leakcage run a.json -xh", &options, &err), -1);
    options = parsed("leakcage run b.json --json");
    ck_assert_str_eq(options.operands[0], "b.json");
    ck_assert(options.json);
    ck_assert_ptr_null(parsed("leakcage --help").operands[0]);
}
END_TEST

START_TEST(too_many_paths_are_refused)
{
    struct options options;
    struct error err = {0};
    static char program[] = "leakcage";
    static char run[] = "run";
    static char option[] = "--url";
    static char path[] = "/x";
    char *argv[2 * LOAD_KINDS_MAX + 8] = {program, run};
    int argc = 2;
    for (int i = 0; i <= LOAD_KINDS_MAX; i++) {
        argv[argc++] = option;
        argv[argc++] = path;
    }
    ck_assert_int_eq(options_parse(argc, argv, &options, &err), -1);
    ck_assert_msg(strncmp(err.text, "--url: given more than", 22) == 0, "%s", err.text);
}
END_TEST

START_TEST(every_option_is_in_the_help)
{
    static const char *const names[] = {
        "variant",     "driver",      "limit",   "high",         "url",     "ready",
        "trim",        "heap",        "cycles",  "requests",     "warmup",  "rate",
        "budget",      "thp",         "expect",  "sample-hz",    "json",    "quiet",
        "output",      "kernel",      "accel",   "modules",      "vm-cpus", "vm-memory",
        "no-color",    "concurrency", "builds",  "allocators",   "args",    "a '",
        "b '",         "rev",         "build",   "repeats",      "bisect",  "baseline",
        "update",      "prune",       "against", "false-alarms", "junit",   "sarif",
        "openmetrics", "instruments"};
    char text[16384] = "";
    FILE *out = fmemopen(text, sizeof(text), "w");
    options_print_help(out);
    fclose(out);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char option[32];
        snprintf(option, sizeof(option), "--%s", names[i]);
        ck_assert_msg(strstr(text, option) != NULL, "%s", option);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("options");
    TCase *understood = tcase_create("understood");
    TCase *refused = tcase_create("refused");
    tcase_add_test(understood, every_option_is_understood);
    tcase_add_test(understood, what_is_said_of_a_service_is_understood);
    tcase_add_test(understood, what_belongs_to_a_request_follows_its_url);
    tcase_add_test(understood, report_writes_to_standard_output_unless_told);
    tcase_add_test(understood, what_is_compared_is_understood);
    tcase_add_test(understood, what_a_gate_compares_with_is_understood);
    tcase_add_test(understood, instruments_are_understood);
    tcase_add_test(understood, nothing_said_means_nothing_set);
    tcase_add_loop_test(understood, every_command_is_understood, 0,
                        (int)(sizeof(commands) / sizeof(commands[0])));
    tcase_add_test(understood, what_follows_two_hyphens_is_the_services);
    tcase_add_test(understood, options_may_stand_behind_operands);
    tcase_add_test(understood, every_option_is_in_the_help);
    tcase_add_loop_test(refused, a_wrong_option_is_an_error_that_names_it, 0,
                        (int)(sizeof(faults) / sizeof(faults[0])));
    tcase_add_test(refused, a_line_is_read_anew);
    tcase_add_test(refused, too_many_paths_are_refused);
    suite_add_tcase(s, understood);
    suite_add_tcase(s, refused);
    return s;
}

CHECK_MAIN(suite);
