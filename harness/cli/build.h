#pragma once
/* The user's build command (--build): words without a shell, run in a folder, what it prints kept
 * in a log. */
#include "base/error.h"

/* Room for why a build failed: one line, then the last ones of its log. */
#define BUILD_WHY_MAX 2048

struct build_spec {
    const char *command;  /* to be split into words */
    const char *dir;      /* where it runs */
    const char *log_path; /* replaced */
    char *const *env;     /* NULL: ours */
};

/* 0: it is built. 1: it failed, and ret_why[BUILD_WHY_MAX] tells how; so does a
 * program of the command that is a path (./build.sh) and is not there. -1: ERROR_USAGE for words
 * that cannot be split, ERROR_ENVIRONMENT for a program that is not in PATH, ERROR_INTERRUPTED. */
int build_run(const struct build_spec *spec, char *ret_why, struct error *err);
