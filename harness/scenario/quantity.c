#include "scenario/quantity.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/units.h"

#define QUANTITY_DIGITS_MAX   19
#define QUANTITY_EXPONENT_MAX 40
/* "64m" is a thousandth of 64 bytes, and nobody means that; "128974848000m" is in Kubernetes' own
 * manual. */
#define QUANTITY_THOUSANDTHS_MIN_BYTES ((uint64_t)1024 * 1024)

__extension__ typedef unsigned __int128 quantity_wide;

/* digits * 10^ten * 2^two, exactly. */
struct quantity {
    uint64_t digits;
    int ten;
    int two;
};

static const struct {
    const char *text;
    int ten;
    int two;
} quantity_suffixes[] = {
    {"", 0, 0},    {"n", -9, 0},  {"u", -6, 0},  {"m", -3, 0},  {"k", 3, 0},   {"M", 6, 0},
    {"G", 9, 0},   {"T", 12, 0},  {"P", 15, 0},  {"E", 18, 0},  {"Ki", 0, 10}, {"Mi", 0, 20},
    {"Gi", 0, 30}, {"Ti", 0, 40}, {"Pi", 0, 50}, {"Ei", 0, 60},
};

/* "64MB", "64mib", "64K": what may have been meant, as "; did you mean …?"; "" when nobody knows.
 */
static void quantity_guess(const char *text, const char *suffix, char *guess, size_t size)
{
    static const char letters[] = "kmgtpe";
    guess[0] = '\0';
    const char *letter =
        suffix[0] != '\0' ? strchr(letters, tolower((unsigned char)*suffix)) : NULL;
    const char *rest = suffix + 1;
    bool known = letter != NULL && (*rest == '\0' || strcasecmp(rest, "b") == 0 ||
                                    strcasecmp(rest, "i") == 0 || strcasecmp(rest, "ib") == 0);
    if (!known)
        return;
    int number = (int)(suffix - text);
    bool binary = strcasecmp(rest, "i") == 0 || strcasecmp(rest, "ib") == 0;
    char decimal = *letter == 'k' ? 'k' : (char)toupper((unsigned char)*letter);
    if (binary)
        snprintf(guess, size, "; did you mean \"%.*s%ci\"?", number, text,
                 toupper((unsigned char)*letter));
    else
        snprintf(guess, size,
                 "; did you mean \"%.*s%c\" (a power of 1000) or \"%.*s%ci\" (a power of 1024)?",
                 number, text, decimal, number, text, toupper((unsigned char)*letter));
}

static int quantity_error_suffix(const char *text, const char *suffix, struct error *err)
{
    char guess[128];
    quantity_guess(text, suffix, guess, sizeof(guess));
    return error_set(err, ERROR_USAGE,
                     "found \"%.40s\" with the unknown suffix \"%.20s\", expected one of Ki, Mi, "
                     "Gi, Ti, Pi, Ei, k, M, G, T, P, E, m, u, n, or none%s",
                     text, suffix, guess);
}

/* "1.50" as 150 * 10^-2. Returns what is behind it, NULL when there is no number, or one with more
 * digits than anybody means. */
static const char *quantity_scan_number(const char *text, struct quantity *ret)
{
    *ret = (struct quantity){.digits = 0};
    unsigned significant = 0;
    bool any = false;
    bool fraction = false;
    for (; isdigit((unsigned char)*text) || (*text == '.' && !fraction); text++) {
        if (*text == '.') {
            fraction = true;
            continue;
        }
        any = true;
        significant += significant > 0 || *text != '0';
        if (significant > QUANTITY_DIGITS_MAX)
            return NULL;
        ret->digits = ret->digits * 10 + (uint64_t)(*text - '0');
        ret->ten -= fraction;
    }
    return any ? text : NULL;
}

/* The exponent of "1e3"; false when it is none. */
static bool quantity_scan_exponent(const char *suffix, struct quantity *quantity)
{
    if (*suffix != 'e' && *suffix != 'E')
        return false;
    const char *at = suffix + 1 + (suffix[1] == '-' || suffix[1] == '+');
    int exponent = 0;
    if (!isdigit((unsigned char)*at))
        return false;
    for (; isdigit((unsigned char)*at) && exponent <= QUANTITY_EXPONENT_MAX; at++)
        exponent = exponent * 10 + (*at - '0');
    if (*at != '\0')
        return false;
    quantity->ten += suffix[1] == '-' ? -exponent : exponent;
    return true;
}

static int quantity_parse(const char *text, struct quantity *ret, struct error *err)
{
    static const char expected[] = "expected a quantity such as \"64Mi\" or \"500m\"";
    if (*text == '-')
        return error_set(err, ERROR_USAGE, "found \"%.40s\", which is below zero, %s", text,
                         expected);
    const char *suffix = quantity_scan_number(text + (*text == '+'), ret);
    if (suffix == NULL)
        return error_set(err, ERROR_USAGE, "found \"%.40s\", %s", text, expected);
    for (size_t i = 0; i < ARRAY_LENGTH(quantity_suffixes); i++) {
        if (strcmp(suffix, quantity_suffixes[i].text) != 0)
            continue;
        ret->ten += quantity_suffixes[i].ten;
        ret->two = quantity_suffixes[i].two;
        return 0;
    }
    return quantity_scan_exponent(suffix, ret) ? 0 : quantity_error_suffix(text, suffix, err);
}

/* The value times 10^scale, rounded up; false when it is 2^63 or more. */
static bool quantity_value(const struct quantity *quantity, int scale, uint64_t *ret)
{
    /* 19 digits take 64 bits, and 2^60 another 60. */
    quantity_wide value = (quantity_wide)quantity->digits << quantity->two;
    int ten = quantity->ten + scale;
    bool rest = false;
    for (; ten > 0 && value != 0; ten--) {
        if (value >> 64 != 0)
            return false;
        value *= 10;
    }
    for (; ten < 0 && value != 0; ten++) {
        rest = rest || value % 10 != 0;
        value /= 10;
    }
    value += rest;
    *ret = (uint64_t)value;
    return value >> 63 == 0;
}

int quantity_parse_bytes(const char *text, uint64_t *ret_bytes, struct error *err)
{
    struct quantity quantity;
    uint64_t bytes = 0;
    if (quantity_parse(text, &quantity, err) < 0)
        return -1;
    if (!quantity_value(&quantity, 0, &bytes))
        return error_set(err, ERROR_USAGE, "found \"%.40s\", which is more than any machine has",
                         text);
    size_t length = strlen(text);
    if (text[length - 1] == 'm' && bytes > 0 && bytes < QUANTITY_THOUSANDTHS_MIN_BYTES)
        return error_set(err, ERROR_USAGE,
                         "found \"%.40s\", which is %" PRIu64 " byte%s: \"m\" is a thousandth; did "
                         "you mean \"%.*sMi\"?",
                         text, bytes, bytes == 1 ? "" : "s", (int)(length - 1), text);
    *ret_bytes = bytes;
    return 0;
}

int quantity_parse_cpus(const char *text, double *ret_cpus, struct error *err)
{
    struct quantity quantity;
    uint64_t thousandths = 0;
    if (quantity_parse(text, &quantity, err) < 0)
        return -1;
    if (!quantity_value(&quantity, 3, &thousandths))
        return error_set(err, ERROR_USAGE, "found \"%.40s\", which is more than any machine has",
                         text);
    *ret_cpus = (double)thousandths / 1000;
    return 0;
}
