#include "driver/doctor_probe.h"

#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/process.h"

#define VERSION_WAIT_NS (5 * NSEC_PER_SEC)

bool doctor_find_program(const char *name, char *path, size_t size)
{
    const char *folders = getenv("PATH");
    if (folders == NULL)
        return false;
    while (*folders != '\0') {
        int length = (int)strcspn(folders, ":");
        int needed = snprintf(path, size, "%.*s/%s", length, folders, name);
        if (length > 0 && needed > 0 && (size_t)needed < size && access(path, X_OK) == 0)
            return true;
        folders += length;
        folders += *folders == ':';
    }
    return false;
}

bool doctor_program_version(const char *path, char *text, size_t size)
{
    int pipe_fds[2];
    if (pipe2(pipe_fds, O_CLOEXEC) < 0)
        return false;
    CLEANUP(closep) int read_fd = pipe_fds[0];
    CLEANUP(closep) int write_fd = pipe_fds[1];
    CLEANUP(freep) char *program = strdup(path);
    char option[] = "--version";
    char *const argv[] = {program, option, NULL};
    struct process_spec spec = {
        .argv = argv, .stdin_fd = -1, .stdout_fd = write_fd, .stderr_fd = -1};
    CLEANUP(process_done) struct process process = PROCESS_NONE;
    if (program == NULL || process_spawn(&spec, &process, NULL) < 0)
        return false;
    close(take_fd(&write_fd));

    nsec_t deadline_ns = clock_now_ns() + VERSION_WAIT_NS;
    size_t length = 0;
    while (length < size - 1 && memchr(text, '\n', length) == NULL) {
        struct pollfd watch = {.fd = read_fd, .events = POLLIN};
        if (poll(&watch, 1, clock_poll_timeout_ms(clock_now_ns(), deadline_ns)) <= 0)
            break;
        ssize_t part = read(read_fd, text + length, size - 1 - length);
        if (part <= 0)
            break;
        length += (size_t)part;
    }
    text[length] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return text[0] != '\0';
}

bool doctor_find_file(const char *const *patterns, char *path, size_t size)
{
    for (; *patterns != NULL; patterns++) {
        glob_t found = {.gl_pathc = 0};
        bool matched = glob(*patterns, 0, NULL, &found) == 0 && found.gl_pathc > 0;
        if (matched)
            snprintf(path, size, "%s", found.gl_pathv[0]);
        globfree(&found);
        if (matched)
            return true;
    }
    return false;
}

bool doctor_first_line(const char *path, char *text, size_t size)
{
    CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, text, size - 1) : -1;
    if (length < 0)
        return false;
    text[length] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return true;
}
