#include "memory/cgroup_libcgroup.h"

#include <libcgroup.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* libcgroup prints what it has to say; we return it. */
static void libcgroup_be_quiet(void *userdata, int level, const char *format, va_list arguments)
{
    (void)userdata;
    (void)level;
    (void)format;
    (void)arguments;
}

static void libcgroup_freep(struct cgroup **group)
{
    if (*group != NULL)
        cgroup_free(group);
}

/* ECGOTHER hides an errno; everything else has a text. */
static int libcgroup_error(struct error *err, int code, const char *what, const char *name)
{
    if (code == ECGOTHER)
        return error_set_errno(err, ERROR_ENVIRONMENT, cgroup_get_last_errno(),
                               "libcgroup cannot %s %s", what, name);
    return error_set(err, ERROR_ENVIRONMENT, "libcgroup cannot %s %s: %s", what, name,
                     cgroup_strerror(code));
}

bool cgroup_libcgroup_usable(const char *mount)
{
    cgroup_set_logger(libcgroup_be_quiet, CGROUP_LOG_ERROR, NULL);
    CLEANUP(freep) char *found = NULL;
    return cgroup_init() == 0 && cgroup_get_subsys_mount_point("memory", &found) == 0 &&
           strcmp(found, mount) == 0;
}

int cgroup_libcgroup_create(const char *name, const struct cgroup_setting *settings,
                            size_t n_settings, struct error *err)
{
    CLEANUP(libcgroup_freep) struct cgroup *group = cgroup_new_cgroup(name);
    if (group == NULL || cgroup_add_controller(group, "memory") == NULL)
        return error_out_of_memory(err);

    for (size_t i = 0; i < n_settings; i++) {
        char controller[32];
        size_t length = strcspn(settings[i].file, ".");
        if (length >= sizeof(controller))
            return error_set(err, ERROR_INTERNAL, "%s is no cgroup file", settings[i].file);
        memcpy(controller, settings[i].file, length);
        controller[length] = '\0';

        struct cgroup_controller *values = cgroup_get_controller(group, controller);
        if (values == NULL)
            values = cgroup_add_controller(group, controller);
        if (values == NULL)
            return error_out_of_memory(err);
        int code = cgroup_add_value_string(values, settings[i].file, settings[i].value);
        if (code != 0)
            return libcgroup_error(err, code, "take a value for", settings[i].file);
    }
    int code = cgroup_create_cgroup(group, 1);
    return code != 0 ? libcgroup_error(err, code, "create the group", name) : 0;
}

int cgroup_libcgroup_attach(const char *name, pid_t pid, struct error *err)
{
    CLEANUP(libcgroup_freep) struct cgroup *group = cgroup_new_cgroup(name);
    if (group == NULL || cgroup_add_controller(group, "memory") == NULL)
        return error_out_of_memory(err);
    int code = cgroup_attach_task_pid(group, pid);
    return code != 0 ? libcgroup_error(err, code, "put a process into", name) : 0;
}

void cgroup_libcgroup_delete(const char *name)
{
    CLEANUP(libcgroup_freep) struct cgroup *group = cgroup_new_cgroup(name);
    if (group != NULL && cgroup_add_controller(group, "memory") != NULL)
        cgroup_delete_cgroup_ext(group, CGFLAG_DELETE_EMPTY_ONLY);
}
