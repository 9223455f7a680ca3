#pragma once
/* The last word on a pod, as `kubectl get pod` would have had it when the run was over:
 *
 *     NAME            READY   STATUS             RESTARTS     AGE
 *     unclosed-body   0/1     CrashLoopBackOff   3 (2s ago)   41s
 *
 * Only for a run with a restart policy of Kubernetes. Pure. */
#include "base/buffer.h"
#include "base/error.h"
#include "scenario/record.h"

/* Room for a time as kubectl writes it. */
#define POD_AGE_TEXT_MAX 24

/* The two lines into `out`, each behind `indent` and with a newline; nothing for a run without such
 * a policy. */
int pod_status_write(const struct record *record, const char *const indents[2], struct buffer *out,
                     struct error *err);

/* "41s", "2m5s", "35m", "3h4m", "5d". Returns text[POD_AGE_TEXT_MAX]. */
const char *pod_age_text(nsec_t age_ns, char *text);

/* "Running", "CrashLoopBackOff", "OOMKilled", "Error", "Completed"; a literal. */
const char *pod_status_word(const struct record *record);
