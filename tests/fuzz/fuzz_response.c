/* What a service answers (load/response.h): in one piece and byte by byte it ends at the same place
 * in the same way. The first byte of the input says what was asked: "h" HEAD, else GET. */
#include "load/response.h"
#include "tests/fuzz/fuzz.h"

/* All of it in pieces; *ret_used is where the response ended. */
static enum response_progress feed(struct response *response, const char *data, size_t size,
                                   size_t piece, size_t *ret_used)
{
    for (size_t at = 0; at < size; at += piece) {
        size_t length = size - at < piece ? size - at : piece;
        size_t used = 0;
        enum response_progress progress = response_feed(response, data + at, length, &used);
        *ret_used = at + used;
        if (progress == RESPONSE_DONE)
            FUZZ_REQUIRE(used <= length);
        if (progress != RESPONSE_MORE)
            return progress;
    }
    *ret_used = size;
    return response_end(response);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = {1, 2, 7, 300};
    struct response whole;
    size_t used = 0;
    if (size == 0)
        return 0;
    bool head = data[0] == 'h';
    const char *bytes = (const char *)data + 1;
    response_begin(&whole, head);
    enum response_progress progress = feed(&whole, bytes, size - 1, size, &used);
    FUZZ_REQUIRE(progress != RESPONSE_MORE);
    FUZZ_REQUIRE(progress != RESPONSE_DONE || (whole.status >= 200 && whole.status <= 999));
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct response other;
        size_t other_used = 0;
        response_begin(&other, head);
        FUZZ_REQUIRE(feed(&other, bytes, size - 1, pieces[i], &other_used) == progress);
        if (progress == RESPONSE_DONE)
            FUZZ_REQUIRE(other_used == used && other.status == whole.status &&
                         other.keep_alive == whole.keep_alive);
    }
    return 0;
}
