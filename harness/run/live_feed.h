#pragma once
/* The live feed: what the runs of a session tell while they go on, for whoever wants to watch.
 *
 * Each run has a file of its own in the session's work folder, LIVE_FEED_FOLDER/ID.jsonl, from its
 * first word until its record is stored: JSON, an object a line ("leakcage.live/1").
 *
 *     {"schema","id","scenario","label","limit_bytes","cycles_max","started_unix_s"}   first
 *     {"t_s","phase","cycle",…,"current_bytes",…}     then, at most every 100 ms; what is not known
 *                                                     is left out, "floor" is in the first line
 *                                                     after it was read
 *     {"end":true,"verdict","dir"}                    last; then the file is gone. Who has it open
 *                                                     reads it to its end
 *
 * A line is written at once and whole. The longer a run goes on the rarer its lines become (after
 * 100 s one in every thousandth of the time so far), so that one of a week has a few MB: a change
 * of phase and a floor are told whenever they happen, and past LIVE_FEED_MAX_BYTES nothing but the
 * end is.
 *
 * A feed is a courtesy: one that cannot be written is no reason for a run to fail, so nothing here
 * returns an error. Not thread-safe: a session tells one thing at a time. */
#include "run/run.h"

#define LIVE_FEED_SCHEMA    "leakcage.live/1"
#define LIVE_FEED_FOLDER    "live"
#define LIVE_FEED_SUFFIX    ".jsonl"
#define LIVE_FEED_MAX_BYTES ((uint64_t)4 * 1024 * 1024)

struct live_feed;

/* The feed of this plan's runs, below `work_dir`; the plan is borrowed. The caller owns it. NULL:
 * there is none, and every function below bears it. */
struct live_feed *live_feed_new(const struct plan *plan, const char *work_dir);

/* Of a run that has not ended, the end is told, without a verdict. */
void live_feed_free(struct live_feed *feed);
void live_feed_freep(struct live_feed **feed); /* for CLEANUP */

/* A run of the plan goes on. */
void live_feed_progress(struct live_feed *feed, const struct run_progress *progress);

/* A run is over, and its record stored in `dir`. */
void live_feed_end(struct live_feed *feed, const struct record *record, const char *dir);
