#include "view/view_json.h"

#include "base/cleanup.h"
#include "view/view_explanation.h"
#include "view/view_parts.h"
#include "view/view_profiles.h"

#define VIEW_TITLE_MAX 512
/* However many runs there are, each has about so many stretches. */
#define VIEW_STRETCHES_MIN 64
/* Where room is short it is the main line that has it, up to so many times that of the others. */
#define VIEW_OTHERS_COARSER 4

static const char *view_known(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

/* The series, as fine as they may be beside those of so many other runs. */
static int view_gather(const struct record *record, size_t n_runs, struct view_series_list *ret,
                       struct error *err)
{
    bool large = record->timeline->n_memory > VIEW_SAMPLES_USUAL;
    size_t most = large ? VIEW_SERIES_BYTES_LARGE : VIEW_SERIES_BYTES;
    if (most > VIEW_SERIES_BYTES_ALL / n_runs)
        most = VIEW_SERIES_BYTES_ALL / n_runs;
    unsigned stretches = large ? VIEW_STRETCHES_MAX : VIEW_STRETCHES;
    struct view_fineness fineness = {.main = stretches, .others = stretches};
    for (;;) {
        if (view_series_gather(record, &fineness, ret, err) < 0)
            return -1;
        if (view_series_points(ret) * VIEW_POINT_BYTES <= most ||
            fineness.main <= VIEW_STRETCHES_MIN)
            return 0;
        view_series_done(ret);
        if (fineness.others * VIEW_OTHERS_COARSER <= fineness.main)
            fineness.main -= fineness.main / 4;
        fineness.others -= fineness.others / 4;
    }
}

static void view_write_names(struct json_writer *writer, const struct record *record)
{
    json_write_text(writer, "id", record->id);
    json_write_text(writer, "scenario", record->scenario);
    json_write_text(writer, "variant", view_known(record->variant));
    json_write_text(writer, "label", view_known(record->label));
    json_write_text(writer, "build", view_known(record->build));
    json_write_text(writer, "malloc", view_known(record->allocator));
    json_write_text(writer, "driver", view_known(record->driver));
    json_write_text(writer, "kernel", view_known(record->kernel));
    json_write_text(writer, "accel", view_known(record->accel));
    json_write_text(writer, "target", view_known(record->target));
}

static void view_write_judgement(struct json_writer *writer, const struct record *record)
{
    const struct verdict *verdict = &record->verdict;
    json_write_text(writer, "verdict", verdict_kind_name(verdict->kind));
    if (verdict->cause != CAUSE_NONE)
        json_write_text(writer, "cause", cause_name(verdict->cause));
    json_write_text(writer, "outcome", outcome_name(record->outcome));
    json_write_text(writer, "termination", termination_name(record->termination));
    if (record->error.kind != ERROR_NONE)
        json_write_text(writer, "error", record->error.text);
    if (record->question.limit_bytes != UINT64_MAX)
        json_write_u64(writer, "limit_bytes", record->question.limit_bytes);
    view_write_time(writer, "duration_s", record->duration_ns);
    if (record->has_ready)
        view_write_time(writer, "ready_s", record->ready_ns);
    if (record->has_decided)
        view_write_time(writer, "verdict_s", record->decided_ns);
}

static int view_write_run(struct json_writer *writer, const struct stored_record *run,
                          size_t n_runs, struct error *err)
{
    const struct record *record = run->record;
    CLEANUP(view_series_done) struct view_series_list series = {.n = 0};
    if (view_gather(record, n_runs, &series, err) < 0)
        return -1;
    json_write_object(writer, NULL);
    view_write_names(writer, record);
    view_write_judgement(writer, record);
    if (view_write_texts(writer, run, err) < 0)
        return -1;
    view_explanation_write(writer, run, n_runs);
    view_write_figures(writer, record);
    view_write_series(writer, record, &series);
    view_write_phases(writer, record);
    view_write_marks(writer, record);
    view_write_floors(writer, record);
    view_write_cycles(writer, record);
    size_t room = VIEW_FLAMES_BYTES_ALL / n_runs;
    view_profiles_write(writer, run, "", room < VIEW_FLAMES_BYTES ? room : VIEW_FLAMES_BYTES);
    if (view_write_log(writer, run, err) < 0)
        return -1;
    json_write_close_object(writer);
    return 0;
}

int view_json_write(const struct view_input *input, struct buffer *out, struct error *err)
{
    char title[VIEW_TITLE_MAX];
    struct json_writer writer;
    json_writer_begin_line(&writer, out);
    json_write_object(&writer, NULL);
    json_write_text(&writer, "schema", "leakcage.view/1");
    json_write_text(&writer, "title", view_title(input, title, sizeof(title)));
    json_write_text(&writer, "generator", "leakcage " LEAKCAGE_VERSION);
    json_write_array(&writer, "runs");
    for (size_t i = 0; i < input->n_runs; i++)
        if (view_write_run(&writer, &input->runs[i], input->n_runs, err) < 0)
            return -1;
    json_write_close_array(&writer);
    json_write_close_object(&writer);
    return json_writer_end(&writer, err);
}
