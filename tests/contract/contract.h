#pragma once
/* What the contract tests share: a spec for each way a service can behave, and looking at what an
 * instance does and leaves. Failures end the test. */
#include <check.h>
#include <stdbool.h>

#include "driver/driver.h"
#include "tests/support/temp_dir.h"

#define CONTRACT_WAIT_NS (20 * NSEC_PER_SEC)

/* One instance under test, its log in a folder of its own. */
struct contract {
    const struct driver *driver;
    struct temp_dir dir;
    char log_path[PATH_MAX + 16];
    char data_dir[PATH_MAX + 16];
    struct run_files files; /* these two */
    char service_path[PATH_MAX];
    const char *command[4];
    const char *dependency_command[4];
    struct run_spec spec;
    struct instance *instance; /* NULL until contract_start() */
};

/* A spec of 64 MiB for the service that behaves in this way (see contract_service.c). */
struct contract *contract_new(const struct driver *driver, const char *way, const char *argument);

/* Destroy the instance, check that nothing is left of it, free. */
void contract_end(struct contract *contract);

/* The same for two that are up at the same time. */
void contract_end_both(struct contract *first, struct contract *second);

/* Give it a dependency named "upstream" that behaves in this way. */
void contract_add_dependency(struct contract *contract, const char *way);

void contract_start(struct contract *contract);

/* Wait until the log holds the text. */
void contract_wait_log(const struct contract *contract, const char *text);

/* The word behind `key` in the log, malloc'd. */
char *contract_log_value(const struct contract *contract, const char *key);
void contract_expect_value(const struct contract *contract, const char *key, const char *expected);

/* A harness in a process of its own that starts such a service and waits to be killed. `session`,
 * of OWNER_NAME_MAX, is what its session is called. */
pid_t contract_start_session(const struct driver *driver, const char *way, char *session);

/* Wait until the service's first process has ended, or all of its tree. */
struct instance_state contract_wait_end(struct contract *contract, bool whole_tree);

struct instance_state contract_state(struct contract *contract);
struct memory_sample contract_read(struct contract *contract, bool full);
struct survey contract_survey(struct contract *contract);
struct squeeze_result contract_squeeze(struct contract *contract, uint64_t bytes,
                                       nsec_t patience_ns);
struct instance_state contract_stop(struct contract *contract, nsec_t patience_ns);

/* Run a suite that is of driver native; what main returns. Skipped, with the reason, where that
 * driver cannot run. */
int contract_run_native(Suite *suite);
