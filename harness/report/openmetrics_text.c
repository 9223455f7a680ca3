#include "report/openmetrics_text.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const label_escapes[] = {"\\", "\\\\", "\"", "\\\"", NULL};

static void openmetrics_line(struct ci_writer *writer, const char *word, const char *name)
{
    ci_put(writer, "# ");
    ci_put(writer, word);
    ci_put(writer, " ");
    ci_put(writer, name);
    ci_put(writer, " ");
}

void openmetrics_describe(struct ci_writer *writer, const struct openmetrics_family *family)
{
    openmetrics_line(writer, "TYPE", family->name);
    ci_put(writer, family->type);
    ci_put(writer, "\n");
    if (family->unit != NULL) {
        openmetrics_line(writer, "UNIT", family->name);
        ci_put(writer, family->unit);
        ci_put(writer, "\n");
    }
    openmetrics_line(writer, "HELP", family->name);
    ci_put(writer, family->help);
    ci_put(writer, family->more != NULL ? family->more : "");
    ci_put(writer, "\n");
}

/* One label; `first` is ours to change. */
static void openmetrics_label(struct ci_writer *writer, const char *name, const char *value,
                              bool *first)
{
    if (value == NULL || *value == '\0')
        return;
    ci_put(writer, *first ? "{" : ",");
    ci_put(writer, name);
    ci_put(writer, "=\"");
    ci_text(writer, value, " ", label_escapes);
    ci_put(writer, "\"");
    *first = false;
}

void openmetrics_labels(struct ci_writer *writer, const struct ci_case *item,
                        const char *const *more)
{
    bool first = true;
    openmetrics_label(writer, "scenario", item->scenario, &first);
    openmetrics_label(writer, "variant", item->variant, &first);
    openmetrics_label(writer, "build", item->build, &first);
    openmetrics_label(writer, "allocator", item->allocator, &first);
    openmetrics_label(writer, "run", item->run, &first);
    for (; more != NULL && more[0] != NULL; more += 2)
        openmetrics_label(writer, more[0], more[1], &first);
    if (!first)
        ci_put(writer, "}");
}

const char *openmetrics_time(int64_t unix_ms, char *text)
{
    snprintf(text, CI_NUMBER_MAX, "%" PRId64 ".%03" PRId64, unix_ms / 1000, unix_ms % 1000);
    return text;
}
