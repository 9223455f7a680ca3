#pragma once
/* The user's wish to stop: SIGINT, SIGTERM and SIGHUP counted, nothing else done.
 *
 * Whoever waits does so for at most 100 ms at a time, or is woken with EINTR, and looks here. */

/* Count the three signals from now on; waits are cut short (no SA_RESTART). */
void interrupt_install(void);

/* How often the user asked to stop. */
int interrupt_count(void);
