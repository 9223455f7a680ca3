#include "load/batch.h"

#include <string.h>

#include "load/arrival.h"

void batch_begin(struct batch *batch, const struct batch_order *order, struct tally *tally)
{
    batch->order = *order;
    batch->tally = tally;
    batch->start_ns = clock_now_ns();
    batch->begun = 0;
    batch->trouble[0] = '\0';
    batch->counts = (struct load_counts){0};
    histogram_reset(&batch->latency);
    histogram_reset(&batch->service);
}

bool batch_has_work(const struct batch *batch)
{
    return batch->begun < batch->order.requests;
}

nsec_t batch_next_due_ns(const struct batch *batch, double rate_per_s)
{
    nsec_t offset_ns = arrival_due_ns(rate_per_s, batch->begun);
    return offset_ns == NSEC_NEVER ? NSEC_NEVER : batch->start_ns + offset_ns;
}

void batch_started(struct batch *batch)
{
    batch->counts.started++;
    tally_started(batch->tally);
}

void batch_settled(struct batch *batch, enum request_outcome outcome, nsec_t due_ns,
                   nsec_t start_ns, nsec_t now_ns)
{
    if (outcome == REQUEST_PENDING)
        return;
    tally_count(&batch->counts, outcome);
    if (request_outcome_is_answer(outcome)) {
        histogram_record(&batch->latency, now_ns - due_ns);
        histogram_record(&batch->service, now_ns - start_ns);
    }
    tally_finished(batch->tally, outcome, now_ns - due_ns);
}

void batch_dropped(struct batch *batch)
{
    tally_dropped(batch->tally);
}

void batch_report(const struct batch *batch, struct batch_result *ret)
{
    ret->counts = batch->counts;
    memcpy(ret->trouble, batch->trouble, sizeof(ret->trouble));
    ret->start_ns = batch->start_ns;
    ret->end_ns = clock_now_ns();
    ret->latency_p50_ns = histogram_percentile_ns(&batch->latency, 500);
    ret->latency_p99_ns = histogram_percentile_ns(&batch->latency, 990);
    ret->latency_max_ns = histogram_max_ns(&batch->latency);
    ret->service_p50_ns = histogram_percentile_ns(&batch->service, 500);
    ret->service_p99_ns = histogram_percentile_ns(&batch->service, 990);
    ret->service_max_ns = histogram_max_ns(&batch->service);
}
