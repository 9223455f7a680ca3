#include <stdio.h>
#include <string.h>

#include "report/comparison_cells.h"
#include "report/table.h"

#define REMARK_BYTES_MAX ((size_t)64 * 1024)

/* Who is told, and room to put it into words. */
struct remarks {
    comparison_remark_fn *each;
    void *user;
    struct buffer text; /* owned */
};

/* Say what is in the buffer. */
static void remarks_say(struct remarks *remarks, const char *subject)
{
    remarks->each(remarks->user, subject, buffer_text(&remarks->text));
    buffer_clear(&remarks->text);
}

static bool remarks_any_differs(const struct comparison *comparison)
{
    for (unsigned i = 1; i < comparison->n; i++)
        for (unsigned k = 0; k < FIGURE_COMPARED_MAX_; k++)
            if (comparison->variant[i].figure[k].differs)
                return true;
    return false;
}

/* What a `*` is, or why there is none. */
static void remarks_test(const struct comparison *comparison, struct remarks *remarks)
{
    struct buffer *text = &remarks->text;
    unsigned judged = 0; /* variants with a run that was judged */
    for (unsigned i = 0; i < comparison->n; i++)
        judged += comparison->variant[i].runs > comparison->variant[i].failed;
    unsigned repeats = comparison->repeats;
    double percent = 100 * comparison->alpha;
    const char *first = comparison->n > 0 ? comparison->variant[0].name : "";
    if (judged < 2)
        buffer_printf(text, NULL, "%s was judged: nothing to compare with",
                      judged == 1 ? "one variant" : "no variant");
    else if (strstr(comparison->sentence, "can show no difference") != NULL)
        return; /* it says so already */
    else if (comparison->repeats_needed > 0)
        buffer_printf(text, NULL, "%u repeat%s can show no difference at %g %%: at least %u",
                      repeats, repeats == 1 ? "" : "s", percent, comparison->repeats_needed);
    else if (remarks_any_differs(comparison))
        buffer_printf(text, NULL,
                      "* differs from %s: p ≤ %g by an exact permutation test over %u repeats, "
                      "corrected for all figures and variants",
                      first, comparison->alpha, repeats);
    else
        buffer_printf(text, NULL, "no figure differs from %s at %g %%, over %u repeats", first,
                      percent, repeats);
    remarks_say(remarks, NULL);
}

/* Why runs of this variant have no verdict. */
static void remarks_failed(const struct comparison_variant *variant,
                           const struct comparison_member *member, struct remarks *remarks)
{
    const char *why = "no record was left";
    for (size_t k = member->n_records; k-- > 0;)
        if (member->records[k] != NULL && member->records[k]->error.kind != ERROR_NONE)
            why = member->records[k]->error.text;
    if (variant->failed == variant->runs)
        buffer_printf(&remarks->text, NULL, "failed: %s", why);
    else
        buffer_printf(&remarks->text, NULL, "%u of %u runs failed: %s", variant->failed,
                      variant->runs, why);
    remarks_say(remarks, variant->name);
}

static bool remarks_is_judged(const struct record *record)
{
    return record != NULL && record->error.kind == ERROR_NONE;
}

/* "not all runs agree: leak 3, clean 1". */
static void remarks_disagree(const struct comparison_variant *variant,
                             const struct comparison_member *member, struct remarks *remarks)
{
    unsigned counts[VERDICT_KIND_MAX_] = {0};
    unsigned kinds = 0;
    for (size_t k = 0; k < member->n_records; k++)
        if (remarks_is_judged(member->records[k]))
            kinds += counts[member->records[k]->verdict.kind]++ == 0;
    if (kinds < 2)
        return;
    buffer_append_text(&remarks->text, "not all runs agree", NULL);
    const char *before = ": ";
    for (unsigned kind = 0; kind < VERDICT_KIND_MAX_; kind++) {
        if (counts[kind] == 0)
            continue;
        buffer_printf(&remarks->text, NULL, "%s%s %u", before,
                      verdict_kind_name((enum verdict_kind)kind), counts[kind]);
        before = ", ";
    }
    remarks_say(remarks, variant->name);
}

/* What an inconclusive run says that would decide it. */
static void remarks_undecided(const struct comparison_variant *variant,
                              const struct comparison_member *member, struct remarks *remarks)
{
    for (size_t k = 0; k < member->n_records; k++) {
        const struct record *record = member->records[k];
        if (!remarks_is_judged(record) || record->verdict.kind != VERDICT_INCONCLUSIVE)
            continue;
        buffer_printf(&remarks->text, NULL, "inconclusive: %s", record->verdict.reason);
        remarks_say(remarks, variant->name);
        return;
    }
}

/* Warnings put figures in doubt: how many runs have any, and the first of them. */
static void remarks_warnings(const struct comparison_variant *variant,
                             const struct comparison_member *member, struct remarks *remarks)
{
    size_t warned = 0;
    const char *text = records_warning(member->records, member->n_records, &warned);
    if (text == NULL)
        return;
    buffer_printf(&remarks->text, NULL, "warning in %zu of %zu runs: %s", warned, member->n_records,
                  text);
    remarks_say(remarks, variant->name);
}

void comparison_remarks(const struct comparison_report *report, comparison_remark_fn *each,
                        void *user)
{
    struct remarks remarks = {.each = each, .user = user, .text = BUFFER_INIT(REMARK_BYTES_MAX)};
    const struct comparison *comparison = report->comparison;
    remarks_test(comparison, &remarks);
    for (unsigned i = 0; i < comparison->n; i++) {
        const struct comparison_variant *variant = &comparison->variant[i];
        const struct comparison_member *member = &report->members[i];
        if (variant->skipped != NULL) {
            buffer_printf(&remarks.text, NULL, "skipped: %s", variant->skipped);
            remarks_say(&remarks, variant->name);
            continue;
        }
        if (variant->failed > 0)
            remarks_failed(variant, member, &remarks);
        remarks_disagree(variant, member, &remarks);
        remarks_undecided(variant, member, &remarks);
        for (size_t k = 0; k < member->n_notes; k++)
            each(user, variant->name, member->notes[k]);
        remarks_warnings(variant, member, &remarks);
    }
    for (size_t k = 0; k < report->n_notes; k++)
        each(user, NULL, report->notes[k]);
    buffer_done(&remarks.text);
}
