#include "driver/launch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/processor.h"
#include "driver/environment.h"
#include "driver/launch_user.h"

/* The words of a command, owned, NULL-terminated. */
struct launch_words {
    char **list;
    size_t n;
};

static void launch_words_done(struct launch_words *words)
{
    for (size_t i = 0; i < words->n; i++)
        free(words->list[i]);
    free(words->list);
}

const struct program *launch_program_of(const struct settings *settings, unsigned index)
{
    return index == 0 ? &settings->service : &settings->dependencies[index - 1];
}

static size_t launch_count(const char *const *texts)
{
    size_t n = 0;
    while (texts != NULL && texts[n] != NULL)
        n++;
    return n;
}

static int launch_add_words(const struct launch *launch, const char *const *texts,
                            struct launch_words *words, struct error *err)
{
    for (size_t i = 0; i < launch_count(texts); i++) {
        char *word = plan_fill_values(launch->settings, launch->index, texts[i], &launch->values);
        if (word == NULL)
            return error_out_of_memory(err);
        words->list[words->n++] = word;
    }
    return 0;
}

static int launch_make_words(const struct launch *launch, struct launch_words *words,
                             struct error *err)
{
    const struct program *program = launch_program_of(launch->settings, launch->index);
    size_t n = launch_count(program->command) + launch_count(program->args);
    words->list = calloc(n + 1, sizeof(*words->list));
    if (words->list == NULL)
        return error_out_of_memory(err);
    if (launch_add_words(launch, program->command, words, err) < 0)
        return -1;
    return launch_add_words(launch, program->args, words, err);
}

/* `user`: NULL when it is ours. */
static int launch_make_environment(const struct launch *launch, const struct account *user,
                                   struct environment *environment, struct error *err)
{
    const struct settings *settings = launch->settings;
    if (environment_add_all(environment, environ, err) < 0 ||
        environment_set_port(environment, NULL, launch->values.ports[launch->index], err) < 0)
        return -1;
    for (unsigned i = 0; i < settings->n_dependencies; i++)
        if (environment_set_port(environment, settings->dependencies[i].name,
                                 launch->values.ports[i + 1], err) < 0)
            return -1;

    if (environment_set_text(environment, "LEAKCAGE_DATA", launch->values.data_dir, err) < 0 ||
        launch_user_describe(user, environment, err) < 0)
        return -1;

    const struct program *program = launch_program_of(settings, launch->index);
    for (size_t i = 0; i < launch_count(program->env); i++) {
        CLEANUP(freep)
        char *entry = plan_fill_values(settings, launch->index, program->env[i], &launch->values);
        if (entry == NULL)
            return error_out_of_memory(err);
        if (environment_set(environment, entry, err) < 0)
            return -1;
    }
    return 0;
}

/* The working directory, malloc'd into *ret, NULL for ours. */
static int launch_make_cwd(const struct launch *launch, char **ret, struct error *err)
{
    const char *cwd = launch_program_of(launch->settings, launch->index)->cwd;
    if (cwd == NULL)
        return 0;
    *ret = plan_fill_values(launch->settings, launch->index, cwd, &launch->values);
    return *ret != NULL ? 0 : error_out_of_memory(err);
}

/* Nothing can be below the data folder before the first start, so what is named there is made: by
 * the program's own rights, for what it finds there later may be links that a service has laid. */
static bool launch_is_in_data(const struct launch *launch, const char *cwd)
{
    const char *data_dir = launch->values.data_dir;
    return cwd != NULL && strncmp(cwd, data_dir, strlen(data_dir)) == 0;
}

/* Programs of several users share the data folder: then it is everybody's. */
static bool launch_has_several_users(const struct settings *settings)
{
    const char *service = settings->service.user;
    for (unsigned i = 0; i < settings->n_dependencies; i++) {
        const char *other = settings->dependencies[i].user;
        if (service == NULL || other == NULL ? service != other : strcmp(service, other) != 0)
            return true;
    }
    return false;
}

