#pragma once
/* Where the report of a gate goes: standard output, the files of all forms in the output folder,
 * and what CI systems read by themselves ($GITHUB_STEP_SUMMARY, GitHub's annotations). */
#include "gate/gate.h"

#define GATE_FILES_JSON "gate.json"

/* Write the files, print what was asked for, and say where the files are. What a CI system cannot
 * be told is said on standard error and is no failure. */
int gate_files_put(const struct gate_report *report, struct console *console, struct error *err);
