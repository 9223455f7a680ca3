/* malloc_files: the malloc of a living process, in its C library or in the program itself. */
#include "instrument/malloc_files.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/check_main.h"

struct seen {
    unsigned n;
    struct malloc_file file;
};

static int note(const struct malloc_file *file, void *context, struct error *err)
{
    (void)err;
    struct seen *seen = context;
    seen->n++;
    seen->file = *file;
    return 0;
}

static unsigned count(const struct malloc_file *file, enum malloc_function function)
{
    unsigned n = 0;
    for (unsigned i = 0; i < file->n; i++)
        n += file->places[i].function == function;
    return n;
}

static int look(pid_t pid, struct seen *ret)
{
    struct symbols *symbols = NULL;
    struct error err = {0};
    *ret = (struct seen){.n = 0};
    ck_assert_int_eq(symbols_new(&symbols, &err), 0);
    int status = malloc_files_each(pid, symbols, note, ret, &err);
    ck_assert_msg(status >= 0, "%s", err.text);
    symbols_free(symbols);
    return status;
}

/* A process of this program, when it waits for its input. */
static pid_t start(const char *program, int *ret_fd)
{
    int in[2];
    int out[2];
    char answer = 0;
    ck_assert_int_eq(pipe(in), 0);
    ck_assert_int_eq(pipe(out), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[1]);
        execl(program, program, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    ck_assert_int_eq(write(in[1], "1\n", 2), 2);
    ck_assert_int_eq(read(out[0], &answer, 1), 1);
    close(out[0]);
    *ret_fd = in[1];
    return pid;
}

static void stop(pid_t pid, int fd)
{
    close(fd);
    kill(pid, SIGKILL);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

START_TEST(it_is_in_the_c_library)
{
    struct seen seen;
    int fd = -1;
    pid_t pid = start(HEAP_PROGRAM, &fd);
    ck_assert_int_eq(look(pid, &seen), 0);
    stop(pid, fd);
    ck_assert_uint_eq(seen.n, 1);
    ck_assert_ptr_nonnull(strstr(seen.file.path, "/libc.so.6"));
    ck_assert_int_eq(seen.file.kind, MALLOC_GLIBC);
    ck_assert_uint_eq(count(&seen.file, MALLOC_CALL_CALLOC), 1);
    ck_assert_uint_eq(count(&seen.file, MALLOC_CALL_REALLOC), 1);
    ck_assert_uint_eq(count(&seen.file, MALLOC_CALL_POSIX), 1);
    ck_assert_uint_eq(count(&seen.file, MALLOC_CALL_FREE), 1);
    ck_assert_int_eq(seen.file.places[0].function, MALLOC_CALL_FREE);
}
END_TEST

START_TEST(it_is_in_a_static_program)
{
    struct seen seen;
    int fd = -1;
    pid_t pid = start(HEAP_PROGRAM "-static", &fd);
    ck_assert_int_eq(look(pid, &seen), 0);
    stop(pid, fd);
    ck_assert_uint_eq(seen.n, 1);
    ck_assert_ptr_nonnull(strstr(seen.file.path, "heap_program-static"));
    ck_assert_int_eq(seen.file.kind, MALLOC_GLIBC);
    ck_assert_uint_ge(count(&seen.file, MALLOC_CALL_MALLOC), 1);
    ck_assert_uint_eq(count(&seen.file, MALLOC_CALL_FREE), 1);
}
END_TEST

START_TEST(a_static_program_without_symbols_has_none)
{
    struct seen seen;
    int fd = -1;
    pid_t pid = start(HEAP_PROGRAM "-stripped", &fd);
    ck_assert_int_eq(look(pid, &seen), 0);
    stop(pid, fd);
    ck_assert_uint_eq(seen.n, 0);
}
END_TEST

START_TEST(a_process_that_is_gone_has_none)
{
    struct seen seen;
    int fd = -1;
    pid_t pid = start(HEAP_PROGRAM, &fd);
    stop(pid, fd);
    ck_assert_int_eq(look(pid, &seen), 1);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("malloc_files");
    TCase *tcase = tcase_create("malloc_files");
    tcase_add_test(tcase, it_is_in_the_c_library);
    tcase_add_test(tcase, it_is_in_a_static_program);
    tcase_add_test(tcase, a_static_program_without_symbols_has_none);
    tcase_add_test(tcase, a_process_that_is_gone_has_none);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(suite);
