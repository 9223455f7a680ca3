#pragma once
/* The values of options: what each one sets. Private to options.c. */
#include "cli/options.h"

enum option_code {
    OPTION_VARIANT = 256,
    OPTION_DRIVER,
    OPTION_JOBS,
    OPTION_LIMIT,
    OPTION_HIGH,
    OPTION_URL,
    OPTION_READY,
    OPTION_TRIM,
    OPTION_HEAP,
    OPTION_CYCLES,
    OPTION_REQUESTS,
    OPTION_WARMUP,
    OPTION_CONCURRENCY,
    OPTION_RATE,
    OPTION_BUDGET,
    OPTION_SAMPLE_HZ,
    OPTION_THP,
    OPTION_EXPECT,
    OPTION_JSON,
    OPTION_MARKDOWN,
    OPTION_QUIET,
    OPTION_NO_COLOR,
    OPTION_KERNEL,
    OPTION_MODULES,
    OPTION_ACCEL,
    OPTION_VM_MEMORY,
    OPTION_VM_CPUS,
    OPTION_PORT,
    OPTION_METHOD,
    OPTION_HEADER,
    OPTION_BODY,
    OPTION_WEIGHT,
    OPTION_LOAD,
    OPTION_ENV,
    OPTION_CWD,
    OPTION_USER,
    OPTION_GC,
    OPTION_COLLECT,
    OPTION_IMAGE,
    OPTION_ENGINE,
    OPTION_ATTACH,
    OPTION_POD,
    OPTION_CONTAINER,
    OPTION_SHARD,
    OPTION_MIN,
    OPTION_RESTART,
    OPTION_TIME_SCALE,
};

/* Set what the option `code` says. 1: it takes no value (see options_set_flag()). */
int options_set_value(int code, const char *value, struct options *ret, struct error *err);

/* Set what an option without a value says. */
void options_set_flag(int code, struct options *ret);
