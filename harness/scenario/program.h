#pragma once
/* A program that a scenario starts: the service under test, or what that depends on. Plain values;
 * scenario.h tells where they come from, and who owns the strings. */
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

/* How to start a program and how to know that it is ready. Words may hold placeholders: {port} is
 * the program's own port, {NAME.port} that of a dependency, {service.port} that of the service;
 * {services}, {dir} and {data} are folders, the last one the run's own; {{word}} is the text
 * "{word}". The lists are never NULL.
 *
 * Ready is it when `ready` says so: "/path" answers 2xx; "tcp": the port accepts connections;
 * "log:REGEX": a line of its log matches the POSIX extended regular expression; "none": as soon as
 * it is started. */
struct program {
    const char *name;           /* a dependency's name; NULL for the service */
    const char *const *command; /* NULL-terminated */
    const char *const *args;    /* NULL-terminated, appended to the command (variants set these) */
    const char *const *env;     /* NULL-terminated "K=V", added to the environment */
    const char *cwd;            /* NULL: the working directory of leakcage */
    uint16_t port;              /* 0: choose a free one */
    const char *user;           /* "NAME", "UID" or "UID:GID" to run it as; NULL: ours */
    const char *ready;
    nsec_t ready_timeout_ns;
};

/* Can this be program.ready? */
bool program_is_ready_word(const char *text);

/* Is the expression of "log:REGEX" one, if it is that? Else ERROR_USAGE. */
int program_check_ready_log(const char *text, struct error *err);
