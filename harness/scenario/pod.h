#pragma once
/* A pod: a Kubernetes manifest, read into a scenario.
 *
 * What leakcage can do without a cluster is taken over: of the Pod, or of the pod template of a
 * Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job or CronJob, one
 * container with its image or command, its environment, its limits and probes, and the restart
 * policy:
 *
 *     metadata.name                        name, settings.pod
 *     containers[].image, command, args    settings.image, service.command, service.args ($(VAR) is
 *                                          expanded as Kubernetes does)
 *     env[].value, workingDir              service.env, service.cwd
 *     ports[0].containerPort               service.port
 *     resources.limits.memory, .cpu        memory.max, cpu.max
 *     resources.requests.memory            memory.min
 *     securityContext.runAsUser, Group     service.user
 *     startupProbe, readinessProbe         service.ready and how long to wait for it
 *     livenessProbe.httpGet                a timer of the load
 *     restartPolicy                        settings.restart
 *     annotation leakcage/url              the one request of the load
 *
 * memory.oom.group is 1, as kubelets since 1.28 have it. Whatever else a manifest says changes
 * nothing here, and a note says so, with its place: none of it is silently lost. Braces in words of
 * a manifest stand for themselves: placeholders are leakcage's, not Kubernetes'.
 *
 * Errors are ERROR_USAGE and read "pod.yaml:12:17: spec.containers[0].image: found …, expected …".
 */
#include "base/buffer.h"
#include "base/error.h"
#include "scenario/scenario.h"

/* What the command line says. */
struct pod_options {
    const char *container;      /* which one of several; NULL: there is only one */
    const char *const *command; /* replaces image, command and args; NULL: as in the manifest */
    const char *image;          /* replaces the image; NULL: as in the manifest */
    bool has_limit;             /* the limit is given elsewhere: the manifest need not have one */
};

/* Room for the notes of one manifest; what does not fit is dropped. */
#define POD_NOTES_MAX_BYTES ((size_t)64 * 1024)

/* Read a manifest. *ret has no requests, as that of scenario_from_command(), but for that of an
 * annotation; the caller owns it. A line for everything that is not taken over is appended to
 * `notes`. */
int pod_load(const char *path, const struct pod_options *options, struct buffer *notes,
             struct scenario **ret, struct error *err);

/* The same from text; `source` is what errors call it. */
int pod_load_text(const char *source, const char *text, const struct pod_options *options,
                  struct buffer *notes, struct scenario **ret, struct error *err);
