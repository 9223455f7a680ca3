/* container_facts: what podman 4.3's inspect printed (cut to what is near what we read), docker's
 * documented shape, and what neither should print. */
#include "driver/container_facts.h"

#include <string.h>

#include "tests/support/check_main.h"

#define PODMAN(state, rest)                                                               \
    "[{\"Id\": \"ffdacc640a93bf81358dbb446eb15cdd410751819a48902c9728d5c3a22233b2\","     \
    " \"Created\": \"2026-11-21T16:11:20.225436101Z\", \"Path\": \"/bin/global-growth\"," \
    " \"State\": {\"OciVersion\": \"1.0.2-dev\", " state "}, \"Image\": \"6839e24d\","    \
    " \"Name\": \"one\", " rest "}]"

#define PODMAN_CONFIG                                                                          \
    "\"RestartCount\": 0, \"NetworkSettings\": {\"Ports\": {}, \"IPAddress\": \"\"},"          \
    " \"Config\": {\"Image\": \"localhost/global-growth:latest\", \"Cmd\": null,"              \
    " \"Env\": [\"TERM=xterm\", \"container=podman\", \"PORT=9000\"], \"Labels\": null},"      \
    " \"HostConfig\": {\"NetworkMode\": \"host\", \"PortBindings\": {}, \"Memory\": 25165824," \
    " \"MemorySwappiness\": -1, \"RestartPolicy\": {\"Name\": \"no\", \"MaximumRetryCount\": 0}}"

#define RUNNING                                                          \
    "\"Status\": \"running\", \"Running\": true, \"Restarting\": false," \
    " \"OOMKilled\": false, \"Pid\": 123, \"ConmonPid\": 121, \"ExitCode\": 0"

static struct container_facts parse(const char *text)
{
    struct container_facts facts;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(container_facts_parse("inspect", text, strlen(text), &facts, &err) == 0, "%s",
                  err.text);
    return facts;
}

