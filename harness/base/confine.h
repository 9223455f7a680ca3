#pragma once
/* What a service is not to have: privileges, and the system calls that no service needs.
 *
 * Between fork and exec, in two steps around a change of user (base/account.h), for the first takes
 * what the second has given up. Afterwards the process and all that it starts has no capability and
 * cannot get one back: not through set-user-ID programs nor file capabilities (no_new_privs). A
 * filter (seccomp) refuses with EPERM what changes the machine: modules, kexec, reboot, mounts,
 * swap, clocks, host names, I/O ports, accounting, quotas, BPF programs, key rings, handles of
 * files, user namespaces. ptrace of its own children stays, as do profilers and sanitizers.
 *
 * Everything here is async-signal-safe. Errors are -1 with errno. */

/* While still root: empty the bounding set, so that no exec gives a capability again. A process
 * that may not do that has nothing that the second step does not take, too. */
int confine_bounding(void);

/* With the user that the process is to be: capabilities away, no_new_privs, the filter. */
int confine_now(void);