/* What another user needs to be able to use. `cwd` NULL: ours. */
static int launch_give(const struct launch *launch, const struct account *user, const char *cwd,
                       struct error *err)
{
    const char *data_dir = launch->values.data_dir;
    if (user == NULL)
        return 0;
    if (launch_user_give(user, data_dir, err) < 0)
        return -1;
    if (launch_has_several_users(launch->settings) && chmod(data_dir, 0777) < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot open up %s", data_dir);
    if (launch_user_reach(user, data_dir, err) < 0)
        return error_prefix(err, "LEAKCAGE_DATA is out of reach (-o DIR puts it elsewhere)");
    return cwd != NULL && !launch_is_in_data(launch, cwd) ? launch_user_reach(user, cwd, err) : 0;
}

/* The program, and what its arguments name: a script that an interpreter is to read. */
static int launch_reach_words(const struct account *user, const struct launch_words *words,
                              struct error *err)
{
    const char *temporary = getenv("TMPDIR"); /* instruments have their doors there */
    if (temporary != NULL && temporary[0] == '/')
        (void)launch_user_reach(user, temporary, NULL);
    for (size_t i = 0; user != NULL && i < words->n; i++)
        if (words->list[i][0] == '/' && launch_user_reach(user, words->list[i], err) < 0)
            return error_prefix(err, "%s is out of reach", words->list[i]);
    return 0;
}

struct launch_placing {
    struct cgroup *cgroup;
    const struct run_files *files;
    const char *program;
};

/* Before its first instruction: into the cgroup. On emulated processors a JVM is held on one. */
static int launch_attach(pid_t pid, void *context, struct error *err)
{
    const struct launch_placing *placing = context;
    if (cgroup_attach(pid, placing->cgroup, err) < 0)
        return -1;
    const char *slash = strrchr(placing->program, '/');
    if (strcmp(slash != NULL ? slash + 1 : placing->program, "java") == 0 &&
        processor_is_emulated())
        (void)processor_hold(pid);
    if (placing->files != NULL && placing->files->placed != NULL)
        placing->files->placed(placing->files->placed_context, cgroup_path(placing->cgroup));
    return 0;
}

int launch_start(const struct launch *launch, struct process *ret, struct error *err)
{
    CLEANUP(launch_words_done) struct launch_words words = {.list = NULL};
    CLEANUP(environment_done) struct environment environment = ENVIRONMENT_INIT;
    CLEANUP(freep) char *cwd = NULL;
    struct account account;
    const struct account *user = NULL;
    const char *name = launch_program_of(launch->settings, launch->index)->user;
    if (launch_user_find(name, &account, &user, err) < 0 ||
        launch_make_words(launch, &words, err) < 0 ||
        launch_make_environment(launch, user, &environment, err) < 0 ||
        launch_make_cwd(launch, &cwd, err) < 0)
        return -1;

    CLEANUP(service_log_freep) struct service_log *log = NULL;
    if (service_log_open(launch->log_path, &log, err) < 0 ||
        (user != NULL && service_log_give(log, user, err) < 0) ||
        launch_give(launch, user, cwd, err) < 0 || launch_reach_words(user, &words, err) < 0)
        return -1;

    struct launch_placing placing = {
        .cgroup = launch->cgroup, .files = launch->files, .program = words.list[0]};
    struct process_spec spec = {
        .argv = words.list,
        .env = environment.entries,
        .cwd = cwd,
        .make_cwd = launch_is_in_data(launch, cwd),
        .stdin_fd = -1,
        .stdout_fd = service_log_fd(log),
        .stderr_fd = service_log_fd(log),
        .no_huge_pages = launch->settings->thp != THP_SYSTEM,
        .raise_nofile = true,
        .user = user,
        .confined = name == NULL,
        .attach = launch_attach,
        .attach_context = &placing,
    };
    if (process_spawn(&spec, ret, err) < 0) {
        bool forbidden = user != NULL && err != NULL && err->errno_value == EACCES;
        return forbidden ? error_prefix(err, "as user %u (--user names another)", user->uid) : -1;
    }
    if (service_log_begin(log, err) < 0)
        return -1;
    *launch->log = take_ptr(&log);
    return 0;
}
