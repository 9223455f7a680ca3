#pragma once
/* `leakcage vm`: the guest of driver vm, and its kernel.
 *
 *   leakcage vm -- COMMAND [ARG...]   run a command in the guest
 *   leakcage vm prepare [system]      fetch the guest's kernel into the user's cache, without root;
 *                                     system: for all users of this machine, as root
 *   leakcage vm remove [system]       remove what that left
 *
 * The kernel is the distribution's own, unpacked and not installed (tools/fetch-kernel.sh). */
#include "cli/options.h"

/* The exit status is returned: of the command in the guest, or of what was done. ERROR_ENVIRONMENT
 * when a guest cannot be started here or a kernel cannot be fetched, with what would help. */
int command_vm(const struct options *options, struct error *err);
