#include "serve/serve_links.h"

#include <string.h>

/* Those that mean nothing in a query (RFC 3986: unreserved, and "/"). */
static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";

int serve_link_write(enum serve_page page, const char *key, struct buffer *out)
{
    int status = buffer_printf(out, NULL, "%s?run=", serve_page_name(page));
    for (; status == 0 && *key != '\0'; key++)
        status = strchr(plain, *key) != NULL
                     ? buffer_append(out, key, 1, NULL)
                     : buffer_printf(out, NULL, "%%%02X", (unsigned)(unsigned char)*key);
    return status;
}
