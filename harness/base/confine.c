#include "base/confine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

/* The new mount calls have one number on every architecture, and the headers of old systems lack
 * them. */
enum {
    CALL_OPEN_TREE = 428,
    CALL_MOVE_MOUNT = 429,
    CALL_FSOPEN = 430,
    CALL_FSCONFIG = 431,
    CALL_FSMOUNT = 432,
    CALL_FSPICK = 433,
    CALL_CLONE3 = 435,
    CALL_MOUNT_SETATTR = 442,
};

#define CALLS_NEW_MOUNTS                                                                    \
    CALL_OPEN_TREE, CALL_MOVE_MOUNT, CALL_FSOPEN, CALL_FSCONFIG, CALL_FSMOUNT, CALL_FSPICK, \
        CALL_MOUNT_SETATTR

static const uint32_t refused_calls[] = {
    CALLS_NEW_MOUNTS,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
    SYS_reboot,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_swapon,
    SYS_swapoff,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_sethostname,
    SYS_setdomainname,
#ifdef SYS_iopl
    SYS_iopl,
    SYS_ioperm,
#endif
    SYS_acct,
    SYS_quotactl,
    SYS_bpf,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_open_by_handle_at,
    SYS_setns,
};

#if defined(__x86_64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_X86_64
/* Programs of 32 bits, and whoever enters the kernel as they do (int 0x80): the numbers of i386,
 * which never change, in the order of those above. */
static const uint32_t refused_calls_i386[] = {
    CALLS_NEW_MOUNTS,
    128, /* init_module */
    350, /* finit_module */
    129, /* delete_module */
    283, /* kexec_load */
    88,  /* reboot */
    21,  /* mount */
    22,  /* umount */
    52,  /* umount2 */
    217, /* pivot_root */
    87,  /* swapon */
    115, /* swapoff */
    79,  /* settimeofday */
    25,  /* stime */
    264, /* clock_settime */
    404, /* clock_settime64 */
    74,  /* sethostname */
    121, /* setdomainname */
    110, /* iopl */
    101, /* ioperm */
    51,  /* acct */
    131, /* quotactl */
    357, /* bpf */
    288, /* keyctl */
    286, /* add_key */
    287, /* request_key */
    342, /* open_by_handle_at */
    346, /* setns */
};
enum { I386_CLONE = 120, I386_UNSHARE = 310, X32_CALLS = 0x40000000 };
#elif defined(__aarch64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "which architecture is this? (linux/audit.h)"
#endif

#define FILTER_MAX 256

/* A filter in the making: conditional jumps go over what follows. */
struct filter {
    struct sock_filter words[FILTER_MAX];
    unsigned short n;
};

static void filter_add(struct filter *filter, uint16_t code, uint32_t k)
{
    filter->words[filter->n++] = (struct sock_filter){.code = code, .k = k};
}

static void filter_load(struct filter *filter, size_t offset)
{
    filter_add(filter, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset);
}

/* Go on with the next word when the test holds, else behind it. */
static void filter_if(struct filter *filter, uint16_t test, uint32_t k)
{
    filter->words[filter->n++] =
        (struct sock_filter){.code = BPF_JMP | BPF_K | test, .jt = 0, .jf = 1, .k = k};
}

static void filter_refuse(struct filter *filter, uint32_t error)
{
    filter_add(filter, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
}

/* Refuse `call` when it asks for a user namespace. Its first argument are the flags. */
static void filter_user_namespaces(struct filter *filter, uint32_t call)
{
    filter->words[filter->n++] =
        (struct sock_filter){.code = BPF_JMP | BPF_K | BPF_JEQ, .jt = 0, .jf = 4, .k = call};
    filter_load(filter, offsetof(struct seccomp_data, args[0])); /* little-endian: the low half */
    filter_if(filter, BPF_JSET, CLONE_NEWUSER);
    filter_refuse(filter, EPERM);
    filter_load(filter, offsetof(struct seccomp_data, nr));
}

/* All that is known of one architecture. The number of the call is loaded. */
static void filter_calls(struct filter *filter, const uint32_t *calls, size_t n,
                         const uint32_t *makes_namespaces)
{
    for (size_t i = 0; i < n; i++) {
        filter_if(filter, BPF_JEQ, calls[i]);
        filter_refuse(filter, EPERM);
    }
    /* Its flags are in memory, where a filter does not reach: libraries then fall back to clone. */
    filter_if(filter, BPF_JEQ, CALL_CLONE3);
    filter_refuse(filter, ENOSYS);
    filter_user_namespaces(filter, makes_namespaces[0]);
    filter_user_namespaces(filter, makes_namespaces[1]);
    filter_add(filter, BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
}

static void filter_make(struct filter *filter)
{
    static const uint32_t makes_namespaces[2] = {SYS_clone, SYS_unshare};
    struct filter ours = {.n = 0};
    filter_load(&ours, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
    filter_if(&ours, BPF_JGE, X32_CALLS);
    filter_refuse(&ours, ENOSYS);
#endif
    filter_calls(&ours, refused_calls, ARRAY_LENGTH(refused_calls), makes_namespaces);

    filter_load(filter, offsetof(struct seccomp_data, arch));
    filter->words[filter->n++] = (struct sock_filter){
        .code = BPF_JMP | BPF_K | BPF_JEQ, .jt = 0, .jf = (uint8_t)ours.n, .k = OUR_ARCHITECTURE};
    memcpy(filter->words + filter->n, ours.words, ours.n * sizeof(ours.words[0]));
    filter->n = (unsigned short)(filter->n + ours.n);
#ifdef __x86_64__
    static const uint32_t makes_namespaces_i386[2] = {I386_CLONE, I386_UNSHARE};
    filter_if(filter, BPF_JEQ, AUDIT_ARCH_I386);
    filter_add(filter, BPF_JMP | BPF_JA, 1);
    filter_refuse(filter, ENOSYS);
    filter_load(filter, offsetof(struct seccomp_data, nr));
    filter_calls(filter, refused_calls_i386, ARRAY_LENGTH(refused_calls_i386),
                 makes_namespaces_i386);
#else
    filter_refuse(filter, ENOSYS);
#endif
}

int confine_bounding(void)
{
    /* Beyond the last that the kernel knows, EINVAL; without the right to, EPERM. */
    for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0;
         capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 && errno != EPERM)
            return -1;
    return 0;
}

int confine_now(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{.effective = 0}};
    struct filter filter = {.n = 0};
    filter_make(&filter);
    const struct sock_fprog program = {.len = filter.n, .filter = filter.words};
    /* Kernels before 4.3 know no ambient set: then there is nothing in it. */
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
        return -1;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -1;
    /* Where a filter is there already that forbids it (a container's), or a kernel without: what
     * was given up above holds without. */
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0 && errno != EINVAL &&
        errno != EACCES && errno != EPERM && errno != ENOSYS)
        return -1;
    return (int)syscall(SYS_capset, &header, none);
}
