#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "scenario/scenario.h"
#include "tests/support/check_main.h"

#define LENGTH(array) (int)(sizeof(array) / sizeof((array)[0]))

static void expect_refused(const char *text, const char *message)
{
    struct scenario *scenario = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(scenario_load_text("a.json", "/d", text, &scenario, &err) == -1,
                  "was accepted: %s", text);
    ck_assert_ptr_null(scenario);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, message) == err.text, "found: %s\nexpected: %s", err.text,
                  message);
}

/* What is wrong stands on line 3, beside a service and a load that are right. */
static const struct {
    const char *member;
    const char *message;
} bad_members[] = {
    {"\"limit\": \"64Q\"", "a.json:3: $.limit: found \"64Q\" with the unknown suffix \"Q\""},
    {"\"limit\": \"512K\"", "a.json:3: $.limit: found \"512K\", expected a size from 1.0 MiB"},
    {"\"limit\": 1048575", "a.json:3: $.limit: found 1048575, expected a size from 1.0 MiB"},
    {"\"limit\": \"-64M\"", "a.json:3: $.limit: found \"-64M\", expected a size such as"},
    {"\"limit\": -1", "a.json:3: $.limit: found -1, expected a size such as"},
    {"\"limit\": 1e400", "a.json:3: $.limit: found 1e400, expected a size such as"},
    {"\"limit\": \"9000T\"", "a.json:3: $.limit: found \"9000T\", which is more than 8192 TiB"},
    {"\"limit\": \"\"", "a.json:3: $.limit: found \"\", expected a size such as"},
    {"\"limit\": null", "a.json:3: $.limit: found null, expected a size such as"},
    {"\"limit\": \"32M\", \"high\": \"33M\"",
     "a.json:3: $.high: found 33.0 MiB, expected at most the limit of 32.0 MiB"},
    {"\"limt\": \"64M\"", "a.json:3: $.limt: found an unknown key, expected one of"},
    {"\"pids\": 0", "a.json:3: $.pids: found 0, expected a whole number from 1 to 4194304"},
    {"\"pids\": 1.5", "a.json:3: $.pids: found 1.5, expected a whole number"},
    {"\"cpus\": 0", "a.json:3: $.cpus: found 0, expected a number from 0.01 to 1024"},
    {"\"cpus\": -1", "a.json:3: $.cpus: found -1, expected a number"},
    {"\"thp\": \"allways\"", "a.json:3: $.thp: found \"allways\", expected one of \"never\""},
    {"\"thp\": true", "a.json:3: $.thp: found true, expected text in quotes"},
    {"\"sample_hz\": 0", "a.json:3: $.sample_hz: found 0, expected a whole number from 1 to 1000"},
    {"\"sample_hz\": 1e9", "a.json:3: $.sample_hz: found 1e9, expected a whole number"},
    {"\"cycles\": []", "a.json:3: $.cycles: found an empty array, expected an object"},
    {"\"cycles\": {\"max\": 3,\n\"min\": 4}",
     "a.json:4: $.cycles.min: found 4, expected at most the maximum of 3"},
    {"\"cycles\": {\"max\": 0}", "a.json:3: $.cycles.max: found 0, expected a whole number from 1"},
    {"\"cycles\": {\"requests\": 0}", "a.json:3: $.cycles.requests: found 0, expected a whole"},
    {"\"cycles\": {\"settle\": \"200\"}",
     "a.json:3: $.cycles.settle: found \"200\" without a unit of time"},
    {"\"cycles\": {\"settle\": 200}", "a.json:3: $.cycles.settle: found 200, expected a time with"},
    {"\"cycles\": {\"budget\": \"10ms\"}", "a.json:3: $.cycles.budget: found \"10ms\", expected a"},
    {"\"cycles\": {\"warm-up\": 1}",
     "a.json:3: $.cycles.warm-up: found an unknown key, expected one of \"max\", \"min\", "
     "\"requests\", \"warmup\", \"settle\", \"budget\"; did you mean \"warmup\"?"},
    {"\"name\": \"No\"", "a.json:3: $.name: found \"No\", expected a name of at most 48"},
    {"\"name\": \"../x\"", "a.json:3: $.name: found \"../x\", expected a name"},
    {"\"name\": \"-x\"", "a.json:3: $.name: found \"-x\", expected a name"},
    {"\"name\": \"\"", "a.json:3: $.name: found \"\", expected a name"},
    {"\"about\": \"a\\u001b[31mb\"", "a.json:3: $.about: found \"a?[31mb\", expected one line"},
    {"\"about\": \"two\\nlines\"", "a.json:3: $.about: found \"two?lines\", expected one line"},
    {"\"expect\": \"leek\"",
     "a.json:3: $.expect: found \"leek\", expected one of \"inconclusive\", "
     "\"clean\", \"leak\", \"pressure\", \"lazy-release\"; did you mean "
     "\"leak\"?"},
    {"\"expect\": 1", "a.json:3: $.expect: found 1, expected a verdict such as \"leak\""},
    {"\"expect\": {\"cause\": \"heap\"}", "a.json:3: $.expect: found no \"verdict\""},
    {"\"expect\": {\"verdict\": \"leak\", \"cause\": \"socket\"}",
     "a.json:3: $.expect.cause: found \"socket\", expected one of \"none\", \"heap\""},
    {"\"expect\": {\"verdict\": \"leak\", \"cause\": \"transient\"}",
     "a.json:3: $.expect.cause: found \"transient\", expected a cause of leak (this one belongs "
     "to pressure)"},
    {"\"expect\": {\"verdict\": \"leak\", \"caus\": 1}",
     "a.json:3: $.expect.caus: found an unknown key"},
    {"\"limit_for\": \"512M\"", "a.json:3: $.limit_for: found \"512M\", expected an object"},
    {"\"limit_for\": {\"race\":\n\"512Q\"}",
     "a.json:4: $.limit_for.race: found \"512Q\" with the unknown suffix \"Q\""},
    {"\"limit_for\": {\"race\": \"1K\"}",
     "a.json:3: $.limit_for.race: found \"1K\", expected a size from 1.0 MiB"},
    {"\"limit_for\": {\"a+b\": \"64M\"}",
     "a.json:3: $.limit_for[\"a+b\"]: found a build named \"a+b\", expected a build's name of at "
     "most 32"},
    {"\"limit_for\": {\"1\": \"1M\", \"2\": \"1M\", \"3\": \"1M\", \"4\": \"1M\", \"5\": \"1M\", "
     "\"6\": \"1M\", \"7\": \"1M\", \"8\": \"1M\",\n\"9\": \"1M\"}",
     "a.json:4: $.limit_for.9: found more than 8 builds, expected less"},
    {"\"high\": \"64M\",\n\"limit_for\": {\"race\": \"32M\"}",
     "a.json:3: $.high: build race: found 64.0 MiB, expected at most the limit of 32.0 MiB"},
    {"\"expect_for\": []", "a.json:3: $.expect_for: found an empty array, expected an object"},
    {"\"expect_for\": {\"race\":\n\"leek\"}",
     "a.json:4: $.expect_for.race: found \"leek\", expected one of \"inconclusive\""},
    {"\"expect_for\": {\"race\": {\"verdict\": \"leak\",\n\"cause\": \"transient\"}}",
     "a.json:4: $.expect_for.race.cause: found \"transient\", expected a cause of leak"},
    {"\"expect_for\": {\"\": \"leak\"}", "a.json:3: $.expect_for[\"\"]: found a build named \"\""},
    {"\"gate\": \"+5%\"", "a.json:3: $.gate: found \"+5%\", expected an object"},
    {"\"gate\": {\"floor\":\n\"5%\"}",
     "a.json:4: $.gate.floor: found \"5%\", expected what may be added: \"+5%\" or \"+64KiB\""},
    {"\"gate\": {\"floor\": 65536}", "a.json:3: $.gate.floor: found 65536, expected text"},
    {"\"gate\": {\"growth\": \"+16B\"}",
     "a.json:3: $.gate.growth: found \"+16B\", expected what may be added: \"+5%\" or "
     "\"+16B/request\""},
    {"\"gate\": {\"threads\": \"+2KiB\"}",
     "a.json:3: $.gate.threads: found \"+2KiB\", expected what may be added: \"+5%\" or \"+2\""},
    {"\"gate\": {\"flor\": \"+5%\"}",
     "a.json:3: $.gate.flor: found an unknown key, expected one of \"growth\", \"floor\""},
    {"\"dependencies\": {\"Up\": {\"command\": [\"x\"]}}",
     "a.json:3: $.dependencies.Up: found a dependency named \"Up\", expected a name"},
    {"\"dependencies\": {\"service\": {\"command\": [\"x\"]}}",
     "a.json:3: $.dependencies.service: found a dependency named \"service\""},
    {"\"dependencies\": {\"up\": {\"ready\": \"tcp\"}}",
     "a.json:3: $.dependencies.up: found no command, expected one such as"},
    {"\"dependencies\": {\"up\": {\"command\": [\"x\"], \"trim\": \"/\"}}",
     "a.json:3: $.dependencies.up.trim: found an unknown key"},
    {"\"dependencies\": {\"up\": {\"command\": [\"x\"], \"heap\": \"/\"}}",
     "a.json:3: $.dependencies.up.heap: found an unknown key"},
    {"\"dependencies\": {\"a\": {\"command\": [\"x\"]}, \"b\": {\"command\": [\"x\"]}, \"c\": "
     "{\"command\": [\"x\"]}, \"d\": {\"command\": [\"x\"]},\n\"e\": {\"command\": [\"x\"]}}",
     "a.json:4: $.dependencies.e: found more than 4 dependencies"},
    {"\"dependencies\": {\"a\": {\"command\": [\"x\"], \"port\": 80}, \"b\": {\"command\": "
     "[\"x\"],\n \"port\": 80}}",
     "a.json:4: $.dependencies.b.port: found port 80, which a has too, expected another"},
    {"\"variants\": []", "a.json:3: $.variants: found an empty array, expected an object"},
    {"\"variants\": {\"a b\": {}}", "a.json:3: $.variants[\"a b\"]: found a variant named \"a b\""},
    {"\"variants\": {\"fixed\":\n{\"name\": \"x\"}}",
     "a.json:4: $.variants.fixed.name: found an unknown key"},
    {"\"variants\": {\"fixed\":\n{\"servise\": {}}}",
     "a.json:4: $.variants.fixed.servise: found an unknown key, expected one of \"about\", "
     "\"service\", \"dependencies\", \"limit\", \"high\", \"min\", \"oom_group\", \"restart\", "
     "\"pod\", \"pids\", \"cpus\", \"thp\", "
     "\"sample_hz\", \"load\", \"cycles\", \"expect\", \"limit_for\", \"expect_for\", \"gate\"; "
     "did "
     "you mean \"service\"?"},
    {"\"variants\": {\"fixed\":\n{\"high\": \"64M\"}}, \"limit\": \"32M\"",
     "a.json:4: $.variants.fixed.high: found 64.0 MiB, expected at most the limit of 32.0 MiB"},
    {"\"variants\": {\"fixed\":\n{\"limit\": \"32M\"}}, \"high\": \"48M\"",
     "a.json:4: $.variants.fixed: found 48.0 MiB, expected at most the limit of 32.0 MiB"},
    {"\"variants\": {\"fixed\": {\"load\":\n{\"requests\": []}}}",
     "a.json:4: $.variants.fixed.load: found no requests, timers or command"},
    {"\"$other\": 1, \"variants\": {\"v\": {\"$schema\": 1}}",
     "a.json:3: $.variants.v.$schema: found an unknown key"},
};

