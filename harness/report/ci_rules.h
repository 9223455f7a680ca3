#pragma once
/* What kinds of finding there are, and what to do about each: the rules of ci_sarif.h. */
#include <stdbool.h>
#include <stddef.h>

struct ci_rule {
    const char *id;    /* "floor" */
    const char *name;  /* "FloorGrew" */
    const char *title; /* one line, no full stop */
    const char *text;  /* what it means */
    const char *help;  /* what to do; Markdown that reads as plain text */
    const char *level; /* of SARIF, when nothing else is said: "error", "warning" */
};

extern const struct ci_rule ci_rules[];
extern const size_t n_ci_rules;

/* The place of the rule in ci_rules; false: there is no such rule. */
bool ci_rule_find(const char *id, size_t *ret);
