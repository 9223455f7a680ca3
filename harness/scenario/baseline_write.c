/* An entry of a baseline's file, written: keys in one order, a figure's repeats on one line. */
#include "scenario/baseline_parts.h"

/* "" is not known, and left out. */
static void write_fact(struct json_writer *writer, const char *key, const char *text)
{
    json_write_text(writer, key, text[0] != '\0' ? text : NULL);
}

static void write_environment(struct json_writer *writer,
                              const struct baseline_environment *environment)
{
    const struct record_machine *machine = &environment->machine;
    json_write_object(writer, "environment");
    write_fact(writer, "kernel", environment->kernel);
    write_fact(writer, "architecture", machine->architecture);
    write_fact(writer, "driver", environment->driver);
    write_fact(writer, "accel", environment->accel);
    write_fact(writer, "libc", machine->libc);
    json_write_u64(writer, "cpus", environment->cpus);
    if (machine->page_bytes > 0)
        json_write_u64(writer, "page_bytes", machine->page_bytes);
    write_fact(writer, "thp", machine->thp);
    json_write_close_object(writer);
}

static void write_work(struct json_writer *writer, const struct baseline_work *work)
{
    json_write_object(writer, "work");
    if (work->limit_bytes != UINT64_MAX)
        json_write_u64(writer, "limit_bytes", work->limit_bytes);
    json_write_u64(writer, "cycle_requests", work->cycle_requests);
    if (work->has_warmup)
        json_write_u64(writer, "warmup_requests", work->warmup_requests);
    json_write_u64(writer, "concurrency", work->concurrency);
    json_write_u64(writer, "cycles_min", work->cycles_min);
    if (work->rate_per_s > 0)
        json_write_double(writer, "rate_per_s", work->rate_per_s);
    json_write_close_object(writer);
}

static void write_figure(struct json_writer *writer, enum gate_figure figure,
                         const struct baseline_entry *entry)
{
    enum figure of_run = gate_figure_info[figure].figure;
    unsigned n = 0;
    for (unsigned i = 0; i < entry->n_runs; i++)
        n += figures_has(&entry->runs[i].figures, of_run);
    if (n == 0)
        return;
    json_write_row(writer, baseline_figure_name(figure));
    for (unsigned i = 0; i < entry->n_runs; i++) {
        const struct figures *figures = &entry->runs[i].figures;
        if (!figures_has(figures, of_run))
            json_write_text(writer, NULL, NULL);
        else if (baseline_figure_range(figure).whole)
            json_write_i64(writer, NULL, (int64_t)figures->value[of_run]);
        else
            json_write_double(writer, NULL, figures->value[of_run]);
    }
    json_write_close_array(writer);
}

void baseline_write_entry(struct json_writer *writer, const struct baseline_entry *entry)
{
    json_write_object(writer, NULL);
    json_write_text(writer, "scenario", entry->key.scenario);
    write_fact(writer, "variant", entry->key.variant);
    write_fact(writer, "build", entry->key.build);
    write_fact(writer, "malloc", entry->key.allocator);
    write_environment(writer, &entry->environment);
    write_work(writer, &entry->work);
    json_write_row(writer, "verdict");
    for (unsigned i = 0; i < entry->n_runs; i++)
        json_write_text(writer, NULL, verdict_kind_name(entry->runs[i].kind));
    json_write_close_array(writer);
    json_write_row(writer, "cause");
    for (unsigned i = 0; i < entry->n_runs; i++)
        json_write_text(writer, NULL, cause_name(entry->runs[i].cause));
    json_write_close_array(writer);
    for (enum gate_figure figure = 0; figure < GATE_FIGURE_MAX_; figure++)
        write_figure(writer, figure, entry);
    json_write_close_object(writer);
}