START_TEST(a_bad_member_is_refused_with_line_path_found_and_expected)
{
    char text[1024];
    snprintf(text, sizeof(text),
             "{\"service\": {\"command\": [\"./x\"]},\n\"load\": {\"path\": \"/\"},\n%s}",
             bad_members[_i].member);
    expect_refused(text, bad_members[_i].message);
}
END_TEST

/* Members of $.service. */
static const struct {
    const char *service;
    const char *message;
} bad_services[] = {
    {"null", "a.json:2: $.service: found null, expected an object"},
    {"{}", "a.json:2: $.service: found no command, expected one such as"},
    {"{\"command\": []}", "a.json:2: $.service.command: found an empty array, expected a program"},
    {"{\"command\": [\"\"]}", "a.json:2: $.service.command: found an array, expected a program"},
    {"{\"command\": \"./x -v\"}",
     "a.json:2: $.service.command: found \"./x -v\", expected an array of words such as"},
    {"{\"command\": [\"x\",\n7]}", "a.json:3: $.service.command[1]: found 7, expected text"},
    {"{\"command\": [\"{foo}/x\"]}",
     "a.json:2: $.service.command[0]: found the unknown placeholder {foo}, expected one of "
     "{services}, {dir}, {data}, {port}, {service.port}; write {{foo}} for the text itself"},
    {"{\"command\": [\"x\"], \"args\": [\"{up.port}\"]}",
     "a.json:2: $.service.args[0]: found the unknown placeholder {up.port}"},
    {"{\"command\": [\"x\"], \"args\": {}}", "a.json:2: $.service.args: found an empty object"},
    {"{\"command\": [\"x\"], \"env\": [\"A=b\"]}",
     "a.json:2: $.service.env: found an array, expected an object"},
    {"{\"command\": [\"x\"], \"env\": {\"A=B\": \"c\"}}",
     "a.json:2: $.service.env[\"A=B\"]: found a variable named \"A=B\", expected letters"},
    {"{\"command\": [\"x\"], \"env\": {\"\": \"c\"}}",
     "a.json:2: $.service.env[\"\"]: found a variable named \"\", expected letters"},
    {"{\"command\": [\"x\"], \"env\": {\"1A\": \"c\"}}", "a.json:2: $.service.env.1A: found a"},
    {"{\"command\": [\"x\"], \"env\": {\"A\": 1}}", "a.json:2: $.service.env.A: found 1, expected"},
    {"{\"command\": [\"x\"], \"env\": {\"A\": \"{prot}\"}}",
     "a.json:2: $.service.env.A: found the unknown placeholder {prot}"},
    {"{\"command\": [\"x\"], \"cwd\": \"\"}",
     "a.json:2: $.service.cwd: found \"\", expected a fold"},
    {"{\"command\": [\"x\"], \"cwd\": \"{port}\"}",
     "a.json:2: $.service.cwd: found the unknown placeholder {port}, expected one of {services}, "
     "{dir}, {data};"},
    {"{\"command\": [\"x\"], \"port\": 0}",
     "a.json:2: $.service.port: found 0, expected a whole number from 1 to 65535"},
    {"{\"command\": [\"x\"], \"port\": 70000}", "a.json:2: $.service.port: found 70000, expected"},
    {"{\"command\": [\"x\"], \"ready\": \"healthz\"}",
     "a.json:2: $.service.ready: found \"healthz\", expected \"tcp\", \"none\", \"log:REGEX\", or "
     "a path that starts with"},
    {"{\"command\": [\"x\"], \"ready\": \"/a\\r\\nb\"}",
     "a.json:2: $.service.ready: found \"/a??b\", expected \"tcp\", \"none\", \"log:REGEX\", or a "
     "path without spaces"},
    {"{\"command\": [\"x\"], \"ready\": \"log:up[\"}",
     "a.json:2: $.service.ready: found \"up[\" ("},
    {"{\"command\": [\"x\"], \"ready_timeout\": \"0s\"}",
     "a.json:2: $.service.ready_timeout: found \"0s\", expected a time from"},
    {"{\"command\": [\"x\"], \"trim\": \"x\"}",
     "a.json:2: $.service.trim: found \"x\", expected a path such as \"/gc\", a signal such as "
     "\"signal:USR1\", or \"jvm\""},
    {"{\"command\": [\"x\"], \"heap\": \"debug/heap\"}",
     "a.json:2: $.service.heap: found \"debug/heap\", expected a path that starts with '/'"},
    {"{\"comand\": [\"x\"]}",
     "a.json:2: $.service.comand: found an unknown key, expected one of "
     "\"command\", \"args\", \"env\", \"cwd\", \"port\", \"user\", \"ready\", "
     "\"ready_timeout\", \"image\", \"engine\", \"attach\", \"trim\", "
     "\"gc\", \"heap\", \"collect\"; did you mean \"command\"?"},
};

