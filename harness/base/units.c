#include "base/units.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct suffix {
    const char *text;
    double factor;
};

static const struct suffix bytes_suffixes[] = {
    {"", 1},
    {"B", 1},
    {"K", 1024.0},
    {"KiB", 1024.0},
    {"Ki", 1024.0},
    {"k", 1024.0},
    {"M", 1048576.0},
    {"MiB", 1048576.0},
    {"Mi", 1048576.0},
    {"G", 1073741824.0},
    {"GiB", 1073741824.0},
    {"Gi", 1073741824.0},
    {"T", 1099511627776.0},
    {"TiB", 1099511627776.0},
    {"Ti", 1099511627776.0},
    {NULL, 0},
};

static const struct suffix duration_suffixes[] = {
    {"ns", 1},   {"us", 1e3},   {"ms", 1e6},   {"s", 1e9},
    {"m", 60e9}, {"min", 60e9}, {"h", 3600e9}, {NULL, 0},
};

/* A plain decimal number, no sign, no exponent, no hexadecimal; NULL when there is none. */
static const char *units_scan_number(const char *text, double *ret)
{
    const char *end = text;
    while (isdigit((unsigned char)*end))
        end++;
    if (end == text)
        return NULL;
    if (*end == '.' && isdigit((unsigned char)end[1])) {
        end++;
        while (isdigit((unsigned char)*end))
            end++;
    }
    *ret = strtod(text, NULL);
    return end;
}

static const struct suffix *units_find_suffix(const struct suffix *table, const char *text)
{
    for (; table->text != NULL; table++)
        if (strcmp(table->text, text) == 0)
            return table;
    return NULL;
}

int units_parse_bytes(const char *text, uint64_t *ret_bytes, struct error *err)
{
    static const char expected[] = "expected a size such as \"64M\", \"64MiB\" or \"67108864\"";
    double number = 0;
    const char *end = units_scan_number(text, &number);
    if (end == NULL)
        return error_set(err, ERROR_USAGE, "found \"%.40s\", %s", text, expected);
    const struct suffix *suffix = units_find_suffix(bytes_suffixes, end);
    if (suffix == NULL)
        return error_set(err, ERROR_USAGE, "found \"%.40s\" with the unknown suffix \"%.20s\", %s",
                         text, end, expected);

    double bytes = number * suffix->factor;
    if (bytes >= 9007199254740992.0)
        return error_set(err, ERROR_USAGE, "found \"%.40s\", which is more than 8192 TiB", text);
    if (bytes != floor(bytes))
        return error_set(err, ERROR_USAGE, "found \"%.40s\", which is not a whole number of bytes",
                         text);
    *ret_bytes = (uint64_t)bytes;
    return 0;
}

int units_parse_duration(const char *text, nsec_t *ret_ns, struct error *err)
{
    static const char expected[] = "expected a time such as \"500ms\", \"10s\" or \"5m\"";
    double number = 0;
    const char *end = units_scan_number(text, &number);
    if (end == NULL)
        return error_set(err, ERROR_USAGE, "found \"%.40s\", %s", text, expected);
    const struct suffix *suffix = units_find_suffix(duration_suffixes, end);
    if (suffix == NULL)
        return error_set(err, ERROR_USAGE, "found \"%.40s\" without a unit of time, %s", text,
                         expected);

    double duration_ns = number * suffix->factor;
    if (duration_ns >= 9007199254740992.0)
        return error_set(err, ERROR_USAGE, "found \"%.40s\", which is more than 100 days", text);
    *ret_ns = (nsec_t)llround(duration_ns);
    return 0;
}

int units_parse_percent(const char *text, double *ret_share, struct error *err)
{
    double number = 0;
    const char *end = units_scan_number(text, &number);
    if (end == NULL || strcmp(end, "%") != 0)
        return error_set(err, ERROR_USAGE, "found \"%.40s\", expected a share such as \"5%%\"",
                         text);
    *ret_share = number / 100;
    return 0;
}

int units_parse_count(const char *text, uint64_t minimum, uint64_t maximum, uint64_t *ret,
                      struct error *err)
{
    bool digits = *text != '\0';
    for (const char *c = text; *c != '\0'; c++)
        digits = digits && isdigit((unsigned char)*c);

    errno = 0;
    unsigned long long value = digits ? strtoull(text, NULL, 10) : 0;
    if (!digits || errno != 0 || value < minimum || value > maximum)
        return error_set(err, ERROR_USAGE,
                         "found \"%.40s\", expected a whole number from %" PRIu64 " to %" PRIu64,
                         text, minimum, maximum);
    *ret = value;
    return 0;
}

