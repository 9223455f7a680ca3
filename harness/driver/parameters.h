#pragma once
/* What drivers are told: by the command line, of the run's files, of the place elsewhere. */
#include <stddef.h>
#include <stdint.h>

#include "load/function_work.h"

/* What the command line says about drivers; NULL and 0 mean "choose". */
struct driver_options {
    const char *kernel_path;     /* vm: --kernel */
    const char *modules_dir;     /* vm: --modules */
    const char *program_path;    /* vm: this program's own executable */
    const char *guest_init_path; /* vm: the guest's first process */
    uint64_t guest_memory_bytes; /* vm: 0 chooses */
    unsigned guest_cpus;         /* vm: 0 chooses */
    unsigned guests;             /* vm: how many there are going to be at a time; 0: one */
    const char *accel;           /* vm: "kvm", "tcg", NULL chooses */
    uint64_t group_memory_bytes; /* vm: what services may have that are up at a time (the limits of
                                    a group); 0: no more than one service is */
    uint64_t image_bytes;        /* vm: of images of containers that the guest must hold, too */
    const char *engine_home;     /* container: the engine's own storage and settings go here, on a
                                    tmpfs; NULL: the user's */
    const struct function_work *function; /* function: what its child calls; borrowed */
};

/* Where the programs of a run leave things (absolute paths), and who watches their beginning. */
struct run_files {
    const char *log_path; /* what the service prints; that of a dependency goes to log_path "." and
                             its name */
    const char *data_dir; /* what they write: a folder that is there, LEAKCAGE_DATA to them all */
    const char *collected_dir; /* what is fetched from the service; made when there is something */
    const char *load_log_path; /* what a load that is a command prints */

    /* The service is in its cgroup (its folder, absolute), its first instruction not done yet. Not
     * called by a driver that learns of the cgroup later. May be NULL. */
    void (*placed)(void *context, const char *cgroup_dir);
    void *placed_context;
};

/* For relocate: where the records go, and who hears what the program elsewhere prints. */
struct relocation {
    const char *work_dir; /* absolute; shared with the program elsewhere, which writes here */
    const char *const *arguments; /* of this program elsewhere, NULL-terminated, without its name */
    /* fd is 1 or 2. */
    void (*output)(void *context, int fd, const char *data, size_t length);
    void *context;
};