START_TEST(a_bad_service_is_refused_with_line_path_found_and_expected)
{
    char text[1024];
    snprintf(text, sizeof(text), "{\"load\": {\"path\": \"/\"},\n\"service\": %s}",
             bad_services[_i].service);
    expect_refused(text, bad_services[_i].message);
}
END_TEST

/* Members of $.load. */
static const struct {
    const char *load;
    const char *message;
} bad_loads[] = {
    {"7", "a.json:2: $.load: found 7, expected an object"},
    {"{\"command\": [\"x\"], \"path\": \"/\"}",
     "a.json:2: $.load.command: found a command beside requests"},
    {"{\"command\": [\"x\"], \"concurrency\": 257}",
     "a.json:2: $.load.concurrency: found 257, expected at most 256 with a command"},
    {"{\"path\": \"/\", \"cwd\": \"/\"}", "a.json:2: $.load.cwd: found a cwd and no command"},
    {"{\"command\": []}", "a.json:2: $.load.command: found an empty array, expected a program"},
    {"{}", "a.json:2: $.load: found no requests, timers or command, expected at least"},
    {"{\"requests\": [], \"timers\": []}",
     "a.json:2: $.load: found no requests, timers or command"},
    {"{\"path\": \"fetch\"}",
     "a.json:2: $.load.path: found \"fetch\", expected a path that starts with '/'"},
    {"{\"path\": \"\"}", "a.json:2: $.load.path: found \"\", expected a path that starts with"},
    {"{\"path\": \"/a b\"}", "a.json:2: $.load.path: found \"/a b\", expected a path without sp"},
    {"{\"path\": \"/a#b\"}", "a.json:2: $.load.path: found \"/a#b\", expected a path without sp"},
    {"{\"path\": \"/a\\r\\nX: y\"}", "a.json:2: $.load.path: found \"/a??X: y\", expected a path"},
    {"{\"path\": \"/\\u00e9\"}", "a.json:2: $.load.path: found \"/\xc3\xa9\", expected a path"},
    {"{\"path\": \"/\",\n\"requests\": [{\"path\": \"/\"}]}",
     "a.json:3: $.load.requests: found \"path\" beside \"requests\", expected one of them"},
    {"{\"requests\": {}}", "a.json:2: $.load.requests: found an empty object, expected an array"},
    {"{\"requests\": [\"/\"]}", "a.json:2: $.load.requests[0]: found \"/\", expected an object"},
    {"{\"requests\": [{\"path\": \"/\"},\n{}]}",
     "a.json:3: $.load.requests[1]: found no \"path\", expected one such as \"/\""},
    {"{\"requests\": [{\"path\": \"x\"}]}", "a.json:2: $.load.requests[0].path: found \"x\","},
    {"{\"requests\": [{\"path\": \"/\", \"weight\": 0}]}",
     "a.json:2: $.load.requests[0].weight: found 0, expected a whole number from 1 to 1000000"},
    {"{\"requests\": [{\"path\": \"/\", \"method\": \"get\"}]}",
     "a.json:2: $.load.requests[0].method: found \"get\", expected a method in capital letters"},
    {"{\"requests\": [{\"path\": \"/\", \"method\": \"GET\\r\\n\"}]}",
     "a.json:2: $.load.requests[0].method: found \"GET??\", expected a method"},
    {"{\"requests\": [{\"path\": \"/\", \"method\": \"\"}]}",
     "a.json:2: $.load.requests[0].method: found \"\", expected a method"},
    {"{\"requests\": [{\"path\": \"/\", \"headers\": {\"\": \"x\"}}]}",
     "a.json:2: $.load.requests[0].headers[\"\"]: found a header named \"\", expected a name"},
    {"{\"requests\": [{\"path\": \"/\", \"headers\": {\"A b\": \"x\"}}]}",
     "a.json:2: $.load.requests[0].headers[\"A b\"]: found a header named \"A b\""},
    {"{\"requests\": [{\"path\": \"/\", \"headers\": {\"A\\r\\n\": \"x\"}}]}",
     "a.json:2: $.load.requests[0].headers[\"A??\"]: found a header named \"A??\""},
    {"{\"requests\": [{\"path\": \"/\", \"headers\": {\"A\": \"x\\r\\nB: y\"}}]}",
     "a.json:2: $.load.requests[0].headers.A: found \"x??B: y\", expected a header's value in one"},
    {"{\"requests\": [{\"path\": \"/\", \"headers\": {\"A\": \"\"}}]}",
     "a.json:2: $.load.requests[0].headers.A: found \"\", expected a header's value"},
    {"{\"requests\": [{\"path\": \"/\", \"headers\": {\"A\": 1}}]}",
     "a.json:2: $.load.requests[0].headers.A: found 1, expected text in quotes"},
    {"{\"requests\": [{\"path\": \"/\", \"every\": \"1s\"}]}",
     "a.json:2: $.load.requests[0].every: found an unknown key"},
    {"{\"timers\": [{\"path\": \"/\"}]}",
     "a.json:2: $.load.timers[0]: found no \"every\", expected one such as \"100ms\""},
    {"{\"timers\": [{\"path\": \"/\", \"every\": \"0ms\"}]}",
     "a.json:2: $.load.timers[0].every: found \"0ms\", expected a time from"},
    {"{\"timers\": [{\"path\": \"/\", \"every\": \"1s\", \"weight\": 1}]}",
     "a.json:2: $.load.timers[0].weight: found an unknown key"},
    {"{\"timers\": [{\"path\": \"/\", \"every\": \"1s\"}], \"rate\": 5}",
     "a.json:2: $.load.rate: found a rate and no requests, expected requests"},
    {"{\"path\": \"/\", \"concurrency\": -3}",
     "a.json:2: $.load.concurrency: found -3, expected a whole number from 1 to 4096"},
    {"{\"path\": \"/\", \"concurrency\": 4097}", "a.json:2: $.load.concurrency: found 4097,"},
    {"{\"path\": \"/\", \"rate\": 0}",
     "a.json:2: $.load.rate: found 0, expected a number from 0.001 to 1000000"},
    {"{\"path\": \"/\", \"rate\": -1}", "a.json:2: $.load.rate: found -1, expected a number"},
    {"{\"path\": \"/\", \"rate\": 1e9}", "a.json:2: $.load.rate: found 1e9, expected a number"},
    {"{\"path\": \"/\", \"rate\": \"10\"}",
     "a.json:2: $.load.rate: found \"10\", expected a number"},
    {"{\"path\": \"/\", \"reuse\": 1}", "a.json:2: $.load.reuse: found 1, expected true or false"},
    {"{\"path\": \"/\", \"timeout\": \"0s\"}", "a.json:2: $.load.timeout: found \"0s\", expected"},
};

