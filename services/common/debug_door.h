#pragma once
/* Who may see a service's profiles (debug.h): whoever is on this machine and knows the token.
 *
 * They are off unless switched on, and then there is always a token: LEAKCAGE_DEBUG_TOKEN, or a
 * random one of this start, which is told once on stderr. It comes as `Authorization: Bearer TOKEN`
 * or as `?token=TOKEN`. Loopback alone is no proof of trust: a page in a browser, another user and
 * whatever forwards a port come from there, too. */
#include <stdbool.h>
#include <stddef.h>

struct sockaddr;
struct MHD_Connection;

enum {
    DEBUG_TOKEN_MIN = 16, /* characters of a token from the environment */
    DEBUG_TOKEN_MAX = 128,
};

enum debug_answer {
    DEBUG_HIDDEN, /* 404: it is off, or the peer is not on this machine; it cannot tell which */
    DEBUG_UNAUTHORIZED, /* 401: no token, or a wrong one */
    DEBUG_WELCOME,
};

/* Switch it on: with this token (the rules are letters, digits, '-' and '_'), or with a random one
 * (NULL). 0, or -1 after saying on stderr, after `name`, what is wrong. Before the first thread. */
int debug_door_open(const char *name, const char *given);

/* What a request is to be answered. */
enum debug_answer debug_door_ask(struct MHD_Connection *connection);

/* Is the address of this machine itself: 127.0.0.0/8, ::1, or the former as IPv6
 * (::ffff:127.0.0.1)? NULL and other families are not. */
bool debug_door_is_loopback(const struct sockaddr *address);

/* Is it the token? It takes as long wherever the first difference is. NULL is not. */
bool debug_door_knows(const char *given);
