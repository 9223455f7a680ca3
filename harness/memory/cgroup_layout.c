#include "memory/cgroup_layout.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"

#define PROC_TEXT_MAX ((size_t)1024 * 1024)

/* Copy up to the blank, with mountinfo's "\040" and its like undone. Returns what follows. */
static const char *layout_word(const char *text, char *word, size_t size)
{
    size_t length = 0;
    while (*text != '\0' && *text != ' ' && *text != '\n') {
        char byte = *text++;
        if (byte == '\\' && text[0] >= '0' && text[0] <= '3' && text[1] >= '0' && text[1] <= '7' &&
            text[2] >= '0' && text[2] <= '7') {
            byte = (char)((text[0] - '0') * 64 + (text[1] - '0') * 8 + (text[2] - '0'));
            text += 3;
        }
        if (length + 1 < size)
            word[length++] = byte;
    }
    word[length] = '\0';
    return *text == ' ' ? text + 1 : text;
}

static bool layout_has_option(const char *options, const char *wanted)
{
    size_t length = strlen(wanted);
    for (const char *at = options; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, wanted, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

/* 41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate */
static void layout_line(const char *line, struct cgroup_layout *layout, bool *has_v1)
{
    char skipped[64];
    char root[CGROUP_PATH_MAX];
    char mount[CGROUP_PATH_MAX];
    char word[CGROUP_PATH_MAX];
    for (int i = 0; i < 3; i++)
        line = layout_word(line, skipped, sizeof(skipped));
    line = layout_word(line, root, sizeof(root));
    line = layout_word(line, mount, sizeof(mount));
    do
        line = layout_word(line, word, sizeof(word));
    while (strcmp(word, "-") != 0 && word[0] != '\0');

    char type[32];
    line = layout_word(line, type, sizeof(type));
    line = layout_word(line, word, sizeof(word)); /* the source */
    layout_word(line, word, sizeof(word));
    if (strcmp(type, "cgroup2") == 0 && layout->v2_mount[0] == '\0') {
        memcpy(layout->v2_mount, mount, sizeof(mount));
        memcpy(layout->v2_root, root, sizeof(root));
    } else if (strcmp(type, "cgroup") == 0) {
        *has_v1 = true;
        if (layout_has_option(word, "memory"))
            memcpy(layout->v1_memory, mount, sizeof(mount));
    }
}

void cgroup_layout_parse(const char *mountinfo, struct cgroup_layout *ret)
{
    bool has_v1 = false;
    *ret = (struct cgroup_layout){.kind = CGROUP_LAYOUT_NONE};
    while (*mountinfo != '\0') {
        layout_line(mountinfo, ret, &has_v1);
        mountinfo += strcspn(mountinfo, "\n");
        mountinfo += *mountinfo == '\n';
    }
    if (ret->v2_mount[0] != '\0')
        ret->kind = ret->v1_memory[0] != '\0' ? CGROUP_LAYOUT_HYBRID : CGROUP_LAYOUT_V2;
    else if (has_v1)
        ret->kind = CGROUP_LAYOUT_V1;
}

int cgroup_layout_read(struct cgroup_layout *ret, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(PROC_TEXT_MAX);
    if (file_read(AT_FDCWD, "/proc/self/mountinfo", &text, err) < 0)
        return -1;
    cgroup_layout_parse(buffer_text(&text), ret);
    return 0;
}

int cgroup_layout_own(const struct cgroup_layout *layout, const char *proc_cgroup, char *ret,
                      struct error *err)
{
    const char *line = proc_cgroup;
    while (strncmp(line, "0::", 3) != 0) {
        line += strcspn(line, "\n");
        if (*line == '\0')
            return error_set(err, ERROR_ENVIRONMENT, "/proc/self/cgroup names no cgroup v2 group");
        line++;
    }
    line += 3;
    int length = (int)strcspn(line, "\n");

    size_t root = strcmp(layout->v2_root, "/") == 0 ? 0 : strlen(layout->v2_root);
    bool outside = strncmp(line, "/..", 3) == 0 || (size_t)length < root ||
                   strncmp(line, layout->v2_root, root) != 0 ||
                   (root > 0 && (size_t)length > root && line[root] != '/');
    if (outside)
        return error_set(err, ERROR_ENVIRONMENT,
                         "our own cgroup %.*s is outside of what is mounted at %s", length, line,
                         layout->v2_mount);
    line += root;
    length -= (int)root;
    if (length == 1 && *line == '/')
        length = 0;

    int needed = snprintf(ret, CGROUP_PATH_MAX, "%s%.*s", layout->v2_mount, length, line);
    if (needed >= CGROUP_PATH_MAX)
        return error_set(err, ERROR_ENVIRONMENT, "the path of our own cgroup is too long");
    return 0;
}

const char *cgroup_layout_name(enum cgroup_layout_kind kind)
{
    switch (kind) {
    case CGROUP_LAYOUT_NONE:
        return "no cgroups";
    case CGROUP_LAYOUT_V1:
        return "cgroup v1";
    case CGROUP_LAYOUT_HYBRID:
        return "hybrid: memory on v1";
    case CGROUP_LAYOUT_V2:
        return "cgroup v2";
    }
    return "unknown";
}
