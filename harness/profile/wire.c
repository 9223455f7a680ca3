#include "profile/wire.h"

#include <string.h>

#define WIRE_VARINT_MAX 10 /* bytes */

struct wire wire_of(const void *data, size_t length)
{
    const unsigned char *bytes = data;
    return (struct wire){.origin = bytes, .at = bytes, .end = bytes + length};
}

static int wire_fail(const struct wire *wire, struct error *err, const char *what)
{
    return error_set(err, ERROR_USAGE, "byte %zu: %s", (size_t)(wire->at - wire->origin), what);
}

static int wire_varint(struct wire *wire, uint64_t *ret, struct error *err)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < WIRE_VARINT_MAX; i++) {
        if (wire->at + i >= wire->end)
            return wire_fail(wire, err, "it ends within a number");
        unsigned char byte = wire->at[i];
        if (i == WIRE_VARINT_MAX - 1 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if ((byte & 0x80) == 0) {
            wire->at += i + 1;
            *ret = value;
            return 0;
        }
    }
    return wire_fail(wire, err, "a number is beyond 64 bits");
}

static int wire_fixed(struct wire *wire, size_t size, uint64_t *ret, struct error *err)
{
    if ((size_t)(wire->end - wire->at) < size)
        return wire_fail(wire, err, "it ends within a number");
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)wire->at[i] << (8 * i);
    wire->at += size;
    *ret = value;
    return 0;
}

static int wire_bytes(struct wire *wire, struct wire *ret, struct error *err)
{
    uint64_t length = 0;
    if (wire_varint(wire, &length, err) < 0)
        return -1;
    if (length > (size_t)(wire->end - wire->at))
        return wire_fail(wire, err, "a field is longer than what holds it");
    *ret = (struct wire){.origin = wire->origin, .at = wire->at, .end = wire->at + length};
    wire->at += length;
    return 0;
}

int wire_next(struct wire *wire, struct wire_field *ret, struct error *err)
{
    uint64_t key = 0;
    if (wire->at == wire->end)
        return 1;
    struct wire start = *wire;
    if (wire_varint(wire, &key, err) < 0)
        return -1;
    if (key >> 3 == 0 || key >> 3 > UINT32_MAX >> 3)
        return wire_fail(&start, err, "no such field number");
    *ret = (struct wire_field){.number = (uint32_t)(key >> 3), .bytes = start};
    switch (key & 7) {
    case WIRE_VARINT:
        ret->type = WIRE_VARINT;
        return wire_varint(wire, &ret->value, err);
    case WIRE_FIXED64:
        ret->type = WIRE_FIXED64;
        return wire_fixed(wire, sizeof(uint64_t), &ret->value, err);
    case WIRE_FIXED32:
        ret->type = WIRE_FIXED32;
        return wire_fixed(wire, sizeof(uint32_t), &ret->value, err);
    case WIRE_BYTES:
        ret->type = WIRE_BYTES;
        return wire_bytes(wire, &ret->bytes, err);
    default:
        return wire_fail(&start, err, "no such type of a field");
    }
}

int wire_next_number(struct wire_field *field, uint64_t *ret, struct error *err)
{
    if (field->type == WIRE_BYTES)
        return field->bytes.at == field->bytes.end ? 1 : wire_varint(&field->bytes, ret, err);
    if (field->type != WIRE_VARINT)
        return wire_error(field, err, "a number");
    if (field->bytes.at == field->bytes.end)
        return 1;
    field->bytes.at = field->bytes.end;
    *ret = field->value;
    return 0;
}

int wire_read_numbers(struct wire message, uint64_t *values, unsigned n, struct error *err)
{
    struct wire_field field;
    int status = 0;
    memset(values, 0, n * sizeof(*values));
    while ((status = wire_next(&message, &field, err)) == 0) {
        if (field.number >= n)
            continue;
        if (field.type != WIRE_VARINT)
            return wire_error(&field, err, "a number");
        values[field.number] = field.value;
    }
    return status < 0 ? -1 : 0;
}

int wire_error(const struct wire_field *field, struct error *err, const char *expected)
{
    return error_set(err, ERROR_USAGE, "byte %zu: field %u is not %s",
                     (size_t)(field->bytes.at - field->bytes.origin), field->number, expected);
}

static int wire_put_varint(struct buffer *out, uint64_t value, struct error *err)
{
    unsigned char bytes[WIRE_VARINT_MAX];
    size_t length = 0;
    while (value >= 0x80) {
        bytes[length++] = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    bytes[length++] = (unsigned char)value;
    return buffer_append(out, bytes, length, err);
}

int wire_put_number(struct buffer *out, uint32_t number, uint64_t value, struct error *err)
{
    if (number == 0)
        return wire_put_varint(out, value, err);
    if (value == 0)
        return 0;
    if (wire_put_varint(out, (uint64_t)number << 3 | WIRE_VARINT, err) < 0)
        return -1;
    return wire_put_varint(out, value, err);
}

int wire_put_bytes(struct buffer *out, uint32_t number, const void *data, size_t length,
                   struct error *err)
{
    if (wire_put_varint(out, (uint64_t)number << 3 | WIRE_BYTES, err) < 0 ||
        wire_put_varint(out, length, err) < 0)
        return -1;
    return buffer_append(out, data, length, err);
}