const char *units_format_bytes(double bytes, char *text)
{
    static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double amount = fabs(bytes);
    size_t unit = 0;
    /* What rounding would make 1024 of belongs to the next unit. */
    while (amount >= (unit == 0 ? 1023.5 : 1023.95) && unit < 4) {
        amount /= 1024;
        unit++;
    }
    int decimals = unit == 0 && (amount == floor(amount) || amount >= 100) ? 0 : 1;
    snprintf(text, UNITS_TEXT_MAX, "%s%.*f %s", bytes < 0 ? "-" : "", decimals, amount,
             names[unit]);
    return text;
}

const char *units_format_duration(nsec_t duration_ns, char *text)
{
    double seconds = (double)duration_ns / 1e9;
    if (seconds < 1e-3)
        snprintf(text, UNITS_TEXT_MAX, "%.0f us", seconds * 1e6);
    else if (seconds < 0.9995)
        snprintf(text, UNITS_TEXT_MAX, "%.*f ms", seconds < 0.01 ? 1 : 0, seconds * 1e3);
    else if (seconds < 99.5)
        snprintf(text, UNITS_TEXT_MAX, "%.1f s", seconds);
    else if (seconds < 5400)
        snprintf(text, UNITS_TEXT_MAX, "%.0f min", seconds / 60);
    else if (seconds < 172800)
        snprintf(text, UNITS_TEXT_MAX, "%.1f h", seconds / 3600);
    else
        snprintf(text, UNITS_TEXT_MAX, "%.0f days", seconds / 86400);
    return text;
}

const char *units_format_count(uint64_t count, char *text)
{
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, count);
    char *out = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *out++ = ',';
        *out++ = digits[i];
    }
    *out = '\0';
    return text;
}

/* Three digits or so, of the largest; smaller ones beside it need one decimal in any case. */
static int units_decimals(double largest)
{
    return largest < 9.995 ? 2 : 1;
}

struct units_scale units_scale_bytes(double largest_bytes)
{
    static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    struct units_scale scale = {.divisor = 1};
    double amount = isfinite(largest_bytes) ? fabs(largest_bytes) : 0;
    size_t unit = 0;
    for (; amount >= 1000 && unit < 4; unit++) {
        amount /= 1024;
        scale.divisor *= 1024;
    }
    scale.name = names[unit];
    scale.decimals = units_decimals(amount);
    return scale;
}

struct units_scale units_scale_duration(double largest_ns)
{
    static const struct {
        double from_ns; /* of the largest */
        double divisor;
        const char *name;
    } units[] = {
        {172800e9, 86400e9, "days"}, {5400e9, 3600e9, "h"}, {600e9, 60e9, "min"},
        {999.5e6, 1e9, "s"},         {999.5e3, 1e6, "ms"},  {0, 1e3, "us"},
    };
    double amount = isfinite(largest_ns) ? fabs(largest_ns) : 0;
    size_t unit = 0;
    while (amount < units[unit].from_ns)
        unit++;
    return (struct units_scale){.divisor = units[unit].divisor,
                                .name = units[unit].name,
                                .decimals = units_decimals(amount / units[unit].divisor)};
}

struct units_scale units_scale_count(double largest)
{
    double amount = isfinite(largest) ? fabs(largest) : 0;
    bool whole = amount == floor(amount) || amount >= 99.95;
    return (struct units_scale){
        .divisor = 1, .name = "", .decimals = whole ? 0 : units_decimals(amount)};
}

const char *units_format_scaled(double amount, const struct units_scale *scale, char *text)
{
    double scaled = amount / scale->divisor;
    double step = pow(10, -scale->decimals);
    if (!isfinite(scaled))
        snprintf(text, UNITS_TEXT_MAX, "-");
    else if (scaled != 0 && fabs(scaled) < step / 2)
        snprintf(text, UNITS_TEXT_MAX, "%s%.*f", scaled < 0 ? ">-" : "<", scale->decimals, step);
    else if (fabs(scaled) >= 1e15)
        snprintf(text, UNITS_TEXT_MAX, "%.3g", scaled);
    else if (scale->decimals > 0 && fabs(scaled) < 999.5)
        snprintf(text, UNITS_TEXT_MAX, "%.*f", scale->decimals, scaled == 0 ? 0 : scaled);
    else {
        text[0] = '-';
        units_format_count((uint64_t)llround(fabs(scaled)), text + (scaled < 0));
    }
    return text;
}
