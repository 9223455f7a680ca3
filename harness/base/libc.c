#include "base/libc.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/cleanup.h"

/* From linux/fs.h, which takes names that stdio.h has, too. */
#define LIBC_RENAME_EXCHANGE 2U

const char *libc_error_name(int number)
{
#ifdef __GLIBC__
    const char *name = strerrorname_np(number);
    return name != NULL ? name : "?";
#else
    return strerror(number);
#endif
}

int libc_signal_number(const char *name)
{
    static const struct {
        const char *name;
        int number;
    } signals[] = {
        {"HUP", SIGHUP},   {"INT", SIGINT},   {"QUIT", SIGQUIT},     {"ILL", SIGILL},
        {"TRAP", SIGTRAP}, {"ABRT", SIGABRT}, {"BUS", SIGBUS},       {"FPE", SIGFPE},
        {"KILL", SIGKILL}, {"USR1", SIGUSR1}, {"SEGV", SIGSEGV},     {"USR2", SIGUSR2},
        {"PIPE", SIGPIPE}, {"ALRM", SIGALRM}, {"TERM", SIGTERM},     {"CHLD", SIGCHLD},
        {"CONT", SIGCONT}, {"STOP", SIGSTOP}, {"TSTP", SIGTSTP},     {"TTIN", SIGTTIN},
        {"TTOU", SIGTTOU}, {"URG", SIGURG},   {"XCPU", SIGXCPU},     {"XFSZ", SIGXFSZ},
        {"PROF", SIGPROF}, {"PWR", SIGPWR},   {"VTALRM", SIGVTALRM}, {"WINCH", SIGWINCH},
        {"POLL", SIGPOLL}, {"SYS", SIGSYS},   {"STKFLT", SIGSTKFLT},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++)
        if (strcmp(signals[i].name, name) == 0)
            return signals[i].number;
    return 0;
}

void libc_trim(void)
{
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}

void libc_keep_little(size_t mmap_bytes)
{
#ifdef __GLIBC__
    (void)mallopt(M_ARENA_MAX, 1);
    (void)mallopt(M_MMAP_THRESHOLD, (int)mmap_bytes);
#else
    (void)mmap_bytes;
#endif
}

int libc_exchange(const char *a, const char *b)
{
    return (int)syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, LIBC_RENAME_EXCHANGE);
}
