#pragma once
/* One session at a time puts a result into its place and looks at it there: others may be at work
 * on the same scenario, with the same folder of results, whose result of that name takes its place
 * a moment later. Held for milliseconds. */

/* Lock the folder of results; the descriptor is the caller's to close, which unlocks. Where it is
 * not to be had in ten seconds (its holder is stopped, the file system knows no locks) it is gone
 * without: -1. */
int result_lock(const char *results_dir);
