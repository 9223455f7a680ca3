#include "report/ci_junit.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/ci_text.h"
#include "report/html_text.h"

static unsigned ci_junit_count(const struct ci_report *report, enum ci_status status)
{
    unsigned count = 0;
    for (size_t i = 0; i < report->n_cases; i++)
        count += report->cases[i].status == status;
    return count;
}

static double ci_junit_seconds(nsec_t duration_ns)
{
    return (double)duration_ns / (double)NSEC_PER_SEC;
}

/* ` name="value"` */
static void ci_junit_attribute(struct html_writer *xml, const char *name, const char *value)
{
    html_printf(xml, " %s=\"", name);
    html_text(xml, value != NULL ? value : "");
    html_put(xml, "\"");
}

/* How many of each, and how long: of the suite, and of all suites. */
static void ci_junit_counts(struct html_writer *xml, const struct ci_report *report)
{
    nsec_t all_ns = 0;
    for (size_t i = 0; i < report->n_cases; i++)
        all_ns += report->cases[i].duration_ns;
    html_printf(xml, " tests=\"%zu\" failures=\"%u\" errors=\"%u\" time=\"%.3f\"", report->n_cases,
                ci_junit_count(report, CI_FAILED),
                ci_junit_count(report, CI_ERROR) + ci_junit_count(report, CI_UNDECIDED),
                ci_junit_seconds(all_ns));
}

static void ci_junit_property(struct html_writer *xml, const char *name, const char *value)
{
    html_put(xml, "      <property");
    ci_junit_attribute(xml, "name", name);
    ci_junit_attribute(xml, "value", value);
    html_put(xml, "/>\n");
}

/* One number of a case. */
static void ci_junit_number(struct html_writer *xml, const struct ci_case *item, const char *name,
                            const char *what, double value)
{
    char text[CI_NUMBER_MAX];
    if (!isfinite(value))
        return;
    html_put(xml, "      <property name=\"");
    html_text_printf(xml, "%s: %s%s", item->id, name, what);
    html_put(xml, "\"");
    ci_junit_attribute(xml, "value", ci_number(value, text));
    html_put(xml, "/>\n");
}

static void ci_junit_properties(struct html_writer *xml, const struct ci_report *report)
{
    html_put(xml, "    <properties>\n");
    ci_junit_property(xml, "leakcage", report->version);
    if (report->summary != NULL)
        ci_junit_property(xml, "summary", report->summary);
    for (size_t i = 0; i < report->n_cases; i++) {
        const struct ci_case *item = &report->cases[i];
        for (size_t k = 0; k < item->n_metrics; k++) {
            const struct ci_metric *metric = &item->metrics[k];
            ci_junit_number(xml, item, metric->name, "", metric->value);
            if (metric->has_baseline)
                ci_junit_number(xml, item, metric->name, ".baseline", metric->baseline);
            if (metric->has_allowed)
                ci_junit_number(xml, item, metric->name, ".allowed", metric->allowed);
        }
    }
    html_put(xml, "    </properties>\n");
}

/* Text of several lines. Where the document is printed in a log, none of them may be a workflow
 * command of GitHub's (a line that begins with "::"): the first colon is written as a reference. */
static void ci_junit_lines(struct html_writer *xml, const char *text)
{
    while (text != NULL && !xml->failed) {
        const char *next = NULL;
        size_t length = ci_line(text, &next);
        size_t blank = strspn(text, " \t");
        if (text[blank] == ':') {
            html_text_printf(xml, "%.*s", (int)blank, text);
            html_put(xml, "&#58;");
            text += blank + 1;
            length -= blank + 1;
        }
        html_text_printf(xml, "%.*s", (int)length, text);
        html_put(xml, "\n");
        text = next;
    }
}

