#pragma once
/* Builds: one program, compiled in several ways.
 *
 * Build B of the program /x/PROGRAM is the file /x/PROGRAM-B beside it; "plain" is PROGRAM itself.
 * Which flags a build has is the author's affair; for the names that are known here leakcage knows
 * what they stand for, and which environment makes their memory comparable. The sample services are
 * built in all of them (services/CMakeLists.txt). Whether a program that is there can also run on
 * this machine is for driver/build_probe.h to say. */
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define BUILD_PLAIN "plain"

/* The rule for names, for messages. They are longer and freer than those of scenarios: "O3". */
#define BUILD_NAME_EXPECTED "a build's name of at most 32 letters, digits, '.', '_' and '-'"

/* The file beside the sample services that says of every build that could not be made why not, and
 * what to do: lines "BUILD: reason" and "SERVICE-BUILD: reason". It is there when it is empty, too:
 * what has it in its folder is a sample service. */
#define BUILD_UNBUILT_FILE "unbuilt.txt"

struct build {
    const char *name;
    const char *flags; /* those of the sample services, in short; NULL: those of the build type */
    /* One variable "K=V" that this build is run with, unless its environment sets K; or NULL. */
    const char *environment;
};

/* All that are known, plain first, NULL name last. */
extern const struct build builds[];

/* The known build of that name, or NULL. */
const struct build *build_find(const char *name);

/* Is it [A-Za-z0-9][A-Za-z0-9._-]{0,31}? Any such name may be a build's. */
bool build_is_name(const char *text);

/* "K=V" of a known build, NULL when it needs none. */
const char *build_environment(const char *name);

/* The program to run for this build of `program`, the path of a file that is there. 0: the path is
 * in *ret. 1: the build is a known one that could not be made here; *ret is why, and the fix.
 * Either is malloc'd and the caller's. -1: ERROR_USAGE, there is no such build; the text lists
 * those there are and how to make it. */
int build_program(const char *program, const char *build, char **ret, struct error *err);

/* There is no program of this name. When the name is that of a build of a program that is there,
 * -1: what build_program() says of it (ERROR_ENVIRONMENT for one that could not be made). Else 0.
 */
int build_explain_missing(const char *path, struct error *err);
