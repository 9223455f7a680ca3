#include "cli/result_folders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "cli/console.h"
#include "scenario/record_files.h"

/* RESULTS/SHARD/RUN: how far below what was named results are looked for. */
#define DEPTH_MAX 2

void result_folders_done(struct result_folders *folders)
{
    for (size_t i = 0; i < folders->n; i++) {
        free(folders->items[i].dir);
        record_free(folders->items[i].record);
    }
    free(folders->items);
    *folders = (struct result_folders){0};
}

void result_folders_drop(struct result_folders *folders, size_t index)
{
    free(folders->items[index].dir);
    record_free(folders->items[index].record);
    folders->n--;
    folders->n_broken++;
    memmove(&folders->items[index], &folders->items[index + 1],
            (folders->n - index) * sizeof(*folders->items));
}

static bool result_folders_is_result(const char *dir)
{
    CLEANUP(freep) char *path = file_join(dir, "result.json");
    return path != NULL && file_exists(AT_FDCWD, path);
}

bool result_folders_is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int result_folders_add(struct result_folders *folders, const char *dir, unsigned operand,
                              struct error *err)
{
    struct error failure = {.kind = ERROR_NONE};
    CLEANUP(record_freep) struct record *record = NULL;
    if (record_load(dir, &record, &failure) < 0) {
        console_error(&failure);
        folders->n_broken++;
        return 0;
    }
    CLEANUP(freep) char *copy = strdup(dir);
    struct result_folder *grown = reallocarray(folders->items, folders->n + 1, sizeof(*grown));
    if (grown != NULL)
        folders->items = grown;
    if (grown == NULL || copy == NULL)
        return error_out_of_memory(err);
    grown[folders->n++] = (struct result_folder){
        .dir = take_ptr(&copy), .operand = operand, .record = take_ptr(&record)};
    return 0;
}

static int result_folders_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The results in a folder, at most `depth` levels down. */
static int result_folders_look(struct result_folders *folders, const char *dir, unsigned operand,
                               unsigned depth, struct error *err)
{
    if (result_folders_is_result(dir))
        return result_folders_add(folders, dir, operand, err);
    if (depth == 0)
        return 0;
    struct dirent **names = NULL;
    int n = scandir(dir, &names, result_folders_visible, alphasort);
    if (n < 0)
        return error_set_errno(err, ERROR_USAGE, errno, "cannot read the folder %s", dir);
    int status = 0;
    for (int i = 0; i < n; i++) {
        CLEANUP(freep) char *path = file_join(dir, names[i]->d_name);
        if (path == NULL)
            status = error_out_of_memory(err);
        else if (status == 0 && result_folders_is_folder(path))
            status = result_folders_look(folders, path, operand, depth - 1, err);
        free(names[i]);
    }
    free(names);
    return status;
}

int result_folders_read(const char *const *operands, struct result_folders *ret, struct error *err)
{
    for (unsigned i = 0; operands[i] != NULL; i++) {
        const char *operand = operands[i];
        size_t before = ret->n + ret->n_broken;
        struct error missing = {.kind = ERROR_NONE};
        if (!file_exists(AT_FDCWD, operand))
            error_set(&missing, ERROR_USAGE, "%s: there is no such folder", operand);
        else if (!result_folders_is_folder(operand))
            error_set(&missing, ERROR_USAGE, "%s: found a file, expected a result folder", operand);
        else if (result_folders_look(ret, operand, i, DEPTH_MAX, err) < 0)
            return -1;
        else if (before == ret->n + ret->n_broken)
            error_set(&missing, ERROR_USAGE,
                      "%s: found no result.json there or in its subfolders, expected a result "
                      "folder, or a folder of them",
                      operand);
        if (missing.kind == ERROR_NONE)
            continue;
        console_error(&missing);
        ret->n_broken++;
    }
    return 0;
}

int result_folders_check_once(const struct result_folders *folders, struct error *err)
{
    for (size_t i = 0; i < folders->n; i++) {
        CLEANUP(freep) char *path = realpath(folders->items[i].dir, NULL);
        for (size_t k = i + 1; path != NULL && k < folders->n; k++) {
            CLEANUP(freep) char *other = realpath(folders->items[k].dir, NULL);
            if (other != NULL && strcmp(path, other) == 0)
                return error_set(err, ERROR_USAGE, "%s: found twice, expected every run once",
                                 folders->items[i].dir);
        }
    }
    return 0;
}

int result_folders_check_plain(const struct result_folders *folders, struct error *err)
{
    for (size_t i = 0; i < folders->n; i++)
        if (folders->items[i].record->n_instruments > 0)
            return error_set(
                err, ERROR_USAGE,
                "%s: found a run with instruments (leakcage explain), expected a plain "
                "one, such as that in the folder above it",
                folders->items[i].dir);
    return 0;
}
