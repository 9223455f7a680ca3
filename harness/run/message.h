#pragma once
/* What a session in a guest tells the one that waits for it: a line each, fields separated by tabs.
 *
 *     progress  ID PHASE NUMBER...
 *     record    ID
 *
 * The numbers are those of struct run_progress, in the order of message.c; they are decimal, and
 * "-" is absent. Unknown or broken lines are skipped (the guest's word is not trusted). */
#include <stdbool.h>
#include <stddef.h>

#include "run/run.h"

#define MESSAGE_LINE_MAX 2048

enum message_kind { MESSAGE_PROGRESS, MESSAGE_RECORD };

struct message {
    enum message_kind kind;
    char id[2 * SCENARIO_NAME_MAX + 16]; /* of the run; never a path */
    char phase[64];
    struct run_progress progress; /* its strings point into this message */
};

struct message_reader {
    char pending[8192];
    size_t length;
    bool skipping; /* within a line that is too long */
};

/* Write one message; that nobody listens any more is no error. */
void message_send_progress(int fd, const struct run_progress *progress);
void message_send_record(int fd, const char *id);

/* Take bytes in; then fetch messages until there is none. */
void message_reader_feed(struct message_reader *reader, const char *data, size_t length);
bool message_reader_next(struct message_reader *reader, struct message *ret);
