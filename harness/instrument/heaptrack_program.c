#include "instrument/heaptrack_program.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/cleanup.h"
#include "driver/build_probe.h"

#define SCRIPT_LINE_MAX  256
#define SCRIPT_DEPTH_MAX 4

/* What it does there, and what comes after it, in one sentence. */
#define INSTEAD "; uprobes (instrument malloc) see such a service, as root"

static const char *const library_patterns[] = {
    "/usr/lib/heaptrack/libheaptrack_preload.so",
    "/usr/lib/*-linux-gnu/heaptrack/libheaptrack_preload.so",
    "/usr/lib64/heaptrack/libheaptrack_preload.so",
    "/usr/local/lib/heaptrack/libheaptrack_preload.so",
    "/usr/local/lib64/heaptrack/libheaptrack_preload.so",
    NULL,
};

int heaptrack_find_library(const char *const *patterns, char ret[HEAPTRACK_PATH_MAX],
                           struct error *err)
{
    patterns = patterns != NULL ? patterns : library_patterns;
    for (; *patterns != NULL; patterns++) {
        glob_t matches;
        if (glob(*patterns, 0, NULL, &matches) != 0)
            continue;
        int length = snprintf(ret, HEAPTRACK_PATH_MAX, "%s", matches.gl_pathv[0]);
        globfree(&matches);
        if (length > 0 && length < HEAPTRACK_PATH_MAX)
            return 0;
    }
    (void)error_set(err, ERROR_ENVIRONMENT,
                    "libheaptrack_preload.so is not there: apt-get install libheaptrack");
    return 1;
}

/* The programs that run another one and nothing else: heaptrack takes itself out of the
 * environment of the first, and the second has nothing of it. */
static bool probe_is_wrapper(const char *program)
{
    static const char *const names[] = {
        "sh",     "dash",    "bash",   "ash",  "zsh",    "ksh",  "busybox", "env",       "nice",
        "nohup",  "timeout", "setsid", "exec", "stdbuf", "sudo", "su",      "runuser",   "setpriv",
        "chroot", "unshare", "ionice", "chrt", "gosu",   "tini", "numactl", "dumb-init", "taskset",
    };
    const char *slash = strrchr(program, '/');
    const char *name = slash != NULL ? slash + 1 : program;
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* Of a script, the program that reads it; false: it is none. */
static bool probe_read_script(const char *program, char ret[SCRIPT_LINE_MAX])
{
    char line[SCRIPT_LINE_MAX] = "";
    CLEANUP(closep) int fd = open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || read(fd, line, sizeof(line) - 1) < 3 || line[0] != '#' || line[1] != '!')
        return false;
    line[strcspn(line, "\n")] = '\0';
    const char *start = line + 2 + strspn(line + 2, " \t");
    snprintf(ret, SCRIPT_LINE_MAX, "%.*s", (int)strcspn(start, " \t"), start);
    return ret[0] == '/';
}

/* What makes the loader leave LD_PRELOAD alone; NULL: nothing. */
static const char *probe_secure(const char *program)
{
    struct stat status;
    char value[64];
    if (stat(program, &status) == 0 && (status.st_mode & (S_ISUID | S_ISGID)) != 0)
        return "set-user-ID or set-group-ID, so that its loader leaves LD_PRELOAD alone";
    if (getxattr(program, "security.capability", value, sizeof(value)) > 0)
        return "with capabilities of its file, so that its loader leaves LD_PRELOAD alone";
    return NULL;
}

static int probe_no(struct error *err, const char *program, const char *why)
{
    const char *slash = strrchr(program, '/');
    (void)error_set(err, ERROR_ENVIRONMENT, "heaptrack cannot be preloaded: %.100s is %.200s%s",
                    slash != NULL ? slash + 1 : program, why, INSTEAD);
    return 1;
}

static int probe_program(const char *program, struct error *err)
{
    struct build_facts facts;
    char why[128];
    const char *secure = probe_secure(program);
    if (secure != NULL)
        return probe_no(err, program, secure);
    if (probe_is_wrapper(program))
        return probe_no(err, program,
                        "a wrapper, and heaptrack follows the first program alone; give the "
                        "service's own command");
    /* What may be run but not read shows when it was started. */
    if (build_facts_read(program, &facts, NULL) < 0 || !facts.is_elf)
        return 0;
    if (!facts.is_native)
        return probe_no(err, program, "a program of another machine than the library");
    if (facts.is_static)
        return probe_no(err, program, "statically linked, so that nothing can be preloaded");
    if (facts.sanitizer != SANITIZER_NONE) {
        snprintf(why, sizeof(why), "built with %s, which has a malloc of its own",
                 build_sanitizer_name(facts.sanitizer));
        return probe_no(err, program, why);
    }
    if (strstr(facts.loader, "ld-linux") == NULL) {
        snprintf(why, sizeof(why), "loaded by %.60s, and the library is for glibc's", facts.loader);
        return probe_no(err, program, why);
    }
    return 0;
}

int heaptrack_probe(const struct settings *settings, struct error *err)
{
    char script[SCRIPT_LINE_MAX];
    const char *program = settings->service.command[0];
    if (settings->attach != NULL || program == NULL) {
        (void)error_set(err, ERROR_ENVIRONMENT,
                        "heaptrack is preloaded when a service is started, and this one runs "
                        "already" INSTEAD);
        return 1;
    }
    if (settings->image != NULL) {
        (void)error_set(err, ERROR_ENVIRONMENT,
                        "heaptrack is a library of this machine, and a container has its own "
                        "files" INSTEAD);
        return 1;
    }
    for (unsigned depth = 0; depth < SCRIPT_DEPTH_MAX; depth++) {
        int status = probe_program(program, err);
        if (status != 0 || !probe_read_script(program, script))
            return status;
        program = script;
    }
    return 0;
}
