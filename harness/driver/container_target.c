#include "driver/container_target.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/interrupt.h"
#include "driver/attach_target.h"
#include "driver/container_cgroup.h"
#include "driver/container_parts.h"

/* Engines start a container anew within a second, but in an emulated guest. */
#define TARGET_RESTART_NS (15 * NSEC_PER_SEC)
#define TARGET_LOOK_NS    (200 * NSEC_PER_MSEC)

bool container_target_is_meant(const char *text)
{
    struct cgroup_layout layout;
    struct attach_target target;
    return cgroup_layout_read(&layout, NULL) == 0 &&
           attach_target_parse(text, layout.v2_mount, &target, NULL) == 0 &&
           target.kind == ATTACH_CONTAINER;
}

/* Ask the engine that is named, or each that is there. */
static int target_ask(const char *text, struct container_target *target, struct error *err)
{
    static const char *const names[] = {"podman", "docker"};
    const char *named = NULL;
    const char *name = container_engine_split(text, &named);
    char asked[64] = "";
    if (named != NULL)
        return container_engine_find(named, NULL, &target->engine, err) < 0 ||
                       container_ask(&target->engine, name, &target->facts, err) < 0
                   ? -1
                   : 0;
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        struct error why = {.kind = ERROR_NONE};
        if (container_engine_find(names[i], NULL, &target->engine, NULL) < 0)
            continue;
        if (container_ask(&target->engine, name, &target->facts, &why) == 0)
            return 0;
        /* An engine whose daemon does not run has no containers that run, either. */
        size_t length = strlen(asked);
        snprintf(asked + length, sizeof(asked) - length, "%s%s%s", length > 0 ? ", " : "", names[i],
                 why.kind == ERROR_USAGE ? "" : " does not answer");
    }
    return error_set(err, ERROR_USAGE,
                     "there is no container \"%.100s\" (%s), nor a cgroup of that name", name,
                     asked[0] != '\0' ? asked : "neither podman nor docker is in PATH");
}

/* Its engine says that it does not run: is it about to? */
static bool target_may_come(const struct container_facts *facts)
{
    return facts->pid == 0 && (facts->restarting || facts->restarts_by_itself);
}

static int target_await(struct container_target *target, const char *name, struct error *err)
{
    nsec_t deadline_ns = clock_now_ns() + TARGET_RESTART_NS;
    while (target_may_come(&target->facts) && clock_now_ns() < deadline_ns) {
        if (interrupt_count() > 0)
            return error_set(err, ERROR_INTERRUPTED, "interrupted");
        clock_sleep_until(clock_now_ns() + TARGET_LOOK_NS);
        if (container_ask(&target->engine, name, &target->facts, err) < 0)
            return -1;
    }
    return 0;
}

static void target_not_running(const struct container_target *target, struct error *err)
{
    const struct engine_state *engine = &target->facts.engine;
    char end[48] = "";
    if (engine->has_exit_code)
        snprintf(end, sizeof(end), " (exit code %d%s)", engine->exit_code,
                 engine->oom_killed ? ", OOMKilled" : "");
    error_set(err, ERROR_ENVIRONMENT, "container %s does not run%s: %s start %s",
              target->facts.name, end, target->engine.name, target->facts.name);
}

/* What of it is to be watched. 1: it has ended meanwhile. */
static int target_point(const struct container_target *target, uint16_t port,
                        struct watch_point *ret, struct error *err)
{
    const struct container_facts *facts = &target->facts;
    struct watch_point point = {.pid = facts->pid};
    struct error why = {.kind = ERROR_NONE};
    if (container_cgroup_probe(&why) != 0) {
        snprintf(point.unseen, sizeof(point.unseen), "%.230s", why.text);
    } else {
        int status = container_cgroup_find(facts->pid, UINT64_MAX, point.cgroup, err);
        if (status != 0)
            return status;
    }
    /* With the machine's network its port is found as that of any process. */
    bool host = strcmp(facts->network, "host") == 0 ||
                strncmp(facts->network, "container:", strlen("container:")) == 0;
    if (!host &&
        container_facts_endpoint(facts, port, point.endpoint, sizeof(point.endpoint), err) < 0)
        return -1;
    snprintf(point.what, sizeof(point.what), "container %.80s (%s)", facts->name,
             target->engine.name);
    snprintf(point.name, sizeof(point.name), "%.31s", facts->name);
    *ret = point;
    return 0;
}

int container_target_find(const char *text, uint16_t port, struct container_target *ret,
                          struct watch_point *ret_point, struct error *err)
{
    struct container_target target = {.facts = {.pid = 0}};
    if (target_ask(text, &target, err) < 0)
        return -1;
    char name[CONTAINER_ID_MAX];
    snprintf(name, sizeof(name), "%s", target.facts.id);
    for (nsec_t end_ns = clock_now_ns() + TARGET_RESTART_NS;;) {
        if (target_await(&target, name, err) < 0)
            return -1;
        if (target.facts.pid == 0) {
            target_not_running(&target, err);
            return -1;
        }
        int status = target_point(&target, port, ret_point, err);
        if (status < 0)
            return -1;
        if (status == 0)
            break;
        if (clock_now_ns() >= end_ns)
            return error_set(err, ERROR_ENVIRONMENT, "container %s ends again and again",
                             target.facts.name);
        if (container_ask(&target.engine, name, &target.facts, err) < 0)
            return -1;
    }
    *ret = target;
    return 0;
}

int container_target_hear(const struct container_target *target, struct engine_state *ret,
                          struct error *err)
{
    struct container_target now = *target;
    if (container_ask(&now.engine, target->facts.id, &now.facts, err) < 0)
        return -1;
    /* An engine that has not noticed the end yet still names the process that is no more. */
    nsec_t deadline_ns = clock_now_ns() + TARGET_RESTART_NS;
    while (now.facts.pid == target->facts.pid && clock_now_ns() < deadline_ns &&
           interrupt_count() == 0) {
        clock_sleep_until(clock_now_ns() + TARGET_LOOK_NS);
        if (container_ask(&now.engine, target->facts.id, &now.facts, err) < 0)
            return -1;
    }
    struct engine_state ended = now.facts.engine;
    if (target_await(&now, target->facts.id, err) < 0)
        return -1;
    *ret = now.facts.engine;
    /* How it ended is known only before it runs again. */
    if (ended.has_exit_code && !ret->has_exit_code) {
        ret->has_exit_code = true;
        ret->exit_code = ended.exit_code;
        ret->oom_killed = ended.oom_killed;
    }
    unsigned before = target->facts.engine.restarts;
    ret->restarts = ret->restarts > before ? ret->restarts - before : 0;
    return 0;
}
