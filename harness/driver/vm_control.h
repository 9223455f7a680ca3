#pragma once
/* What the guest's init tells its host: lines on the control port, and what else is kept of what a
 * guest says. Pure: bytes in, reports out. */
#include <stdbool.h>
#include <stddef.h>

#define VM_REPORT_TEXT_MAX 1024

enum vm_report_kind {
    VM_REPORT_RELEASE, /* "release TEXT": the guest's kernel */
    VM_REPORT_UP,      /* "up": the command starts now */
    VM_REPORT_ALIVE,   /* "alive": once a second while the command runs */
    VM_REPORT_ERROR,   /* "error TEXT": the guest cannot run it */
    VM_REPORT_EXIT,    /* "exit N": the command's exit status; nothing follows */
    VM_REPORT_SIGNAL,  /* "signal N": the signal that ended it; nothing follows */
};

struct vm_report {
    enum vm_report_kind kind;
    int number;                    /* EXIT and SIGNAL */
    char text[VM_REPORT_TEXT_MAX]; /* RELEASE and ERROR, cut where too long */
};

/* Lines in the making. Starts zeroed. */
struct vm_control {
    char data[4096];
    size_t length;
};

/* Where to read further bytes to, at least one; tell the number with vm_control_received(). */
char *vm_control_space(struct vm_control *control, size_t *ret_size);
void vm_control_received(struct vm_control *control, size_t length);

/* Take the next complete line; lines not understood are skipped. False when there is none. */
bool vm_control_next(struct vm_control *control, struct vm_report *ret);

/* The end of a stream: its last bytes. Starts zeroed. */
struct vm_tail {
    char data[2048];
    size_t length;
};

/* Append; what does not fit pushes out the oldest. */
void vm_tail_add(struct vm_tail *tail, const char *data, size_t length);

/* The last `lines` lines with control characters made blanks, into text[size]. Returns text. */
const char *vm_tail_text(const struct vm_tail *tail, unsigned lines, char *text, size_t size);
