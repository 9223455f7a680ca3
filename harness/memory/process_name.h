#pragma once
/* What to call a process: the kernel's name for it (comm) is "python3" for every script of Python.
 *
 * In this order: the title that it gave itself ("nginx: worker process"); of an interpreter the
 * script, module or archive that it runs ("worker.py", "gunicorn", "app.jar"); its comm. */
#include <stddef.h>

#include "timeline/survey.h"

/* `cmdline` is /proc/PID/cmdline, `length` bytes of it: words that end with NUL. Control characters
 * and what is no UTF-8 become '?'. */
void process_name(const char *comm, const char *cmdline, size_t length,
                  char ret[SURVEY_PROCESS_NAME_MAX]);
