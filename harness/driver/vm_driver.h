#pragma once
/* Driver vm: a QEMU microVM in which this same program runs the plan with driver native. */
#include "driver/driver.h"

extern const struct driver vm_driver;

/* Run any command in the guest; `writable_dir` as in vm.h, NULL: none. Its output goes to `output`
 * as it comes (fd is 1 or 2). Returns its exit status (128 + N when signal N ended it), or -1. */
int vm_driver_run_command(const struct driver_options *options, const char *const *command,
                          const char *writable_dir,
                          void (*output)(void *context, int fd, const char *data, size_t length),
                          struct error *err);