/* The verdict and the numbers, a line each; of what passed also the rest. */
static void ci_junit_output(struct html_writer *xml, const struct ci_case *item)
{
    char text[CI_NUMBER_MAX];
    html_put(xml, "      <system-out>");
    if (item->status == CI_PASSED) {
        ci_junit_lines(xml, item->message);
        ci_junit_lines(xml, item->details);
    }
    if (item->verdict != NULL)
        html_text_printf(xml, "verdict %s%s%s%s", item->verdict, item->cause != NULL ? " (" : "",
                         item->cause != NULL ? item->cause : "", item->cause != NULL ? ")" : "");
    html_put(xml, item->verdict != NULL ? "\n" : "");
    for (size_t k = 0; k < item->n_metrics; k++) {
        const struct ci_metric *metric = &item->metrics[k];
        if (!isfinite(metric->value))
            continue;
        html_text_printf(xml, "%s %s", metric->name, ci_number(metric->value, text));
        if (metric->has_baseline && isfinite(metric->baseline))
            html_text_printf(xml, ", baseline %s", ci_number(metric->baseline, text));
        if (metric->has_allowed && isfinite(metric->allowed))
            html_text_printf(xml, ", +%s allowed", ci_number(metric->allowed, text));
        html_put(xml, "\n");
    }
    html_put(xml, "</system-out>\n");
}

/* <failure> or <error>. */
static void ci_junit_finding(struct html_writer *xml, const struct ci_case *item,
                             const char *element)
{
    html_printf(xml, "      <%s", element);
    ci_junit_attribute(xml, "message", item->message);
    ci_junit_attribute(xml, "type",
                       item->rule != NULL ? item->rule : ci_status_names[item->status]);
    html_put(xml, ">");
    ci_junit_lines(xml, item->message);
    ci_junit_lines(xml, item->details);
    html_printf(xml, "</%s>\n", element);
}

static int ci_junit_case(struct html_writer *xml, const struct ci_report *report,
                         const struct ci_case *item, struct error *err)
{
    CLEANUP(buffer_done) struct buffer file = BUFFER_INIT(65536);
    if (ci_file(report, item, &file, err) < 0)
        return -1;
    html_put(xml, "    <testcase classname=\"leakcage.");
    html_text(xml, item->scenario);
    html_put(xml, "\"");
    ci_junit_attribute(xml, "name", item->id);
    html_printf(xml, " time=\"%.3f\"", ci_junit_seconds(item->duration_ns));
    if (file.length > 0)
        ci_junit_attribute(xml, "file", buffer_text(&file));
    if (file.length > 0 && item->line > 0)
        html_printf(xml, " line=\"%u\"", item->line);
    html_put(xml, ">\n");
    if (item->status == CI_SKIPPED) {
        html_put(xml, "      <skipped>");
        ci_junit_lines(xml, item->message);
        html_put(xml, "</skipped>\n");
    } else if (item->status == CI_FAILED) {
        ci_junit_finding(xml, item, "failure");
    } else if (item->status != CI_PASSED) {
        ci_junit_finding(xml, item, "error");
    }
    ci_junit_output(xml, item);
    html_put(xml, "    </testcase>\n");
    return 0;
}

int ci_junit_write(const struct ci_report *report, struct buffer *out, struct error *err)
{
    struct html_writer xml;
    html_begin(&xml, out);
    html_put(&xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    ci_junit_attribute(&xml, "name", report->name);
    ci_junit_counts(&xml, report);
    html_put(&xml, ">\n  <testsuite");
    ci_junit_attribute(&xml, "name", report->name);
    ci_junit_counts(&xml, report);
    html_printf(&xml, " skipped=\"%u\">\n", ci_junit_count(report, CI_SKIPPED));
    ci_junit_properties(&xml, report);
    for (size_t i = 0; i < report->n_cases; i++)
        if (ci_junit_case(&xml, report, &report->cases[i], err) < 0)
            return -1;
    html_put(&xml, "  </testsuite>\n</testsuites>\n");
    return html_end(&xml, err);
}
