#pragma once
/* The live view on the user's terminal: what it takes beside view/watch_screen.h, which draws it.
 *
 * The view has the terminal's alternate screen, so that all that was there before is there again
 * afterwards, with what is printed to stay below. It has a thread, which draws at most ten times a
 * second what is new, hears the keys and follows the terminal's size; whoever tells it something
 * only leaves it there. Meanwhile what anything writes to standard error is kept, its last line
 * shown, and printed where the view has been. Ctrl-Z, SIGCONT and jobs in the background are as
 * with any program; however this one ends, the terminal is left as it was (terminal_guard.h).
 *
 * Keys: q stops as one SIGINT does; p or space holds the picture. */
#include "cli/options.h"
#include "report/terminal.h"
#include "run/run.h"

struct watch_terminal;

struct watch_settings {
    bool color, utf8;
    bool several;       /* runs go on at the same time */
    size_t n_planned;   /* runs in all */
    const char *driver; /* where they run: "vm" */
    const char *title;  /* while none runs yet; NULL: nothing in particular */
};

/* Why there can be no live view here: into text[size], ready for people. False: there can. */
bool watch_terminal_obstacle(const struct options *options, char *text, size_t size);

/* Begin. Signals of job control are the view's from then on, standard error is kept. The caller
 * owns *ret. -1: there is no view, and nothing has changed. */
int watch_terminal_new(const struct watch_settings *settings, struct watch_terminal **ret,
                       struct error *err);

/* End it: the terminal is as it was, and what was written to standard error is there. NULL is
 * fine. */
void watch_terminal_free(struct watch_terminal *watch);

/* What a run tells, and that it is done. */
void watch_terminal_progress(struct watch_terminal *watch, const struct run_progress *progress);
void watch_terminal_record(struct watch_terminal *watch, const struct record *record);

/* Off the screen, for something to be printed to stay; and back. */
void watch_terminal_hide(struct watch_terminal *watch);
void watch_terminal_show(struct watch_terminal *watch);
