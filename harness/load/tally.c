#include "load/tally.h"

#include <string.h>

void tally_init(struct tally *tally)
{
    memset(tally, 0, sizeof(*tally));
    pthread_mutex_init(&tally->lock, NULL);
}

void tally_done(struct tally *tally)
{
    pthread_mutex_destroy(&tally->lock);
}

void tally_count(struct load_counts *counts, enum request_outcome outcome)
{
    switch (outcome) {
    case REQUEST_OK:
        counts->ok++;
        break;
    case REQUEST_OTHER_STATUS:
        counts->other_status++;
        break;
    case REQUEST_REFUSED:
        counts->refused++;
        break;
    case REQUEST_RESET:
        counts->reset++;
        break;
    case REQUEST_TIMED_OUT:
        counts->timed_out++;
        break;
    case REQUEST_FAILED:
        counts->failed++;
        break;
    case REQUEST_PENDING:
        break;
    }
}

void tally_started(struct tally *tally)
{
    pthread_mutex_lock(&tally->lock);
    tally->counts.started++;
    tally->in_flight++;
    pthread_mutex_unlock(&tally->lock);
}

void tally_finished(struct tally *tally, enum request_outcome outcome, nsec_t latency_ns)
{
    pthread_mutex_lock(&tally->lock);
    tally_count(&tally->counts, outcome);
    tally->in_flight--;
    if (request_outcome_is_answer(outcome))
        histogram_record(&tally->interval, latency_ns);
    pthread_mutex_unlock(&tally->lock);
}

void tally_dropped(struct tally *tally)
{
    pthread_mutex_lock(&tally->lock);
    tally->in_flight--;
    pthread_mutex_unlock(&tally->lock);
}

void tally_sample(struct tally *tally, nsec_t now_ns, struct load_sample *ret)
{
    pthread_mutex_lock(&tally->lock);
    *ret = (struct load_sample){
        .t_ns = now_ns,
        .counts = tally->counts,
        .in_flight = tally->in_flight,
        .latency_p50_ns = histogram_percentile_ns(&tally->interval, 500),
        .latency_p99_ns = histogram_percentile_ns(&tally->interval, 990),
    };
    histogram_reset(&tally->interval);
    pthread_mutex_unlock(&tally->lock);
}
