#include "driver/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "driver/tar.h"

#define IMAGE_JSON_MAX ((size_t)1024 * 1024)

static const char *const image_kinds[] = {"docker-archive:", "oci-archive:"};

const char *image_archive_path(const char *image)
{
    for (size_t i = 0; i < ARRAY_LENGTH(image_kinds); i++)
        if (strncmp(image, image_kinds[i], strlen(image_kinds[i])) == 0)
            return image + strlen(image_kinds[i]);
    return NULL;
}

/* The text of a JSON file in the archive, which says where the next one is. */
static int image_load(int fd, const char *name, struct json_document **ret, struct json_place *root,
                      struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(IMAGE_JSON_MAX);
    int status = tar_read_file(fd, name, &text, err);
    if (status != 0)
        return status < 0 ? -1 : error_set(err, ERROR_USAGE, "it has no %s: is it an image?", name);
    if (json_load_text(name, buffer_text(&text), text.length, ret, err) < 0)
        return -1;
    *root = json_root(*ret);
    return 0;
}

/* The first element of an array. */
static int image_first(const struct json_place *place, struct json_place *ret, struct error *err)
{
    if (!json_is_array(place) || !json_first(place, ret))
        return json_error_expected(place, err, "an array that is not empty");
    return 0;
}

/* Follow `key` of an object to a text. */
static int image_text(const struct json_place *object, const char *key, char *ret, size_t size,
                      struct error *err)
{
    struct json_place found;
    const char *text = NULL;
    if (json_expect_object(object, err) < 0)
        return -1;
    if (!json_member(object, key, &found))
        return json_error(object, err, "has no \"%s\"", key);
    if (json_string(&found, &text, err) < 0)
        return -1;
    snprintf(ret, size, "%s", text);
    return 0;
}

/* docker-archive: manifest.json is [{"Config": "NAME"}]. */
static int image_docker_config(int fd, char *ret, size_t size, struct error *err)
{
    CLEANUP(json_freep) struct json_document *document = NULL;
    struct json_place root;
    struct json_place one;
    if (image_load(fd, "manifest.json", &document, &root, err) < 0 ||
        image_first(&root, &one, err) < 0)
        return -1;
    return image_text(&one, "Config", ret, size, err);
}

/* "sha256:abc" is the file blobs/sha256/abc. */
static int image_blob(const struct json_place *descriptor, char *ret, size_t size,
                      struct error *err)
{
    char digest[200];
    if (image_text(descriptor, "digest", digest, sizeof(digest), err) < 0)
        return -1;
    char *colon = strchr(digest, ':');
    if (colon == NULL || strchr(digest, '/') != NULL)
        return json_error_expected(descriptor, err, "a digest such as \"sha256:…\"");
    *colon = '\0';
    snprintf(ret, size, "blobs/%s/%s", digest, colon + 1);
    return 0;
}

/* oci-archive: index.json names a manifest, and that names the configuration. */
static int image_oci_config(int fd, char *ret, size_t size, struct error *err)
{
    CLEANUP(json_freep) struct json_document *index = NULL;
    CLEANUP(json_freep) struct json_document *manifest = NULL;
    struct json_place root;
    struct json_place list;
    struct json_place one;
    char name[256];
    if (image_load(fd, "index.json", &index, &root, err) < 0 || json_expect_object(&root, err) < 0)
        return -1;
    if (!json_member(&root, "manifests", &list))
        return json_error(&root, err, "has no \"manifests\"");
    if (image_first(&list, &one, err) < 0 || image_blob(&one, name, sizeof(name), err) < 0 ||
        image_load(fd, name, &manifest, &root, err) < 0 || json_expect_object(&root, err) < 0)
        return -1;
    if (!json_member(&root, "config", &one))
        return json_error(&root, err, "has no \"config\": an index of several images is not read");
    return image_blob(&one, ret, size, err);
}

int image_archive_facts(const char *image, struct image_facts *ret, uint64_t *ret_bytes,
                        struct error *err)
{
    const char *path = image_archive_path(image);
    char name[256];
    struct stat status;
    CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0)
        return error_set_errno(err, ERROR_USAGE, errno, "cannot read the image %s", path);
    if (!S_ISREG(status.st_mode))
        return error_set(err, ERROR_USAGE, "the image %s is no file", path);
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(IMAGE_JSON_MAX);
    bool oci = strncmp(image, "oci-", strlen("oci-")) == 0;
    if ((oci ? image_oci_config(fd, name, sizeof(name), err)
             : image_docker_config(fd, name, sizeof(name), err)) < 0)
        return error_prefix(err, "the image %s", path);
    int found = tar_read_file(fd, name, &text, err);
    if (found > 0)
        error_set(err, ERROR_USAGE, "it has no %s, which its manifest names", name);
    if (found != 0 || image_facts_parse_config(name, buffer_text(&text), text.length, ret, err) < 0)
        return error_prefix(err, "the image %s", path);
    *ret_bytes = (uint64_t)status.st_size;
    return 0;
}

int image_find(const struct container_engine *engine, const char *image, struct image_facts *ret,
               struct error *err)
{
    uint64_t bytes = 0;
    if (image_archive_path(image) != NULL)
        return image_archive_facts(image, ret, &bytes, err);

    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(IMAGE_JSON_MAX);
    const char *const words[] = {"image", "inspect", image, NULL};
    int status = container_engine_call(engine, words, &text, err);
    if (status < 0 || (status > 0 && !container_engine_says_unknown(err)))
        return -1;
    if (status > 0)
        return error_set(err, ERROR_USAGE,
                         "%s has no image \"%.200s\"; build it, pull it (%s pull %.200s), or give "
                         "an archive: --image docker-archive:FILE",
                         engine->name, image, engine->name, image);
    return image_facts_parse(image, buffer_text(&text), text.length, ret, err);
}

int image_export(const struct container_engine *engine, const char *image, const char *path,
                 struct error *err)
{
    const char *const podman[] = {"save", "--quiet", "--format", "docker-archive",
                                  "-o",   path,      image,      NULL};
    const char *const docker[] = {"save", "-o", path, image, NULL};
    struct image_facts facts;
    if (image_find(engine, image, &facts, err) < 0)
        return -1;
    return container_engine_call(engine, engine->is_podman ? podman : docker, NULL, err) == 0 ? 0
                                                                                              : -1;
}