static void refuse(const char *text, const char *words)
{
    struct container_facts facts = {.pid = 7};
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(container_facts_parse("inspect", text, strlen(text), &facts, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_ENVIRONMENT);
    ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
    ck_assert_int_eq(facts.pid, 7);
}

START_TEST(podman_tells_a_running_container)
{
    struct container_facts facts = parse(PODMAN(RUNNING, PODMAN_CONFIG));
    ck_assert_str_eq(facts.id, "ffdacc640a93bf81358dbb446eb15cdd410751819a48902c9728d5c3a22233b2");
    ck_assert_str_eq(facts.name, "one");
    ck_assert_str_eq(facts.image, "localhost/global-growth:latest");
    ck_assert_int_eq(facts.pid, 123);
    ck_assert(facts.engine.present);
    ck_assert(facts.engine.running);
    ck_assert(!facts.engine.oom_killed);
    ck_assert(!facts.engine.has_exit_code); /* the 0 is no end's */
    ck_assert_uint_eq(facts.limit_bytes, 25165824);
    ck_assert_str_eq(facts.network, "host");
    ck_assert_uint_eq(facts.env_port, 9000);
    ck_assert(!facts.restarts_by_itself);
}
END_TEST

START_TEST(podman_tells_how_a_container_ended)
{
    struct container_facts facts =
        parse(PODMAN("\"Status\": \"exited\", \"Running\": false, \"OOMKilled\": true,"
                     " \"Pid\": 0, \"ExitCode\": 137",
                     "\"RestartCount\": 3, \"HostConfig\": {\"Memory\": 0,"
                     " \"RestartPolicy\": {\"Name\": \"always\"}}"));
    ck_assert_int_eq(facts.pid, 0);
    ck_assert(!facts.engine.running);
    ck_assert(facts.engine.oom_killed);
    ck_assert(facts.engine.has_exit_code);
    ck_assert_int_eq(facts.engine.exit_code, 137);
    ck_assert_uint_eq(facts.engine.restarts, 3);
    ck_assert(facts.restarts_by_itself);
    ck_assert_uint_eq(facts.limit_bytes, UINT64_MAX);
}
END_TEST

START_TEST(docker_tells_names_with_a_slash_and_exposed_ports)
{
    struct container_facts facts =
        parse("[{\"Id\": \"abc\", \"Name\": \"/web\", \"RestartCount\": 0, \"State\": {" RUNNING
              "}, \"Config\": {\"Image\": \"web:1\", \"Env\": [],"
              " \"ExposedPorts\": {\"8080/tcp\": {}, \"53/udp\": {}}},"
              " \"HostConfig\": {\"NetworkMode\": \"bridge\", \"Memory\": 67108864,"
              " \"RestartPolicy\": {\"Name\": \"unless-stopped\"}},"
              " \"NetworkSettings\": {\"Ports\": {\"8080/tcp\":"
              " [{\"HostIp\": \"127.0.0.1\", \"HostPort\": \"18080\"}], \"9000/tcp\": null}}}]");
    ck_assert_str_eq(facts.name, "web");
    ck_assert_uint_eq(facts.n_ports, 2);
    ck_assert_uint_eq(facts.ports[0].inside, 8080);
    ck_assert_uint_eq(facts.ports[0].host, 18080);
    ck_assert_uint_eq(facts.ports[1].inside, 9000);
    ck_assert_uint_eq(facts.ports[1].host, 0);
    ck_assert(facts.restarts_by_itself);
}
END_TEST

START_TEST(broken_output_is_told_with_its_place)
{
    refuse("", "inspect");
    refuse("[]", "an array of one");
    refuse("{}", "an array of one");
    refuse("[{}]", "State");
    refuse("[{\"State\": {}}]", "Id");
    refuse(PODMAN("\"Pid\": \"many\"", PODMAN_CONFIG), "Pid");
    refuse(PODMAN("\"ExitCode\": 4000", PODMAN_CONFIG), "ExitCode");
    refuse("[{\"Id\": \"x\", \"State\": {\"Pid\": 1", "inspect");
}
END_TEST

static const char *endpoint_of(const struct container_facts *facts, uint16_t inside)
{
    static char text[64];
    struct error err = {.kind = ERROR_NONE};
    if (container_facts_endpoint(facts, inside, text, sizeof(text), &err) < 0) {
        ck_assert_uint_gt(strlen(err.text), 0);
        return err.text[0] != '\0' ? "none" : NULL;
    }
    return text;
}

START_TEST(the_endpoint_is_what_reaches_it_from_here)
{
    struct container_facts facts = {.name = "web", .network = "bridge", .n_ports = 2};
    facts.ports[0] = (struct container_port){.inside = 8080, .host = 18080, .host_ip = "0.0.0.0"};
    facts.ports[1] = (struct container_port){.inside = 9000};
    ck_assert_str_eq(endpoint_of(&facts, 0), "http://127.0.0.1:18080");
    ck_assert_str_eq(endpoint_of(&facts, 8080), "http://127.0.0.1:18080");
    ck_assert_str_eq(endpoint_of(&facts, 9000), "none"); /* not published */
    facts.ports[1].host = 19000;
    ck_assert_str_eq(endpoint_of(&facts, 0), "none"); /* which? */
    ck_assert_str_eq(endpoint_of(&facts, 9000), "http://127.0.0.1:19000");
}
END_TEST

START_TEST(with_the_hosts_network_it_is_the_containers_own_port)
{
    struct container_facts facts = {.name = "web", .network = "host", .env_port = 9000};
    ck_assert_str_eq(endpoint_of(&facts, 0), "http://127.0.0.1:9000");
    ck_assert_str_eq(endpoint_of(&facts, 8080), "http://127.0.0.1:8080");
    facts.env_port = 0;
    ck_assert_str_eq(endpoint_of(&facts, 0), "none");
}
END_TEST

static struct image_facts image(const char *text)
{
    struct image_facts facts;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(image_facts_parse("image", text, strlen(text), &facts, &err) == 0, "%s",
                  err.text);
    return facts;
}

START_TEST(an_image_tells_ports_command_and_stop_signal)
{
    struct image_facts facts =
        image("[{\"Config\": {\"ExposedPorts\": {\"80/tcp\": {}, \"443/tcp\": {}},"
              " \"Cmd\": [\"/bin/web\"], \"StopSignal\": \"SIGQUIT\"}}]");
    ck_assert_uint_eq(facts.n_ports, 2);
    ck_assert_uint_eq(facts.ports[1], 443);
    ck_assert(facts.has_command);
    ck_assert_int_eq(facts.stop_signal, 3);
    ck_assert_int_eq(image("[{\"Config\": {\"StopSignal\": \"15\"}}]").stop_signal, 15);
    ck_assert_int_eq(image("[{\"Config\": {\"StopSignal\": \"?\"}}]").stop_signal, 0);
    ck_assert(!image("[{\"Config\": {\"Cmd\": null, \"Entrypoint\": []}}]").has_command);
    ck_assert(!image("[{}]").has_command);
}
END_TEST

static Suite *suite(void)
{
    Suite *made = suite_create("container_facts");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, podman_tells_a_running_container);
    tcase_add_test(tests, podman_tells_how_a_container_ended);
    tcase_add_test(tests, docker_tells_names_with_a_slash_and_exposed_ports);
    tcase_add_test(tests, broken_output_is_told_with_its_place);
    tcase_add_test(tests, the_endpoint_is_what_reaches_it_from_here);
    tcase_add_test(tests, with_the_hosts_network_it_is_the_containers_own_port);
    tcase_add_test(tests, an_image_tells_ports_command_and_stop_signal);
    suite_add_tcase(made, tests);
    return made;
}

CHECK_MAIN(suite);
