/* process_name: what a process is called, from its comm and its command line. */
#include "memory/process_name.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

#define CMDLINE(text) text, sizeof(text)

static const struct {
    const char *comm;
    const char *cmdline; /* its last NUL is that of the literal */
    size_t length;
    const char *name;
} cases[] = {
    {"my-service", CMDLINE("/opt/my-service\0--port\0008080"), "my-service"},
    {"job-worker", CMDLINE("/opt/child-worker"), "job-worker"},
    {"python3", CMDLINE("python3\0worker.py"), "worker.py"},
    {"python3.11", CMDLINE("/usr/bin/python3.11\0-X\0dev\0-u\0/srv/app/worker.py\0--x"),
     "worker.py"},
    {"python3", CMDLINE("python3\0-m\0http.server\0008000"), "http.server"},
    {"python3", CMDLINE("python3\0-c\0import x; x.run()"), "python3"},
    {"gunicorn", CMDLINE("/usr/bin/python3\0/usr/local/bin/gunicorn\0app:app"), "gunicorn"},
    {"python3", CMDLINE("gunicorn: worker [app]"), "gunicorn: worker [app]"},
    {"nginx", CMDLINE("nginx: worker process    "), "nginx: worker process"},
    {"MainThread", CMDLINE("node\0--max-old-space-size=64\0server.js"), "server.js"},
    {"node", CMDLINE("/usr/bin/node\0-r\0ts-node\0/app/index.ts"), "index.ts"},
    {"node", CMDLINE("node\0-e\0run()"), "node"},
    {"java", CMDLINE("java\0-Xmx64m\0-cp\0/a:/b\0com.example.Main"), "com.example.Main"},
    {"java", CMDLINE("java\0-jar\0/srv/app.jar\0--x"), "app.jar"},
    {"wrapper.sh", CMDLINE("/bin/sh\0./wrapper.sh"), "wrapper.sh"},
    {"sh", CMDLINE("sh\0-c\0sleep 10"), "sh"},
    {"bash", CMDLINE("-bash"), "bash"},
    {"kworker", "", 0, "kworker"},
    {"cut", CMDLINE("python3\0very-long-name-very-long-name-very-long-name-very-long-name.py"),
     "very-long-name-very-long-name-very-long-name-ve"},
    {"bad", CMDLINE("python3\0a\n\xff\x1b.py"), "a???.py"},
    {"bad", CMDLINE("python3\0-m"), "bad"},
    {"unended", "python3\0x.py", 9, "unended"},
};

START_TEST(a_process_is_called_by_what_it_runs)
{
    char name[SURVEY_PROCESS_NAME_MAX];
    process_name(cases[_i].comm, cases[_i].cmdline, cases[_i].length, name);
    ck_assert_str_eq(name, cases[_i].name);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("process_name");
    TCase *names = tcase_create("names");
    tcase_add_loop_test(names, a_process_is_called_by_what_it_runs, 0, (int)ARRAY_LENGTH(cases));
    suite_add_tcase(s, names);
    return s;
}

CHECK_MAIN(suite);
