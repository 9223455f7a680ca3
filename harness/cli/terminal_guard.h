#pragma once
/* A terminal gets back what it was, however we end.
 *
 * The guard is a process of its own that waits for the end of ours: also for one that nothing in us
 * could see coming (SIGKILL, a crash). If the live view is on the screen then, it takes it away,
 * and with it what a shell that was faster has printed there already; it prints what was written to
 * standard error meanwhile, and sets the terminal's modes as they were, unless somebody has. */
#include <stdbool.h>
#include <termios.h>

#include "base/error.h"

struct terminal_guard;

/* Begin: of this terminal, whose modes are now as they ought to be. What is to be printed is read
 * from text_fd, from its offset (of the open file: the caller's reading moves it). Both descriptors
 * are borrowed. The caller owns *ret. */
int terminal_guard_new(int terminal_fd, int text_fd, struct terminal_guard **ret,
                       struct error *err);

/* There is nothing left to be done: end, and leave the terminal as it is. NULL is fine. */
void terminal_guard_free(struct terminal_guard *guard);
void terminal_guard_freep(struct terminal_guard **guard); /* for CLEANUP */

/* Is there a view on the screen from now on? */
void terminal_guard_note(struct terminal_guard *guard, bool shown);

/* A terminal's modes, changed for the view: keys come as they are pressed, and are not echoed;
 * Ctrl-C, Ctrl-Z and the rest stay signals. */
void terminal_view_modes(struct termios *modes);

/* What brings the view onto the screen, and takes it away: the alternate screen, without cursor. */
#define TERMINAL_ENTER "\033[?1049h\033[?25l"
#define TERMINAL_LEAVE "\033[0m\033[?25h\033[?1049l"
