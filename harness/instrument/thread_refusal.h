#pragma once
/* Why this machine does not let us look into a process, and what would mend it. */
#include <sys/types.h>

#include "base/error.h"

/* Always -1: "cannot look into process 41 (ptrace): …", of kind ERROR_ENVIRONMENT. `errno_value` is
 * what `what` failed with; who else traces it, yama, seccomp and missing rights are told apart. */
int thread_refusal(pid_t pid, int errno_value, const char *what, struct error *err);
