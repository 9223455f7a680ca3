#pragma once
/* Images: what --image names, and what is known of one before it runs.
 *
 *     web:1.2                    an image that the engine has; nothing is pulled
 *     docker-archive:FILE        what `podman save` and `docker save` write
 *     oci-archive:FILE           the same as an OCI layout
 * An archive is a tar file, uncompressed; its configuration is read here, without an engine. */
#include <stdbool.h>
#include <stdint.h>

#include "driver/container_facts.h"
#include "driver/engine.h"

/* The path of an archive, which points into `image`; NULL: it is the name of an image. */
const char *image_archive_path(const char *image);

/* Read an archive's configuration; *ret_bytes is how large the file is. What is wrong with the file
 * is ERROR_USAGE and names it. */
int image_archive_facts(const char *image, struct image_facts *ret, uint64_t *ret_bytes,
                        struct error *err);

/* What is known of an image, asked of the engine or read from the archive. An image that is not
 * there is ERROR_USAGE, with the fix. */
int image_find(const struct container_engine *engine, const char *image, struct image_facts *ret,
               struct error *err);

/* Write an image that the engine has to FILE, as a docker-archive. */
int image_export(const struct container_engine *engine, const char *image, const char *path,
                 struct error *err);