START_TEST(a_bad_load_is_refused_with_line_path_found_and_expected)
{
    char text[1024];
    snprintf(text, sizeof(text), "{\"service\": {\"command\": [\"./x\"]},\n\"load\": %s}",
             bad_loads[_i].load);
    expect_refused(text, bad_loads[_i].message);
}
END_TEST

START_TEST(a_file_that_is_no_scenario_is_refused)
{
    expect_refused("", "a.json: found an empty file");
    expect_refused("[]", "a.json:1: $: found an empty array, expected an object");
    expect_refused("\n7", "a.json:2: $: found 7, expected an object");
    expect_refused("{}", "a.json:1: $: found no command, expected one such as");
    expect_refused("{\"service\": {\"command\": [\"x\"]}}",
                   "a.json:1: $: found no requests, timers or command");
}
END_TEST

/* `before`, `count` times the item (%d is its number) with commas between, `after`. */
static void expect_list_refused(const char *before, const char *item, int count, const char *after,
                                const char *message)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(65536);
    buffer_append_text(&text, before, NULL);
    for (int i = 0; i < count; i++) {
        const char *number = strstr(item, "%d");
        buffer_append_text(&text, i > 0 ? ", " : "", NULL);
        if (number == NULL)
            buffer_append_text(&text, item, NULL);
        else
            buffer_printf(&text, NULL, "%.*s%d%s", (int)(number - item), item, i, number + 2);
    }
    buffer_append_text(&text, after, NULL);
    expect_refused(buffer_text(&text), message);
}

