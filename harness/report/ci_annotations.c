#include "report/ci_annotations.h"

#include "base/cleanup.h"
#include "report/ci_text.h"

static const char *const data_escapes[] = {"%", "%25", NULL};
static const char *const property_escapes[] = {"%", "%25", ":", "%3A", ",", "%2C", NULL};

/* NULL: there is nothing to tell. */
static const char *ci_annotation_kind(const struct ci_case *item)
{
    switch (item->status) {
    case CI_FAILED:
    case CI_ERROR:
        return "error";
    case CI_UNDECIDED:
        return "warning";
    case CI_SKIPPED:
        return "notice";
    default:
        return item->remark != NULL ? "notice" : NULL;
    }
}

static int ci_annotation(const struct ci_report *report, const struct ci_case *item,
                         struct ci_writer *writer, struct error *err)
{
    CLEANUP(buffer_done) struct buffer file = BUFFER_INIT(65536);
    const char *message = item->status == CI_PASSED ? item->remark : item->message;
    char line[24];
    if (ci_file(report, item, &file, err) < 0)
        return -1;
    ci_put(writer, "::");
    ci_put(writer, ci_annotation_kind(item));
    ci_put(writer, " ");
    if (file.length > 0) {
        snprintf(line, sizeof(line), ",line=%u,", item->line > 0 ? item->line : 1);
        ci_put(writer, "file=");
        ci_text(writer, buffer_text(&file), " ", property_escapes);
        ci_put(writer, line);
    }
    ci_put(writer, "title=");
    ci_text(writer, report->name, " ", property_escapes);
    ci_put(writer, "%3A ");
    ci_text(writer, item->id, " ", property_escapes);
    ci_put(writer, "::");
    ci_text(writer, message, "%0A", data_escapes);
    if (item->details != NULL && item->status != CI_PASSED) {
        ci_put(writer, "%0A");
        ci_text(writer, item->details, "%0A", data_escapes);
    }
    ci_put(writer, "\n");
    return 0;
}

int ci_annotations_write(const struct ci_report *report, struct buffer *out, struct error *err)
{
    static const enum ci_status order[] = {CI_FAILED, CI_ERROR, CI_UNDECIDED, CI_SKIPPED,
                                           CI_PASSED};
    struct ci_writer writer;
    ci_begin(&writer, out);
    for (size_t k = 0; k < ARRAY_LENGTH(order); k++) {
        for (size_t i = 0; i < report->n_cases; i++) {
            const struct ci_case *item = &report->cases[i];
            if (item->status == order[k] && ci_annotation_kind(item) != NULL &&
                ci_annotation(report, item, &writer, err) < 0)
                return -1;
        }
    }
    return ci_end(&writer, err);
}
