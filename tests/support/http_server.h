#pragma once
/* A tiny HTTP server for tests, on 127.0.0.1 and in this process; the path says how it behaves:
 *
 *     /ok               200, with a body          /no-answer         closes without a byte
 *     /status/N         status N                  /half              closes within the body
 *     /slow/MS          200, after MS ms          /reset             a byte, then RST
 *     /chunked          200, chunks and trailer   /stall             never answers
 *     /to-end           200, ends with the        /drip              a byte every 10 ms
 *                       connection                /endless-headers   header after header
 *     /continue         100, 103, then 200        /endless-continue  100 after 100
 *     /hang-up          200, then closes          /endless-body      10 GB announced
 *     /say-close        200, Connection: close    /endless-chunks    chunk after chunk
 *     /once             200; a second request on  /endless-line      one line without end
 *                       the connection: closes    /garbage           is not HTTP
 *     /early            413 before the body of    /unasked           200, and bytes beyond it
 *                       the request is read     /heap              an allocator's numbers
 *     /once-heap        those, then closes      /preface           HTTP/2's, and it waits
 *     /cut-head         closes in the headers   /alert             three bytes of TLS, and waits
 *     /cut-chunks       closes in a chunk       /two-lengths       that contradict each other
 *     /lying-chunks     longer than they say    /switch            101
 */
#include <stdbool.h>
#include <stddef.h>

struct http_server;

/* Serving when it returns; aborts the test when it cannot. Stop with http_server_free(). */
struct http_server *http_server_new(void);
void http_server_free(struct http_server *server);

/* "http://127.0.0.1:port", borrowed. */
const char *http_server_url(const struct http_server *server);

/* What it has seen so far. */
size_t http_server_requests(struct http_server *server);
size_t http_server_connections(struct http_server *server);      /* accepted */
size_t http_server_open_connections(struct http_server *server); /* of them open now */
size_t http_server_busy(struct http_server *server);             /* requests under way now */
size_t http_server_peak_busy(struct http_server *server);        /* requests at the same time */
size_t http_server_body_bytes(struct http_server *server);       /* of all requests */

/* Whether a path that ends so was asked for; for use while requests are under way. */
bool http_server_saw(struct http_server *server, char last_letter);

/* The paths asked for, in order, one letter each (the last of the path); borrowed, first 4095. */
const char *http_server_trace(struct http_server *server);

/* An address where nobody listens, in text[64]; returns text. */
const char *http_server_dead_url(char *text);
