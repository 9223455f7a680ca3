#pragma once
/* Reading an HTTP/1.1 response: where it ends and what its status is, nothing else.
 *
 * Fed with bytes as they arrive, in pieces of any size; bodies and headers pass through without
 * being kept, so a response of any size, even an endless one, costs sizeof(struct response). The
 * end follows RFC 9112, section 6.3: no body (HEAD, 204, 304), chunked, Content-Length, or the end
 * of the connection. Interim answers (1xx) are skipped. Strict where the length is at stake: a
 * Content-Length that is no number or contradicts another, an unknown transfer coding, a bad chunk
 * are RESPONSE_BROKEN. A bare LF ends a line too. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How much of a line is looked at. Longer headers pass; a longer status line, Content-Length or
 * Transfer-Encoding is RESPONSE_BROKEN, and after a longer Connection the connection is not reused.
 */
#define RESPONSE_LINE_MAX 256

enum response_state {
    RESPONSE_STATUS_LINE,
    RESPONSE_HEADER,
    RESPONSE_BODY_LENGTH,
    RESPONSE_BODY_TO_END,
    RESPONSE_CHUNK_SIZE,
    RESPONSE_CHUNK_DATA,
    RESPONSE_CHUNK_END,
    RESPONSE_TRAILER,
};

enum response_progress {
    RESPONSE_MORE,   /* not over yet */
    RESPONSE_DONE,   /* whole */
    RESPONSE_BROKEN, /* not HTTP/1.x, or cut short */
};

struct response {
    enum response_state state;
    unsigned status; /* of the final answer */
    bool head;       /* answers a HEAD request */
    bool keep_alive; /* once done: another request may follow on this connection */
    bool started;    /* at least one byte has come */
    bool chunked;
    bool has_length;
    bool line_cut;        /* the line exceeds RESPONSE_LINE_MAX */
    unsigned line_length; /* of a line that came in pieces */
    uint64_t left;        /* bytes of the body or chunk still to come */
    char line[RESPONSE_LINE_MAX];
};

/* Get ready for the answer to a new request. */
void response_begin(struct response *response, bool head);

/* Take the next bytes. When it answers RESPONSE_DONE, *used tells how many belonged to this
 * response. Not to be called again after DONE or BROKEN. */
enum response_progress response_feed(struct response *response, const char *data, size_t length,
                                     size_t *used);

/* The connection has ended: DONE where that ends the body, else BROKEN. */
enum response_progress response_end(struct response *response);
