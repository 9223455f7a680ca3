#pragma once
/* The server: HTTP on 127.0.0.1 and nowhere else, a thread for each connection.
 *
 * So a reader that is slow, or never reads, waits alone; how many connections there are and how
 * long one may be silent is bounded. What is answered is serve_door.h's word. */
#include <stdint.h>

#include "base/error.h"

struct serve_server;

/* Start to serve these folders (NULL-terminated, borrowed). `port` 0: a free one. The caller owns
 * *ret. ERROR_ENVIRONMENT: the port is taken. */
int serve_server_start(const char *const *folders, unsigned port, struct serve_server **ret,
                       struct error *err);

/* "http://127.0.0.1:8080/TOKEN/"; borrowed. */
const char *serve_server_url(const struct serve_server *server);

/* End all connections, whatever they wait for, and release it. Where a page is in the making that
 * takes long, its thread is left to it, and all that it uses: the process ends next. NULL is fine.
 */
void serve_server_stop(struct serve_server *server);
void serve_server_stopp(struct serve_server **server); /* for CLEANUP */
