#pragma once
/* Who is let in, and to what: every request is judged by these lines alone.
 *
 * The token stands in the path, http://127.0.0.1:PORT/TOKEN/…, for cookies know no ports: whatever
 * else runs on this machine would be sent one. A request without the token is refused without a
 * word more, and so is one for another host's name: a page from elsewhere whose name was made to
 * point here (DNS rebinding) says its own. What a path names is looked up in a list; no path of a
 * file is ever made of it. Pure, but for the random token. */
#include <stdbool.h>

#include "base/error.h"

#define SERVE_TOKEN_LENGTH 32 /* hexadecimal digits: 128 bits */

struct serve_door {
    char token[SERVE_TOKEN_LENGTH + 1];
    unsigned port;
};

enum serve_page {
    SERVE_LIST,
    SERVE_LIST_JSON,
    SERVE_LIST_SCRIPT,
    SERVE_LIST_STYLE,
    SERVE_REPORT,    /* of results */
    SERVE_VIEW_JSON, /* the same for programs */
    SERVE_RUN,       /* a run that goes on */
    SERVE_EVENTS,    /* its feed */
    SERVE_PAGE_MAX_
};

/* A request, as it came. */
struct serve_request {
    const char *method;
    const char *host; /* the Host header; NULL: there is none, or more than one */
    const char *path; /* without what follows a "?" */
};

/* What becomes of it. */
enum serve_answer {
    SERVE_LET_IN,
    SERVE_FORBIDDEN, /* 403 */
    SERVE_METHOD,    /* 405: neither GET nor HEAD */
    SERVE_NOT_FOUND, /* 404 */
    SERVE_SLASH,     /* 301 to the same with a "/" behind it */
};

/* A new token, for a server on this port of 127.0.0.1. */
int serve_door_init(struct serve_door *door, unsigned port, struct error *err);

/* Is this the token, with nothing behind it but the end or a "/"? In the same time whatever it
 * is. */
bool serve_door_knows(const struct serve_door *door, const char *token);

/* Judge; *ret is set with SERVE_LET_IN. */
enum serve_answer serve_door_ask(const struct serve_door *door, const struct serve_request *request,
                                 enum serve_page *ret);

/* "report", as it stands behind the token; "" of the list. */
const char *serve_page_name(enum serve_page page);
