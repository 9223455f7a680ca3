#include "tests/support/resting.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"

struct resting resting_start(const char *program, const char *way, unsigned n)
{
    struct resting resting = {.process = PROCESS_NONE};
    struct error err = {.text = ""};
    char count[16];
    char text[64] = "";
    int in[2];
    int out[2];
    ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    snprintf(count, sizeof(count), "%u", n);
    char *argv[] = {strdup(program), strdup(way), count, NULL};
    struct process_spec spec = {
        .argv = argv, .stdin_fd = in[0], .stdout_fd = out[1], .stderr_fd = STDERR_FILENO};
    ck_assert_msg(process_spawn(&spec, &resting.process, &err) == 0, "%s", err.text);
    free(argv[0]);
    free(argv[1]);
    close(in[0]);
    close(out[1]);
    resting.input = in[1];
    resting.output = out[0];
    ck_assert_int_eq(read(resting.output, text, sizeof(text) - 1), strlen("ready\n"));
    ck_assert_str_eq(text, "ready\n");
    return resting;
}

void resting_read(const struct resting *resting, char *text, size_t size)
{
    ck_assert_int_eq(fcntl(resting->output, F_SETFL, O_NONBLOCK), 0);
    ssize_t length = read(resting->output, text, size - 1);
    text[length > 0 ? length : 0] = '\0';
}

void resting_done(struct resting *resting)
{
    process_done(&resting->process);
    close(resting->input);
    close(resting->output);
}

int resting_line(const char *source, const char *mark)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT((size_t)1 << 20);
    int line = 1;
    ck_assert_int_eq(file_read(AT_FDCWD, source, &text, NULL), 0);
    const char *found = strstr(buffer_text(&text), mark);
    ck_assert_ptr_nonnull(found);
    for (const char *at = text.data; at < found; at++)
        line += *at == '\n';
    return line;
}
