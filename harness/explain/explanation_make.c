/* The making of an explanation: what explanation.h describes, step by step. */
#include "explain/explanation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "explain/accounts.h"
#include "explain/entries.h"
#include "explain/explanation_source.h"
#include "explain/remarks.h"

/* Where the run with instruments has no leak of its own to explain, what grows in step must be so
 * much of what was measured. */
#define SHARE_WITHOUT_VERDICT_MIN 0.5

/* What is the cause has so many of its objects, at least, as the entry that has most of them. */
#define CAUSE_OBJECTS_SHARE_MIN 0.5

static void explanation_measure(const struct accounts *accounts, struct explanation *explanation)
{
    const struct explain_floors *floors = &accounts->floors;
    explanation->by_time = floors->by_time;
    explanation->measured_rate = floors->measured_rate;
    explanation->n_areas = floors->n_areas;
    memcpy(explanation->areas, floors->areas, sizeof(explanation->areas));
    for (unsigned i = 0; i < floors->n_areas; i++)
        explanation->explained_rate += floors->areas[i].explained_rate;
    if (explanation->measured_rate > 0)
        explanation->share = fmin(1, explanation->explained_rate / explanation->measured_rate);
}

/* Is there growth at all? The verdict says so; where the instruments have changed it, growth that
 * they explain is growth. */
static bool explanation_has_growth(const struct record *plain, const struct record *instrumented,
                                   const struct explanation *explanation)
{
    if (instrumented->error.kind != ERROR_NONE)
        return false;
    if (instrumented->verdict.kind == VERDICT_LEAK)
        return true;
    return (plain->verdict.kind == VERDICT_LEAK ||
            instrumented->verdict.kind == VERDICT_INCONCLUSIVE) &&
           explanation->n_entries > 0 && explanation->share >= SHARE_WITHOUT_VERDICT_MIN;
}

/* Nothing grows: what rises a little all the same is no entry. */
static void explanation_forget_growth(struct explanation *explanation)
{
    free(take_ptr(&explanation->entries));
    explanation->n_entries = 0;
    explanation->n_nodes = 0;
    explanation->explained_rate = 0;
    explanation->share = 0;
    for (unsigned i = 0; i < explanation->n_areas; i++)
        explanation->areas[i].explained_rate = 0;
}

/* How many more of what the cause is, with every request, the entry has: descriptors, or threads.
 */
static double explanation_objects_of_cause(const struct explanation_entry *entry, enum cause cause)
{
    const char *instrument = cause == CAUSE_THREADS                           ? "threads"
                             : cause == CAUSE_SOCKETS || cause == CAUSE_FILES ? "descriptors"
                                                                              : NULL;
    double objects = 0;
    for (unsigned i = 0; instrument != NULL && i < entry->n_parts; i++)
        if (strcmp(entry->parts[i].instrument, instrument) == 0)
            objects += entry->parts[i].objects_per_request;
    return objects;
}

/* A file that is never closed has buffers that weigh far more than it does; they go with it, and
 * are not the cause. So what the verdict names comes first. */
static void explanation_cause_first(const struct verdict *verdict, struct explanation *explanation)
{
    double most = 0;
    unsigned n_first = 0;
    for (unsigned i = 0; i < explanation->n_entries; i++)
        most = fmax(most, explanation_objects_of_cause(&explanation->entries[i], verdict->cause));
    for (unsigned i = 0; most > 0 && i < explanation->n_entries; i++) {
        struct explanation_entry entry = explanation->entries[i];
        if (explanation_objects_of_cause(&entry, verdict->cause) < most * CAUSE_OBJECTS_SHARE_MIN)
            continue;
        memmove(&explanation->entries[n_first + 1], &explanation->entries[n_first],
                (i - n_first) * sizeof(entry));
        explanation->entries[n_first++] = entry;
    }
}

int explanation_make(const struct stored_record *plain, const struct stored_record *instrumented,
                     struct explanation **ret, struct error *err)
{
    CLEANUP(explanation_freep) struct explanation *explanation = NULL;
    CLEANUP(accounts_done) struct accounts accounts;
    memset(&accounts, 0, sizeof(accounts));
    if (explanation_new(&explanation, err) < 0 ||
        accounts_make(plain, instrumented, &accounts, err) < 0)
        return -1;
    explanation_measure(&accounts, explanation);
    if (entries_of_growth(&accounts, explanation, err) < 0 ||
        entries_of_held(&accounts, explanation, err) < 0 ||
        entries_tree(&accounts, explanation, err) < 0)
        return -1;
    explanation->grows = explanation_has_growth(plain->record, instrumented->record, explanation);
    if (explanation->grows) {
        explanation_cause_first(&instrumented->record->verdict, explanation);
        remarks_missing(&accounts, explanation);
    } else {
        explanation_forget_growth(explanation);
        remarks_holding(instrumented->record, explanation);
    }
    remarks_agreement(plain->record, instrumented->record, explanation);
    int64_t started_unix_s = instrumented->record->started_unix_ms / 1000;
    if (explanation_add_sources(explanation, started_unix_s, err) < 0)
        return -1;
    *ret = take_ptr(&explanation);
    return 0;
}
