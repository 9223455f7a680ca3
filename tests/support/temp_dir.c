#include "tests/support/temp_dir.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

struct temp_dir temp_dir_make(void)
{
    struct temp_dir dir;
    const char *parent = getenv("TMPDIR");
    snprintf(dir.path, sizeof(dir.path), "%s/leakcage-test-XXXXXX",
             parent != NULL ? parent : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(dir.path));
    dir.fd = open(dir.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(dir.fd, 0);
    return dir;
}

void temp_dir_done(struct temp_dir *dir)
{
    close(dir->fd);
    file_remove_tree(dir->path, NULL);
}

/* The folders that a name goes through. */
static void temp_dir_make_parents(const struct temp_dir *dir, const char *name)
{
    char parent[PATH_MAX];
    for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(parent, sizeof(parent), "%.*s", (int)(slash - name), name);
        mkdirat(dir->fd, parent, 0777);
    }
}

void temp_dir_write(const struct temp_dir *dir, const char *name, const char *text)
{
    temp_dir_make_parents(dir, name);
    int fd = openat(dir->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

void temp_dir_link(const struct temp_dir *dir, const char *name, const char *target)
{
    temp_dir_make_parents(dir, name);
    ck_assert_int_eq(symlinkat(target, dir->fd, name), 0);
}
