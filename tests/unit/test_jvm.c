/* jvm: what it answers, and what it is asked over: a made-up JVM listens as a real one would. */
#include "run/jvm.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

#define KIB ((uint64_t)1024)

static struct allocator heap_of(const char *text)
{
    struct allocator heap;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(jvm_parse_heap(text, &heap, &err) == 0, "%s", err.text);
    return heap;
}

START_TEST(the_generations_of_a_heap_are_added_up)
{
    struct allocator heap =
        heap_of(" def new generation   total 2432K, used 100K [0x00000000f8200000, 0x1, 0x2)\n"
                "  eden space 2176K,   4% used [0x00000000f8200000, 0x3, 0x4)\n"
                " tenured generation   total 5504K, used 1234K [0x00000000fac00000, 0x5, 0x6)\n"
                "   the space 5504K,  22% used [0x00000000fac00000, 0x7, 0x8, 0x9)\n"
                " Metaspace       used 1085K, committed 1280K, reserved 1114112K\n"
                "  class space    used 106K, committed 192K, reserved 1048576K\n");
    ck_assert_uint_eq(heap.arena_bytes, (2432 + 5504) * KIB);
    ck_assert_uint_eq(heap.in_use_bytes, 1334 * KIB);
    ck_assert_uint_eq(heap.free_bytes, (2432 + 5504 - 1334) * KIB);
}
END_TEST

START_TEST(other_collectors_are_understood)
{
    struct allocator heap = heap_of(" garbage-first heap   total 262144K, used 5036K [0x1, 0x2)\n"
                                    "  region size 1024K, 5 young (5120K), 0 survivors (0K)\n");
    ck_assert_uint_eq(heap.arena_bytes, 262144 * KIB);
    ck_assert_uint_eq(heap.in_use_bytes, 5036 * KIB);
    heap = heap_of(" PSYoungGen      total 38400K, used 1996K [0x1)\n"
                   " ParOldGen       total 87552K, used 8K [0x1)\n");
    ck_assert_uint_eq(heap.in_use_bytes, 2004 * KIB);
    heap = heap_of(" ZHeap           used 12M, capacity 64M, max capacity 512M\n");
    ck_assert_uint_eq(heap.in_use_bytes, 12 * KIB * KIB);
    ck_assert_uint_eq(heap.arena_bytes, 64 * KIB * KIB);
}
END_TEST

START_TEST(what_is_no_heap_is_an_error)
{
    struct allocator heap;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(jvm_parse_heap("Command executed successfully\n", &heap, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_SERVICE);
    ck_assert_ptr_nonnull(strstr(err.text, "found no heap"));
    ck_assert_int_eq(jvm_parse_heap("", &heap, NULL), -1);
}
END_TEST

/* One connection after the other: the command is the third word, the answer follows from it. */
struct made_up {
    int fd;
    char commands[8][32];
    unsigned n;
};

static void *made_up_serve(void *context)
{
    struct made_up *jvm = context;
    for (;;) {
        CLEANUP(closep) int fd = accept(jvm->fd, NULL, NULL);
        char text[256] = "";
        if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
            return NULL;
        ck_assert_str_eq(text, "1");
        ck_assert_str_eq(text + 2, "jcmd");
        if (jvm->n < 8)
            snprintf(jvm->commands[jvm->n++], sizeof(jvm->commands[0]), "%.31s", text + 7);
        const char *answer = "0\nCommand executed successfully\n";
        if (strcmp(text + 7, "GC.heap_info") == 0) /* a thread took a piece, the first time */
            answer = jvm->n <= 2 ? "0\n heap   total 900K, used 400K\n"
                                 : "0\n heap   total 900K, used 100K\n";
        if (strcmp(text + 7, "No.such") == 0)
            answer = "1\njava.lang.IllegalArgumentException: Unknown diagnostic command\n";
        ck_assert_int_gt((int)write(fd, answer, strlen(answer)), 0);
    }
}

static void made_up_ignore(int number)
{
    (void)number;
}

START_TEST(a_jvm_is_asked_as_jcmd_does_it)
{
    struct made_up jvm = {.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/.java_pid%d", getpid());
    unlink(address.sun_path);
    signal(SIGQUIT, made_up_ignore);
    ck_assert_int_eq(bind(jvm.fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(jvm.fd, 4), 0);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, made_up_serve, &jvm), 0);

    struct allocator heap;
    struct error err = {.kind = ERROR_NONE};
    CLEANUP(buffer_done) struct buffer answer = BUFFER_INIT(4096);
    int status = jvm_collect(getpid(), &heap, &err);
    int refused = jvm_command(getpid(), "No.such", &answer, NULL);
    shutdown(jvm.fd, SHUT_RDWR);
    close(jvm.fd);
    pthread_join(thread, NULL);
    unlink(address.sun_path);
    ck_assert_msg(status == 0, "%s", err.text);
    ck_assert_uint_eq(heap.in_use_bytes, 100 * KIB);
    static const char *const commands[] = {
        "GC.run",       "GC.heap_info",           "GC.run", "GC.heap_info", "GC.run",
        "GC.heap_info", "System.trim_native_heap"};
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        ck_assert_str_eq(jvm.commands[i], commands[i]);
    ck_assert_int_eq(refused, -1);
}
END_TEST

START_TEST(what_does_not_catch_the_signal_is_not_sent_it)
{
    struct error err = {.kind = ERROR_NONE};
    CLEANUP(buffer_done) struct buffer answer = BUFFER_INIT(4096);
    signal(SIGQUIT, SIG_DFL);
    ck_assert_int_eq(jvm_command(getpid(), "GC.run", &answer, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_SERVICE);
    ck_assert_ptr_nonnull(strstr(err.text, "does not catch SIGQUIT"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("jvm");
    TCase *tcase = tcase_create("jvm");
    tcase_add_test(tcase, the_generations_of_a_heap_are_added_up);
    tcase_add_test(tcase, other_collectors_are_understood);
    tcase_add_test(tcase, what_is_no_heap_is_an_error);
    tcase_add_test(tcase, a_jvm_is_asked_as_jcmd_does_it);
    tcase_add_test(tcase, what_does_not_catch_the_signal_is_not_sent_it);
    suite_add_tcase(s, tcase);
    return s;
}

CHECK_MAIN(suite);
