/* A plan as JSON and back: {"runs": [{"name": …, "variant": …, …the keys of a scenario…}, …]}. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "scenario/instruments.h"
#include "scenario/plan.h"
#include "scenario/tables.h"

#define AT(member) offsetof(struct run_spec, member)

/* As text, "heaptrack,threads". */
static int run_read_instruments(struct reader *reader, const struct json_place *place, void *object,
                                struct error *err)
{
    (void)reader;
    struct run_spec *run = object;
    const char *text = NULL;
    const char *word = NULL;
    size_t length = 0;
    if (json_string(place, &text, err) < 0)
        return -1;
    if (instruments_parse(text, &run->settings.instruments, &word, &length))
        return 0;
    return json_error(place, err, "found the unknown instrument \"%.*s\"", (int)length, word);
}

static void run_write_instruments(struct json_writer *writer, const char *key, const void *object)
{
    const struct run_spec *run = object;
    char text[INSTRUMENTS_TEXT_MAX];
    if (run->settings.instruments != 0)
        json_write_text(writer, key, instruments_text(run->settings.instruments, text));
}

static const struct field run_fields[] = {
    {"name", FIELD_LINE, AT(scenario), 0, 0, NULL, NULL},
    {"variant", FIELD_LINE, AT(variant), 0, 0, NULL, NULL},
    {"about", FIELD_LINE, AT(about), 0, 0, NULL, NULL},
    {"source", FIELD_TEXT, AT(source), 0, 0, NULL, NULL},
    {"tag", FIELD_LINE, AT(tag), 0, 0, NULL, NULL},
    {"alias", FIELD_LINE, AT(alias), 0, 0, NULL, NULL},
    {"repeat", FIELD_UNSIGNED, AT(repeat), 0, PLAN_RUNS_MAX, NULL, NULL},
    {"label", FIELD_TEXT, AT(label), 0, 0, NULL, NULL},
    {"build", FIELD_LINE, AT(build), 0, 0, NULL, NULL},
    {"allocator", FIELD_TEXT, AT(allocator), 0, 0, NULL, NULL},
    {"sanitizer_options", FIELD_TEXT, AT(sanitizer_options), 0, 0, NULL, NULL},
    {"group", FIELD_UNSIGNED, AT(group), 0, PLAN_RUNS_MAX, NULL, NULL},
    {"position", FIELD_UNSIGNED, AT(position), 0, PLAN_RUNS_MAX, NULL, NULL},
    {"gate_line", FIELD_UNSIGNED, AT(settings.gate.line), 0, UINT_MAX, NULL, NULL},
    {"instruments", FIELD_OTHER, 0, 0, 0, run_read_instruments, run_write_instruments},
    {NULL, 0, 0, 0, 0, NULL, NULL},
};

int plan_write(const struct plan *plan, struct buffer *out, struct error *err)
{
    struct json_writer writer;
    json_writer_begin(&writer, out);
    json_write_object(&writer, NULL);
    json_write_array(&writer, "runs");
    for (size_t i = 0; i < plan->n_runs; i++) {
        json_write_object(&writer, NULL);
        fields_write(&writer, run_fields, &plan->runs[i]);
        fields_write(&writer, settings_fields, &plan->runs[i].settings);
        json_write_close_object(&writer);
    }
    json_write_close_array(&writer);
    json_write_close_object(&writer);
    return json_writer_end(&writer, err);
}

static int plan_read_run(struct plan *plan, const struct json_place *place, struct error *err)
{
    struct run_spec run = {.scenario = NULL};
    struct reader reader = {.arena = plan->arena};
    /* In this order: the line of the budgets is the scenario file's, and not this text's. */
    const struct field_group groups[] = {
        {settings_fields, &run.settings}, {run_fields, &run}, {NULL, NULL}};
    settings_defaults(&run.settings);
    settings_collect_names(place, &run.settings, false, &reader.names);
    if (fields_read(&reader, place, groups, err) < 0 ||
        settings_check_place(&run.settings, place, err) < 0)
        return -1;
    if (run.scenario == NULL || run.source == NULL || !scenario_is_name(run.scenario) ||
        (run.variant != NULL && !scenario_is_name(run.variant)) ||
        (run.tag != NULL && !scenario_is_name(run.tag)) ||
        (run.alias != NULL && !scenario_is_name(run.alias)))
        return json_error(place, err,
                          "found no valid \"name\", \"variant\", \"tag\", \"alias\" or \"source\"");
    return plan_append(plan, &run, err);
}

int plan_read(const char *source, const char *text, size_t length, struct plan **ret,
              struct error *err)
{
    static const char *const known[] = {"runs", NULL};
    CLEANUP(json_freep) struct json_document *document = NULL;
    CLEANUP(plan_freep) struct plan *plan = NULL;
    if (json_load_text(source, text, length, &document, err) < 0 || plan_new(&plan, err) < 0)
        return -1;

    struct json_place root = json_root(document);
    struct json_place runs;
    if (json_expect_object(&root, err) < 0 || json_check_keys(&root, known, err) < 0)
        return -1;
    if (!json_member(&root, "runs", &runs))
        return json_error(&root, err, "found no \"runs\", expected an array of runs");
    if (json_expect_array(&runs, PLAN_RUNS_MAX, err) < 0)
        return -1;

    struct json_place run;
    for (bool more = json_first(&runs, &run); more; more = json_next(&runs, &run))
        if (plan_read_run(plan, &run, err) < 0)
            return -1;
    *ret = take_ptr(&plan);
    return 0;
}
