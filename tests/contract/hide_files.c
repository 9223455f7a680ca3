/* Preloaded: files of the names in HIDE_FILES (a:b:c) are not there, as on a kernel that lacks
 * them. In whatever folder; the last part of a path counts. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int openat(int dir_fd, const char *path, int flags, ...);
int openat64(int dir_fd, const char *path, int flags, ...);
int faccessat(int dir_fd, const char *path, int mode, int flags);

static bool is_hidden(const char *path)
{
    const char *names = getenv("HIDE_FILES");
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    size_t length = strlen(base);
    while (names != NULL && length > 0) {
        if (strncmp(names, base, length) == 0 && (names[length] == ':' || names[length] == '\0')) {
            errno = ENOENT;
            return true;
        }
        names = strchr(names, ':');
        names = names != NULL ? names + 1 : NULL;
    }
    return false;
}

/* The function behind ours. (A pointer to an object is no pointer to a function: hence memcpy.) */
static void next_function(const char *name, void *ret)
{
    void *symbol = dlsym(RTLD_NEXT, name);
    memcpy(ret, &symbol, sizeof(symbol));
}

static int open_next(const char *name, int dir_fd, const char *path, int flags, mode_t mode)
{
    int (*next)(int, const char *, int, ...) = NULL;
    next_function(name, &next);
    return is_hidden(path) ? -1 : next(dir_fd, path, flags, mode);
}

#define OPEN_LIKE(name)                                                                     \
    int name(int dir_fd, const char *path, int flags, ...)                                  \
    {                                                                                       \
        va_list arguments;                                                                  \
        va_start(arguments, flags);                                                         \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0; \
        va_end(arguments);                                                                  \
        return open_next(#name, dir_fd, path, flags, mode);                                 \
    }

OPEN_LIKE(openat)
OPEN_LIKE(openat64)

int faccessat(int dir_fd, const char *path, int mode, int flags)
{
    int (*next)(int, const char *, int, int) = NULL;
    next_function("faccessat", &next);
    return is_hidden(path) ? -1 : next(dir_fd, path, mode, flags);
}
