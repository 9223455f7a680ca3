#pragma once
/* The commands but `run`, one function each; the exit status is returned. What they have to say
 * about a failure is in the error. */
#include "cli/options.h"

/* Judge recordings again. */
int command_judge(const struct options *options, struct error *err);

/* One table of many results, from folders of result folders: shards and sessions are merged. What
 * cannot be taken (broken, twice, not there) is told, and EXIT_USAGE; the rest is shown. */
int command_report(const struct options *options, struct error *err);

/* The catalogue; one scenario of it. */
int command_list(const struct options *options, struct error *err);
int command_show(const struct options *options, struct error *err);

/* What works here. */
int command_doctor(const struct options *options, struct error *err);

/* Remove what killed sessions left. */
int command_clean(const struct options *options, struct error *err);

/* The other end of driver vm. */
int command_guest(const struct options *options, struct error *err);
