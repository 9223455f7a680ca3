#pragma once
/* One variant of a scenario, as a run of a plan: what `compare` and `gate` have in common. */
#include "cli/options.h"
#include "cli/places.h"
#include "compare/compare_variants.h"
#include "compare/revision.h"
#include "scenario/plan.h"

struct compare_request {
    const struct options *options;
    const struct scenario *scenario; /* as it was written; options are applied to copies */
    const struct places *places;
    const struct revisions *revisions; /* of the variants' `rev`; NULL: there are none */
};

/* Append the run of this variant, in group 1, its position being its place in the plan. 1: it
 * cannot be run here, and its `skipped` says why. ERROR_USAGE: something is wrong with it. */
int compare_run_add(const struct compare_request *request, struct compare_variant *variant,
                    struct plan *plan, struct error *err);
