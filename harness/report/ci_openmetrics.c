#include "report/ci_openmetrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/openmetrics_text.h"

#define FAMILY_MAX 160

/* The families that one number makes. */
enum part { PART_VALUE, PART_BASELINE, PART_ALLOWED, PART_MAX_ };

static const struct {
    const char *infix;
    const char *help;
} parts[PART_MAX_] = {
    [PART_VALUE] = {"", ""},
    [PART_BASELINE] = {"_baseline", ", in the baseline"},
    [PART_ALLOWED] = {"_allowed", ": what may be added to the baseline"},
};

/* "family{…} value", with further labels, which may be NULL; and when, where the case has that. */
static void metrics_sample(struct ci_writer *writer, const char *family, const struct ci_case *item,
                           const char *const *more, double value)
{
    char text[CI_NUMBER_MAX];
    ci_put(writer, family);
    openmetrics_labels(writer, item, more);
    ci_put(writer, " ");
    ci_put(writer, ci_number(value, text));
    if (item->unix_ms > 0) {
        ci_put(writer, " ");
        ci_put(writer, openmetrics_time(item->unix_ms, text));
    }
    ci_put(writer, "\n");
}

/* The number of this name; NULL: the case has none. */
static const struct ci_metric *metrics_of_case(const struct ci_case *item, const char *name)
{
    for (size_t k = 0; k < item->n_metrics; k++)
        if (strcmp(item->metrics[k].name, name) == 0)
            return &item->metrics[k];
    return NULL;
}

/* Is there this part of it, and a number? */
static bool metrics_part(const struct ci_metric *metric, enum part part, double *ret)
{
    if (metric == NULL || (part == PART_BASELINE && !metric->has_baseline) ||
        (part == PART_ALLOWED && !metric->has_allowed))
        return false;
    *ret = part == PART_VALUE      ? metric->value
           : part == PART_BASELINE ? metric->baseline
                                   : metric->allowed;
    return isfinite(*ret);
}

/* "leakcage_floor_baseline_bytes" */
static void metrics_name(const struct ci_metric *metric, enum part part, char *name)
{
    size_t stem = strlen(metric->name);
    const char *unit = metric->unit != NULL ? metric->unit : "";
    if (metric->unit != NULL && stem > strlen(unit))
        stem -= strlen(unit) + 1;
    snprintf(name, FAMILY_MAX, "leakcage_%.*s%s%s%s", (int)stem, metric->name, parts[part].infix,
             metric->unit != NULL ? "_" : "", unit);
}

static void metrics_family(struct ci_writer *writer, const struct ci_report *report,
                           const struct ci_metric *metric, enum part part)
{
    char name[FAMILY_MAX];
    bool described = false;
    metrics_name(metric, part, name);
    for (size_t i = 0; i < report->n_cases; i++) {
        double value = 0;
        if (!metrics_part(metrics_of_case(&report->cases[i], metric->name), part, &value))
            continue;
        if (!described) {
            openmetrics_describe(writer,
                                 &(struct openmetrics_family){name, "gauge", metric->unit,
                                                              metric->help, parts[part].help});
        }
        described = true;
        metrics_sample(writer, name, &report->cases[i], NULL, value);
    }
}

/* Every family once, in the order in which their names are met. */
static void metrics_families(struct ci_writer *writer, const struct ci_report *report)
{
    for (size_t i = 0; i < report->n_cases; i++) {
        for (size_t k = 0; k < report->cases[i].n_metrics; k++) {
            const struct ci_metric *metric = &report->cases[i].metrics[k];
            size_t first = 0;
            while (metrics_of_case(&report->cases[first], metric->name) == NULL)
                first++;
            for (unsigned part = 0; first == i && part < PART_MAX_; part++)
                metrics_family(writer, report, metric, (enum part)part);
        }
    }
}

static void metrics_status(struct ci_writer *writer, const struct ci_report *report)
{
    if (report->n_cases > 0)
        openmetrics_describe(
            writer, &(struct openmetrics_family){
                        "leakcage_case_status", "gauge", NULL,
                        "What became of the case: 1 for its status, 0 for the others", NULL});
    for (size_t i = 0; i < report->n_cases; i++) {
        const struct ci_case *item = &report->cases[i];
        for (unsigned k = 0; k < CI_STATUS_MAX_; k++) {
            const char *const more[] = {"status", ci_status_names[k], NULL};
            metrics_sample(writer, "leakcage_case_status", item, more, item->status == k);
        }
    }
}

static void metrics_verdict(struct ci_writer *writer, const struct ci_report *report)
{
    bool described = false;
    for (size_t i = 0; i < report->n_cases; i++) {
        const struct ci_case *item = &report->cases[i];
        if (item->verdict == NULL)
            continue;
        if (!described)
            openmetrics_describe(
                writer, &(struct openmetrics_family){"leakcage_case_verdict", "gauge", NULL,
                                                     "The verdict and its cause; always 1", NULL});
        described = true;
        const char *const more[] = {"verdict", item->verdict, "cause",
                                    item->cause != NULL ? item->cause : "", NULL};
        metrics_sample(writer, "leakcage_case_verdict", item, more, 1);
    }
}

static void metrics_duration(struct ci_writer *writer, const struct ci_report *report)
{
    bool described = false;
    for (size_t i = 0; i < report->n_cases; i++) {
        if (report->cases[i].duration_ns <= 0)
            continue;
        if (!described)
            openmetrics_describe(writer, &(struct openmetrics_family){
                                             "leakcage_case_duration_seconds", "gauge", "seconds",
                                             "How long its runs took together", NULL});
        described = true;
        metrics_sample(writer, "leakcage_case_duration_seconds", &report->cases[i], NULL,
                       (double)report->cases[i].duration_ns / (double)NSEC_PER_SEC);
    }
}

void ci_openmetrics_families(struct ci_writer *writer, const struct ci_report *report)
{
    metrics_status(writer, report);
    metrics_verdict(writer, report);
    metrics_duration(writer, report);
    metrics_families(writer, report);
}

int ci_openmetrics_write(const struct ci_report *report, struct buffer *out, struct error *err)
{
    const struct ci_case nothing = {0};
    const char *const more[] = {"version", report->version, NULL};
    struct ci_writer writer;
    ci_begin(&writer, out);
    openmetrics_describe(&writer,
                         &(struct openmetrics_family){"leakcage_build_info", "gauge", NULL,
                                                      "The leakcage that says so; always 1", NULL});
    metrics_sample(&writer, "leakcage_build_info", &nothing, more, 1);
    ci_openmetrics_families(&writer, report);
    ci_put(&writer, "# EOF\n");
    return ci_end(&writer, err);
}