START_TEST(long_lists_are_refused)
{
    expect_list_refused("{\"service\": {\"command\": [\"x\"]}, \"load\": {\"requests\": [",
                        "{\"path\": \"/\"}", LOAD_KINDS_MAX + 1, "]}}",
                        "a.json:1: $.load.requests: found 17 entries, expected at most 16");
    expect_list_refused("{\"service\": {\"command\": [\"x\"]}, \"load\": {\"requests\": [{\"path\":"
                        " \"/\", \"headers\": {",
                        "\"H%d\": \"x\"", LOAD_HEADERS_MAX + 1, "}}]}}",
                        "a.json:1: $.load.requests[0].headers: found 17 headers, expected at most");
    expect_list_refused("{\"service\": {\"command\": [\"x\"]}, \"load\": {\"path\": \"/\"},"
                        " \"variants\": {",
                        "\"v%d\": {}", SCENARIO_VARIANTS_MAX + 1, "}}",
                        "a.json:1: $.variants: found 33 variants, expected at most 32");
    expect_list_refused("{\"load\": {\"path\": \"/\"}, \"service\": {\"command\": [", "\"x\"", 1025,
                        "]}}",
                        "a.json:1: $.service.command: found 1025 entries, expected at most 1024");
    expect_list_refused(
        "{\"load\": {\"path\": \"/\"}, \"service\": {\"command\": [\"x\"], \"env\": {",
        "\"V%d\": \"\"", 1025, "}}}", "a.json:1: $.service.env: found more than 1024 variables");
}
END_TEST

START_TEST(a_missing_scenario_is_a_usage_error)
{
    struct scenario *none = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(scenario_load("no/such.json", &none, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_str_eq(err.text, "cannot open no/such.json: No such file or directory");
}
END_TEST

static Suite *scenario_errors_suite(void)
{
    Suite *suite = suite_create("scenario_errors");
    TCase *bad = tcase_create("a bad scenario");
    tcase_add_loop_test(bad, a_bad_member_is_refused_with_line_path_found_and_expected, 0,
                        LENGTH(bad_members));
    tcase_add_loop_test(bad, a_bad_service_is_refused_with_line_path_found_and_expected, 0,
                        LENGTH(bad_services));
    tcase_add_loop_test(bad, a_bad_load_is_refused_with_line_path_found_and_expected, 0,
                        LENGTH(bad_loads));
    tcase_add_test(bad, a_file_that_is_no_scenario_is_refused);
    tcase_add_test(bad, long_lists_are_refused);
    tcase_add_test(bad, a_missing_scenario_is_a_usage_error);
    suite_add_tcase(suite, bad);
    return suite;
}

CHECK_MAIN(scenario_errors_suite);
