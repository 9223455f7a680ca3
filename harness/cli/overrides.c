#include "cli/overrides.h"

#include <fcntl.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/word_list.h"
#include "base/words.h"

#define OVERRIDES_BODY_MAX_BYTES ((size_t)1024 * 1024)

/* "@FILE" becomes what is in the file, to be kept by the scenario. */
static int overrides_body(struct scenario *scenario, const char *text, const char **ret,
                          struct error *err)
{
    *ret = text;
    if (text == NULL || text[0] != '@')
        return 0;
    CLEANUP(buffer_done) struct buffer content = BUFFER_INIT(OVERRIDES_BODY_MAX_BYTES);
    if (file_read(AT_FDCWD, text + 1, &content, err) < 0)
        return error_prefix(err, "--body");
    if (strlen(buffer_text(&content)) != content.length)
        return error_set(err, ERROR_USAGE,
                         "--body: found a NUL byte in %.200s, expected a text: bodies are texts",
                         text + 1);
    *ret = scenario_keep(scenario, buffer_text(&content));
    return *ret != NULL ? 0 : error_out_of_memory(err);
}

/* The requests of the command line instead of the scenario's. */
static int overrides_requests(const struct options *options, struct scenario *scenario,
                              struct load_profile *load, struct error *err)
{
    if (options->n_requests == 0)
        return 0;
    load->n_requests = options->n_requests;
    load->command = NULL;
    load->command_cwd = NULL;
    for (unsigned i = 0; i < options->n_requests; i++) {
        struct request_kind *request = &load->requests[i];
        *request = options->url_requests[i];
        if (overrides_body(scenario, options->url_requests[i].body, &request->body, err) < 0)
            return -1;
        if (request->method == NULL)
            request->method = request->body != NULL ? "POST" : "GET";
    }
    return 0;
}

/* The command of the command line instead of the scenario's requests. */
static int overrides_command(const struct options *options, struct scenario *scenario,
                             struct settings *settings, struct error *err)
{
    struct load_profile *load = &settings->load;
    CLEANUP(freep) char **words = NULL;
    size_t count = 0;
    if (options->load_command == NULL)
        return 0;
    if (words_split(options->load_command, &words, err) < 0)
        return error_prefix(err, "--load");
    while (words[count] != NULL)
        count++;
    const char **kept = arena_alloc(scenario->arena, (count + 1) * sizeof(*kept));
    if (kept == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < count; i++)
        if ((kept[i] = scenario_keep(scenario, words[i])) == NULL)
            return error_out_of_memory(err);
    if (load->command == NULL)
        settings_suit_command(settings);
    load->command = kept;
    load->n_requests = 0;
    load->n_timers = 0;
    return 0;
}

static int overrides_load(const struct options *options, struct scenario *scenario,
                          struct settings *settings, struct error *err)
{
    struct load_profile *load = &settings->load;
    if (options->n_requests > 0 && options->load_command != NULL)
        return error_set(err, ERROR_USAGE, "found both --url and --load, expected one of them");
    if (overrides_requests(options, scenario, load, err) < 0 ||
        overrides_command(options, scenario, settings, err) < 0)
        return -1;
    if (options->concurrency > 0)
        load->concurrency = options->concurrency;
    if (options->rate_per_s > 0)
        load->rate_per_s = options->rate_per_s;
    return 0;
}

static void overrides_cycles(const struct options *options, struct settings *settings)
{
    if (options->cycles > 0) {
        settings->cycles = options->cycles;
        if (settings->cycles_min > options->cycles)
            settings->cycles_min = options->cycles;
    }
    if (options->requests > 0)
        settings->cycle_requests = options->requests;
    if (options->has_warmup)
        settings->warmup_requests = options->warmup;
    if (options->budget_ns > 0)
        settings->budget_ns = options->budget_ns;
    if (options->sample_hz > 0)
        settings->sample_hz = options->sample_hz;
}

/* Variables are added, and replace those of the same name. */
static int overrides_env(const struct options *options, struct scenario *scenario,
                         struct program *service, struct error *err)
{
    const char *const *env = service->env;
    for (unsigned i = 0; env != NULL && i < options->n_env; i++)
        env = words_set_variable(scenario->arena, env, options->env[i]);
    if (env == NULL)
        return error_out_of_memory(err);
    service->env = env;
    return 0;
}

static int overrides_collect(const struct options *options, struct scenario *scenario,
                             struct settings *settings, struct error *err)
{
    if (options->n_collect == 0)
        return 0;
    settings->n_collect = options->n_collect;
    for (unsigned i = 0; i < options->n_collect; i++) {
        const char *equals = strchr(options->collect[i], '=');
        size_t length = (size_t)(equals - options->collect[i]);
        const char *name = arena_printf(scenario->arena, "%.*s", (int)length, options->collect[i]);
        if (name == NULL)
            return error_out_of_memory(err);
        if (!scenario_is_name(name))
            return error_set(err, ERROR_USAGE, "--collect: found the name \"%.60s\", expected %s",
                             name, SCENARIO_NAME_EXPECTED);
        settings->collect[i] = (struct collect){.name = name, .url = equals + 1};
    }
    return 0;
}

static int overrides_service(const struct options *options, struct scenario *scenario,
                             struct settings *settings, struct error *err)
{
    struct program *service = &settings->service;
    const struct {
        const char *given;
        const char **replaced;
    } words[] = {
        {options->ready, &service->ready},    {options->cwd, &service->cwd},
        {options->user, &service->user},      {options->trim, &settings->trim},
        {options->gc, &settings->gc},         {options->heap, &settings->heap_path},
        {options->image, &settings->image},   {options->engine, &settings->engine},
        {options->attach, &settings->attach},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (words[i].given != NULL)
            *words[i].replaced = words[i].given;
    if (options->port > 0)
        service->port = (uint16_t)options->port;
    if (overrides_env(options, scenario, service, err) < 0)
        return -1;
    return overrides_collect(options, scenario, settings, err);
}

static void overrides_limits(const struct options *options, struct settings *settings)
{
    if (options->limit_bytes > 0)
        settings->limit_bytes = options->limit_bytes;
    if (options->high_bytes > 0)
        settings->high_bytes = options->high_bytes;
    if (options->min_bytes > 0)
        settings->min_bytes = options->min_bytes;
    if (options->thp_system)
        settings->thp = THP_SYSTEM;
    if (options->has_restart)
        settings->restart.policy = options->restart;
    if (options->time_scale > 0)
        settings->restart.time_scale = options->time_scale;
}

static void overrides_expectation(const struct options *options, struct settings *settings)
{
    if (!options->has_expectation)
        return;
    settings->has_expectation = true;
    settings->expect = options->expect;
    settings->expects_cause = options->expects_cause;
    settings->expect_cause = options->expect_cause;
}

static int overrides_settings(const struct options *options, struct scenario *scenario,
                              struct settings *settings, struct error *err)
{
    if (overrides_load(options, scenario, settings, err) < 0 ||
        overrides_service(options, scenario, settings, err) < 0)
        return -1;
    overrides_cycles(options, settings);
    overrides_limits(options, settings);
    overrides_expectation(options, settings);
    return 0;
}

int overrides_apply(const struct options *options, struct scenario *scenario, struct error *err)
{
    if (overrides_settings(options, scenario, &scenario->settings, err) < 0)
        return -1;
    for (unsigned i = 0; i < scenario->n_variants; i++)
        if (overrides_settings(options, scenario, &scenario->variants[i].settings, err) < 0)
            return -1;
    return 0;
}
