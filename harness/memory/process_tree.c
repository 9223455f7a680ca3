#include "memory/process_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

/* One process of the machine, as of this look. */
struct tree_entry {
    struct process_id id;
    pid_t parent;
    bool member;
};

struct tree_list {
    struct tree_entry *entries; /* owned, sorted by pid once read */
    size_t n;
    size_t capacity;
};

struct process_tree {
    int proc_dir_fd; /* borrowed */
    struct process_id root;
    struct process_id *members; /* owned, sorted by pid */
    size_t n_members;
};

void process_tree_free(struct process_tree *tree)
{
    if (tree == NULL)
        return;
    free(tree->members);
    free(tree);
}

void process_tree_freep(struct process_tree **tree)
{
    process_tree_free(*tree);
}

static void tree_list_done(struct tree_list *list)
{
    free(list->entries);
}

static void closedirp(DIR **dir)
{
    if (*dir != NULL)
        closedir(*dir);
}

static int tree_list_add(struct tree_list *list, const struct process_stat *stat, struct error *err)
{
    if (list->n == list->capacity) {
        size_t capacity = list->capacity > 0 ? list->capacity * 2 : 256;
        struct tree_entry *larger = reallocarray(list->entries, capacity, sizeof(*larger));
        if (larger == NULL)
            return error_out_of_memory(err);
        list->entries = larger;
        list->capacity = capacity;
    }
    list->entries[list->n++] = (struct tree_entry){.id = stat->id, .parent = stat->parent};
    return 0;
}

/* Every process that lives. Those that end meanwhile are left out, as are those we may not see. */
static int tree_list_read(int proc_dir_fd, struct tree_list *list, struct error *err)
{
    CLEANUP(closep) int fd = openat(proc_dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot open /proc");
    CLEANUP(closedirp) DIR *dir = fdopendir(fd);
    if (dir == NULL)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot list /proc");
    int list_fd = take_fd(&fd);

    const struct dirent *entry = NULL;
    while ((entry = readdir(dir)) != NULL) {
        struct process_stat stat;
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue;
        CLEANUP(closep)
        int process_fd = openat(list_fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (process_fd < 0 || process_stat_read(process_fd, &stat, NULL) != 0 ||
            process_stat_is_over(&stat) || stat.kernel_thread)
            continue;
        if (tree_list_add(list, &stat, err) < 0)
            return -1;
    }
    return 0;
}

static int tree_compare_entries(const void *left, const void *right)
{
    const struct tree_entry *a = left;
    const struct tree_entry *b = right;
    return (a->id.pid > b->id.pid) - (a->id.pid < b->id.pid);
}

static struct tree_entry *tree_list_find(const struct tree_list *list, pid_t pid)
{
    struct tree_entry key = {.id = {.pid = pid}};
    if (list->n == 0)
        return NULL;
    return bsearch(&key, list->entries, list->n, sizeof(*list->entries), tree_compare_entries);
}

/* Those of before that live on, and the root. */
static void tree_mark_known(const struct process_tree *tree, const struct tree_list *list)
{
    for (size_t i = 0; i <= tree->n_members; i++) {
        const struct process_id *id = i < tree->n_members ? &tree->members[i] : &tree->root;
        struct tree_entry *entry = tree_list_find(list, id->pid);
        if (entry != NULL && entry->id.start_ticks == id->start_ticks)
            entry->member = true;
    }
}

/* Whose parent is a member is one, until that changes nothing: one pass for each generation. */
static size_t tree_mark_children(const struct tree_list *list)
{
    size_t n = 0;
    for (bool changed = true; changed;) {
        changed = false;
        n = 0;
        for (size_t i = 0; i < list->n; i++) {
            struct tree_entry *entry = &list->entries[i];
            const struct tree_entry *parent =
                entry->member ? NULL : tree_list_find(list, entry->parent);
            if (parent != NULL && parent->member) {
                entry->member = true;
                changed = true;
            }
            n += entry->member;
        }
    }
    return n;
}

int process_tree_refresh(struct process_tree *tree, struct error *err)
{
    CLEANUP(tree_list_done) struct tree_list list = {.entries = NULL};
    if (tree_list_read(tree->proc_dir_fd, &list, err) < 0)
        return -1;
    if (list.n > 0)
        qsort(list.entries, list.n, sizeof(*list.entries), tree_compare_entries);
    tree_mark_known(tree, &list);
    size_t n = tree_mark_children(&list);

    struct process_id *members = calloc(n + 1, sizeof(*members));
    if (members == NULL)
        return error_out_of_memory(err);
    free(tree->members);
    tree->members = members;
    tree->n_members = 0;
    for (size_t i = 0; i < list.n; i++)
        if (list.entries[i].member)
            members[tree->n_members++] = list.entries[i].id;
    return 0;
}

int process_tree_new(int proc_dir_fd, const struct process_id *root, struct process_tree **ret,
                     struct error *err)
{
    CLEANUP(process_tree_freep) struct process_tree *tree = calloc(1, sizeof(*tree));
    if (tree == NULL)
        return error_out_of_memory(err);
    tree->proc_dir_fd = proc_dir_fd;
    tree->root = *root;
    if (process_tree_refresh(tree, err) < 0)
        return -1;
    if (tree->n_members == 0)
        return 1;
    *ret = take_ptr(&tree);
    return 0;
}

const struct process_id *process_tree_members(const struct process_tree *tree, size_t *ret_n)
{
    *ret_n = tree->n_members;
    return tree->members;
}

bool process_tree_has(const struct process_tree *tree, pid_t pid)
{
    for (size_t i = 0; i < tree->n_members; i++)
        if (tree->members[i].pid == pid)
            return true;
    return false;
}

/* "size resident …" in pages; false when it is gone. */
static bool tree_read_resident(int proc_dir_fd, pid_t pid, uint64_t *ret_pages)
{
    char path[32];
    char text[128];
    snprintf(path, sizeof(path), "%d/statm", pid);
    CLEANUP(closep) int fd = openat(proc_dir_fd, path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && file_reread(fd, text, sizeof(text)) > 0 &&
           sscanf(text, "%*u %" SCNu64, ret_pages) == 1;
}

size_t process_tree_rss(const struct process_tree *tree, uint64_t *ret_bytes)
{
    uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    size_t n = 0;
    *ret_bytes = 0;
    for (size_t i = 0; i < tree->n_members; i++) {
        uint64_t pages = 0;
        if (!tree_read_resident(tree->proc_dir_fd, tree->members[i].pid, &pages))
            continue;
        *ret_bytes += pages * page_bytes;
        n++;
    }
    return n;
}
