#pragma once
/* Where a scenario's paths may lead: a file that came from somebody else names what is beside it,
 * and nothing else of the machine, unless who runs it says so (--allow-outside).
 *
 * Looked at are the paths that leakcage itself resolves: programs (of service, dependencies and
 * load), working folders and archives of images, of the scenario and each of its variants. May be
 * named: what lies in the scenario's folder or below it, links followed; a program in one of PATH's
 * folders, by its name or its whole path; what is below {services} or {data}. Arguments are words:
 * what a program does with them is between it and its rights. */
#include "base/error.h"
#include "scenario/scenario.h"

/* As read from its file, before anything of a command line replaces some of it. ERROR_USAGE names
 * the key, the path and the option. */
int scenario_check_paths(const struct scenario *scenario, struct error *err);
