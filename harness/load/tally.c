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

void tally_count(struct load_counts *counts, enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_OK:
        counts->ok++;
        break;
    case OUTCOME_OTHER_STATUS:
        counts->other_status++;
        break;
    case OUTCOME_REFUSED:
        counts->refused++;
        break;
    case OUTCOME_RESET:
        counts->reset++;
        break;
    case OUTCOME_TIMED_OUT:
        counts->timed_out++;
        break;
    case OUTCOME_FAILED:
        counts->failed++;
        break;
    case OUTCOME_PENDING:
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

void tally_finished(struct tally *tally, enum outcome outcome, nsec_t latency_ns)
{
    pthread_mutex_lock(&tally->lock);
    tally_count(&tally->counts, outcome);
    tally->in_flight--;
    if (outcome_is_answer(outcome))
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
