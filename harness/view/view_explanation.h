#pragma once
/* What explains a run (RESULT_DIR/explain, as `leakcage explain` leaves it), as part of the view
 * data: the places that take what grows, and what the instruments kept.
 *
 *     "explanation": {"grows": true, "by_time": false, "measured_rate": 4194, "share": 0.98,
 *         "explained_rate": 4096, "missing": "…", "holding": "…", "agrees": true,
 *         "disagreement": "…", "slowdown": 1.2,
 *         "areas": [{"name": "anonymous", "measured_rate": 4190, "explained_rate": 4096}],
 *         "instruments": [{"name": "heaptrack", "state": "used", "why": "…", "effect": "…"}],
 *         "entries": [{"share": 0.98, "bytes_per_request": 4096, "held_bytes": 5120000,
 *             "line_frame": 1, "origin": 3, "origin_frame": 4, "more_stacks": 2,
 *             "parts": [{"instrument": "heap", "word": "block", "label": "…",
 *                        "bytes_per_request": 4096, "objects_per_request": 1, "held_bytes": …,
 *                        "held_objects": 1262}],
 *             "frames": [{"function": "malloc", "file": "/src/a.c", "line": 41, "module": "libc",
 *                         "system": true}],
 *             "source": {"file": "/src/a.c", "first": 39, "line": 41, "lines": ["…"]}}],
 *         "entries_left_out": 3, "held": [as entries], "held_left_out": 0,
 *         "cycles": [{"kind": "ready"}], "profiles": […]}
 *
 * Rates are bytes per request, or per second when it grows by time. What is not known is left out:
 * a frame's file and line, the numbers of frames that there are not. "origin" is the frame from
 * which on a thread's stack is that of who started it. "source" is what was there when it was
 * explained. "profiles" is view/view_profiles.h's, of the run with instruments, and
 * "cycles" are what theirs are rows of. */
#include "base/json_writer.h"
#include "view/view_input.h"

#define VIEW_EXPLANATION_ENTRIES 16
#define VIEW_EXPLANATION_FRAMES  64
/* What the entries take at most, and the flame graphs; of all runs of a page together as those of
 * view_json.h. */
#define VIEW_EXPLANATION_BYTES  ((size_t)32 * 1024)
#define VIEW_EXPLAINED_FLAMES   ((size_t)40 * 1024)
#define VIEW_EXPLANATIONS_BYTES ((size_t)512 * 1024)

/* The member "explanation" of the run that is being written, one of so many; nothing where there is
 * none. One that cannot be read is {"why": "…"}. */
void view_explanation_write(struct json_writer *writer, const struct stored_record *run,
                            size_t n_runs);
