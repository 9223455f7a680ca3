#include "driver/tar.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TAR_BLOCK     512
#define TAR_LINKS_MAX 4

/* ustar, where GNU tar, Go and Python agree. */
struct tar_header {
    char name[100];
    char skipped[24];
    char size[12];
    char time[12];
    char checksum[8];
    char type;
    char link[100];
    char magic[6];
    char rest[249];
};

_Static_assert(sizeof(struct tar_header) == TAR_BLOCK, "as the format has it");

/* Octal digits, or from 8 GiB on a binary number behind a byte 0x80. */
static uint64_t tar_size(const struct tar_header *header)
{
    if (((unsigned char)header->size[0] & 0x80) == 0) {
        char text[sizeof(header->size) + 1] = "";
        memcpy(text, header->size, sizeof(header->size));
        return strtoull(text, NULL, 8);
    }
    uint64_t size = 0;
    for (size_t i = 4; i < sizeof(header->size); i++)
        size = size << 8 | (unsigned char)header->size[i];
    return size;
}

/* The sum of all bytes, the checksum's own taken for blanks. */
static bool tar_is_header(const struct tar_header *header)
{
    const unsigned char *bytes = (const unsigned char *)header;
    char text[sizeof(header->checksum) + 1] = "";
    memcpy(text, header->checksum, sizeof(header->checksum));
    unsigned long sum = 8UL * ' ';
    for (size_t i = 0; i < sizeof(*header); i++)
        sum += bytes[i];
    for (size_t i = 0; i < sizeof(header->checksum); i++)
        sum -= (unsigned char)header->checksum[i];
    return sum == strtoul(text, NULL, 8);
}

static const char *tar_plain(const char *name)
{
    while (strncmp(name, "./", 2) == 0)
        name += 2;
    return name;
}

/* The next header at *offset, which moves behind what it describes. 1: the end. */
static int tar_next(int fd, uint64_t *offset, struct tar_header *ret, uint64_t *ret_data,
                    struct error *err)
{
    ssize_t length = pread(fd, ret, sizeof(*ret), (off_t)*offset);
    const unsigned char *start = (const unsigned char *)ret;
    if (length == 0 || (length == TAR_BLOCK && start[0] == 0))
        return 1;
    if (*offset == 0 && length >= 4 &&
        (memcmp(start, "\x1f\x8b", 2) == 0 || memcmp(start, "\x28\xb5\x2f\xfd", 4) == 0))
        return error_set(err, ERROR_USAGE,
                         "it is compressed, expected a plain tar file: unpack it (gunzip, unzstd)");
    if (length != TAR_BLOCK || !tar_is_header(ret))
        return error_set(err, ERROR_USAGE, "it is %s",
                         *offset == 0 ? "no tar file" : "cut short or damaged");
    *ret_data = *offset + TAR_BLOCK;
    uint64_t blocks = (tar_size(ret) + TAR_BLOCK - 1) / TAR_BLOCK;
    if (blocks > (UINT64_C(1) << 50))
        return error_set(err, ERROR_USAGE, "it is damaged");
    *offset = *ret_data + blocks * TAR_BLOCK;
    return 0;
}

static int tar_take(int fd, uint64_t at, uint64_t size, struct buffer *buffer, struct error *err)
{
    if (size > buffer->max_bytes)
        return error_set(err, ERROR_USAGE, "a file in it has more than %zu bytes",
                         buffer->max_bytes);
    for (uint64_t done = 0; done < size;) {
        char data[16384];
        size_t part = size - done < sizeof(data) ? (size_t)(size - done) : sizeof(data);
        ssize_t length = pread(fd, data, part, (off_t)(at + done));
        if (length <= 0)
            return error_set(err, ERROR_USAGE, "it is cut short");
        if (buffer_append(buffer, data, (size_t)length, err) < 0)
            return -1;
        done += (uint64_t)length;
    }
    return 0;
}

/* One look for the name; 2: it is a link, and `link` is where to. */
static int tar_find(int fd, const char *name, struct buffer *buffer, char *link, struct error *err)
{
    struct tar_header header;
    uint64_t offset = 0;
    uint64_t data = 0;
    int status = 0;
    while ((status = tar_next(fd, &offset, &header, &data, err)) == 0) {
        char found[sizeof(header.name) + 1] = "";
        memcpy(found, header.name, sizeof(header.name));
        if (strcmp(tar_plain(found), tar_plain(name)) != 0)
            continue;
        if (header.type == '1' || header.type == '2') {
            memcpy(link, header.link, sizeof(header.link));
            link[sizeof(header.link)] = '\0';
            return 2;
        }
        return tar_take(fd, data, tar_size(&header), buffer, err);
    }
    return status;
}

int tar_read_file(int fd, const char *name, struct buffer *buffer, struct error *err)
{
    char wanted[256];
    char link[sizeof(((struct tar_header *)0)->link) + 1];
    snprintf(wanted, sizeof(wanted), "%s", name);
    for (int links = 0; links < TAR_LINKS_MAX; links++) {
        int status = tar_find(fd, wanted, buffer, link, err);
        if (status != 2)
            return status;
        snprintf(wanted, sizeof(wanted), "%s", link);
    }
    return error_set(err, ERROR_USAGE, "%s is a link in a ring", name);
}
