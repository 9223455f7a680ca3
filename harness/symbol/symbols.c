#include "symbol/symbols.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "profile/intern.h"
#include "symbol/debug_lines.h"
#include "symbol/function_name.h"
#include "symbol/source_path.h"
#include "symbol/symbols_parts.h"

#define SYMBOLS_MAX_BYTES ((size_t)256 << 20)
#define SYMBOLS_VDSO      "[vdso]"

struct symbols_entry {
    struct symbols_file known; /* its texts are in the store */
    struct elf_image image;
    struct debug_lines *lines;
    Dwarf_Addr lines_bias;
    bool is_told; /* `known` has all */
    bool has_looked_for_lines;
};

/* A frame that has its names. */
struct symbols_named {
    const char *function, *source;
    int64_t line;
};

/* The frames of an address. */
struct symbols_place {
    const struct symbols_named *frames;
    unsigned n;
};

struct symbols {
    struct store store;
    struct intern identities; /* of files; their number is that of the file, from 0 */
    struct intern texts;
    struct intern addresses; /* that were looked up; their number is that of the place */
    struct symbols_entry **files;
    struct symbols_place *places;
    size_t capacity_files, capacity_places;
    struct frame_rules *rules;
};

int symbols_new(struct symbols **ret, struct error *err)
{
    struct symbols *symbols = calloc(1, sizeof(*symbols));
    if (symbols == NULL)
        return error_out_of_memory(err);
    struct store *store = &symbols->store;
    if (store_init(store, SYMBOLS_MAX_BYTES, err) < 0 ||
        intern_init(&symbols->identities, store, err) < 0 ||
        intern_init(&symbols->texts, store, err) < 0 ||
        intern_init(&symbols->addresses, store, err) < 0 ||
        frame_rules_new(&symbols->rules, err) < 0) {
        symbols_free(symbols);
        return -1;
    }
    *ret = symbols;
    return 0;
}

/* NULL: there is none of this number. */
static struct symbols_entry *symbols_entry(const struct symbols *symbols, uint32_t file)
{
    bool is_there = file > 0 && file <= symbols->identities.n && file <= symbols->capacity_files;
    return is_there ? symbols->files[file - 1] : NULL;
}

void symbols_free(struct symbols *symbols)
{
    if (symbols == NULL)
        return;
    frame_rules_free(symbols->rules);
    for (uint32_t i = 0; i < symbols->identities.n; i++) {
        struct symbols_entry *entry = symbols_entry(symbols, i + 1);
        if (entry == NULL)
            continue;
        debug_lines_free(entry->lines);
        elf_image_done(&entry->image);
    }
    intern_done(&symbols->identities);
    intern_done(&symbols->texts);
    intern_done(&symbols->addresses);
    store_done(&symbols->store);
    free(symbols->files);
    free(symbols->places);
    free(symbols);
}

struct frame_rules *symbols_frame_rules(struct symbols *symbols)
{
    return symbols->rules;
}

static int symbols_text(struct symbols *symbols, const char *text, size_t length, const char **ret,
                        struct error *err)
{
    uint32_t number = 0;
    if (intern_add(&symbols->texts, text, length, &number, err) < 0)
        return -1;
    *ret = symbols->texts.keys[number].data;
    return 0;
}

static bool symbols_is_system(const char *path)
{
    static const char *const folders[] = {"/lib/",       "/lib32/",     "/lib64/",  "/usr/lib/",
                                          "/usr/lib32/", "/usr/lib64/", "/libx32/", "/usr/libx32/"};
    for (size_t i = 0; i < ARRAY_LENGTH(folders); i++)
        if (strncmp(path, folders[i], strlen(folders[i])) == 0)
            return true;
    return strcmp(path, SYMBOLS_VDSO) == 0;
}

/* Open a regular file; opening anything else might do something. */
static int symbols_open(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return -1;
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

static int symbols_open_mapped(const struct symbols_mapped *mapped)
{
    if (strcmp(mapped->path, SYMBOLS_VDSO) == 0)
        return elf_image_vdso();
    int fd = mapped->exact != NULL ? symbols_open(mapped->exact) : -1;
    if (fd >= 0 || *mapped->path != '/')
        return fd;
    CLEANUP(freep) char *path = NULL;
    if (asprintf(&path, "%s%s", mapped->root, mapped->path) < 0) {
        path = NULL;
        return -1;
    }
    return symbols_open(path);
}

/* The file is numbered, and takes its entry here. */
static int symbols_add_entry(struct symbols *symbols, const struct symbols_mapped *mapped,
                             uint32_t number, struct error *err)
{
    if (store_grow(&symbols->store, &symbols->files, (size_t)number + 1, sizeof(void *),
                   &symbols->capacity_files, err) < 0)
        return -1;
    symbols->files[number] = NULL;
    struct symbols_entry *entry = store_alloc(&symbols->store, sizeof(*entry), err);
    if (entry == NULL ||
        symbols_text(symbols, mapped->path, strlen(mapped->path), &entry->known.path, err) < 0)
        return -1;
    entry->known.build_id = "";
    entry->known.is_system = symbols_is_system(mapped->path);
    if (elf_image_init(&entry->image, symbols_open_mapped(mapped), mapped->root, err) < 0)
        return -1;
    symbols->files[number] = entry;
    return 0;
}

int symbols_add_mapped(struct symbols *symbols, const struct symbols_mapped *mapped, uint32_t *ret,
                       struct error *err)
{
    CLEANUP(freep) char *identity = NULL;
    uint32_t known = symbols->identities.n;
    uint32_t number = 0;
    /* Where it has no inode it is another one below each root. */
    int length = asprintf(&identity, "%" PRIx64 ":%" PRIx64 ":%s:%s", mapped->device, mapped->inode,
                          mapped->inode == 0 ? mapped->root : "", mapped->path);
    if (length < 0) {
        identity = NULL;
        return error_out_of_memory(err);
    }
    if (intern_add(&symbols->identities, identity, (size_t)length, &number, err) < 0 ||
        (number == known && symbols_add_entry(symbols, mapped, number, err) < 0))
        return -1;
    if (symbols_entry(symbols, number + 1) == NULL)
        return error_set(err, ERROR_INTERNAL, "%s: it could not be taken in", mapped->path);
    *ret = number + 1;
    return 0;
}

int symbols_add_file(struct symbols *symbols, const char *root, const char *path, uint32_t *ret,
                     struct error *err)
{
    struct stat status = {.st_ino = 0};
    struct symbols_mapped mapped = {.root = root, .path = path};
    /* Below another root a link would be followed into ours. */
    CLEANUP(freep) char *resolved = *root == '\0' ? realpath(path, NULL) : NULL;
    CLEANUP(freep) char *whole = NULL;
    if (resolved != NULL)
        mapped.path = resolved;
    if (asprintf(&whole, "%s%s", root, mapped.path) < 0) {
        whole = NULL;
        return error_out_of_memory(err);
    }
    if (strcmp(path, SYMBOLS_VDSO) == 0)
        mapped.root = "";
    else if (stat(whole, &status) == 0) {
        mapped.device = status.st_dev;
        mapped.inode = status.st_ino;
    }
    return symbols_add_mapped(symbols, &mapped, ret, err);
}

struct elf_image *symbols_image(struct symbols *symbols, uint32_t file)
{
    struct symbols_entry *entry = symbols_entry(symbols, file);
    return entry != NULL && elf_image_open(&entry->image, entry->known.path) ? &entry->image : NULL;
}

bool symbols_locate(struct symbols *symbols, uint32_t file, uint64_t file_offset,
                    struct code_address *ret)
{
    const struct elf_image *image = symbols_image(symbols, file);
    uint64_t address = 0;
    if (image == NULL || !elf_image_address(image, file_offset, &address))
        return false;
    *ret = (struct code_address){.file = file, .address = address};
    return true;
}

const struct symbols_file *symbols_file(struct symbols *symbols, uint32_t file)
{
    struct symbols_entry *entry = symbols_entry(symbols, file);
    if (entry == NULL)
        return NULL;
    struct elf_image *image = symbols_image(symbols, file);
    if (image != NULL && !entry->is_told) {
        char text[2 * 64 + 1];
        elf_image_build_id(image, text, sizeof(text));
        if (symbols_text(symbols, text, strlen(text), &entry->known.build_id, NULL) < 0)
            entry->known.build_id = "";
        entry->known.level = elf_image_level(image);
    }
    entry->is_told = true;
    return &entry->known;
}

bool symbols_find_function(struct symbols *symbols, uint32_t file, const char *name,
                           uint64_t *ret_file_offset)
{
    struct elf_image *image = symbols_image(symbols, file);
    uint64_t address = 0;
    return image != NULL && elf_image_find_function(image, name, &address) &&
           elf_image_offset(image, address, ret_file_offset);
}

/* The frames of an address by debug information; none when there is none. */
static int symbols_debug_frames(struct symbols_entry *entry, uint64_t address,
                                struct debug_frame *frames, unsigned *ret_n, struct error *err)
{
    if (!entry->has_looked_for_lines) {
        entry->has_looked_for_lines = true;
        Dwarf *dwarf = dwfl_module_getdwarf(entry->image.module, &entry->lines_bias);
        if (dwarf != NULL && debug_lines_new(dwarf, &entry->lines, err) < 0)
            return -1;
    }
    *ret_n = 0;
    if (entry->lines == NULL)
        return 0;
    return debug_lines_find(entry->lines, address + entry->image.bias - entry->lines_bias, frames,
                            SYMBOLS_FRAMES_MAX, ret_n, err);
}

/* Names that stay, of a frame that has them for now. */
static int symbols_name(struct symbols *symbols, const struct debug_frame *frame,
                        struct symbols_named *ret, struct error *err)
{
    char path[4096] = "";
    CLEANUP(freep) char *written = function_name_written(frame->function);
    const char *function = written != NULL ? written : frame->function;
    /* elfutils joins them where the folder is the first of the file's table of folders. */
    size_t length = strlen(frame->folder);
    bool is_joined = strncmp(frame->file, frame->folder, length) == 0 && frame->file[length] == '/';
    if (*frame->file != '\0')
        source_path_make(is_joined ? "" : frame->folder, frame->file, path, sizeof(path));
    ret->line = frame->line;
    if (symbols_text(symbols, function, strlen(function), &ret->function, err) < 0)
        return -1;
    return symbols_text(symbols, path, strlen(path), &ret->source, err);
}

/* The name by the symbol table, or the place in the file, as profile/pprof_read.h has it. */
static int symbols_function(struct symbols *symbols, uint32_t file, uint64_t address,
                            const char **ret, struct error *err)
{
    char text[320];
    size_t length = 0;
    const struct symbols_entry *entry = symbols_entry(symbols, file);
    struct elf_image *image = symbols_image(symbols, file);
    const char *name = image != NULL ? elf_image_function(image, address, &length) : NULL;
    if (name != NULL)
        return symbols_text(symbols, name, length, ret, err);
    const char *path = entry != NULL ? entry->known.path : "";
    const char *slash = strrchr(path, '/');
    const char *module = slash != NULL ? slash + 1 : path;
    snprintf(text, sizeof(text), "%.250s%s0x%" PRIx64, module, *module != '\0' ? "+" : "", address);
    length = strlen(text);
    return symbols_text(symbols, text, length, ret, err);
}

/* Look an address up. */
static int symbols_make_place(struct symbols *symbols, uint32_t file, uint64_t address,
                              struct symbols_place *ret, struct error *err)
{
    struct debug_frame frames[SYMBOLS_FRAMES_MAX];
    unsigned n = 0;
    if (symbols_image(symbols, file) != NULL &&
        symbols_debug_frames(symbols->files[file - 1], address, frames, &n, err) < 0)
        return -1;
    if (n == 0)
        frames[n++] = (struct debug_frame){.function = "", .file = "", .folder = ""};
    struct debug_frame *outer = &frames[n - 1];
    if (*outer->function == '\0' &&
        symbols_function(symbols, file, address, &outer->function, err) < 0)
        return -1;
    struct symbols_named *named = store_alloc(&symbols->store, n * sizeof(*named), err);
    if (named == NULL)
        return -1;
    for (unsigned i = 0; i < n; i++)
        if (symbols_name(symbols, &frames[i], &named[i], err) < 0)
            return -1;
    *ret = (struct symbols_place){.frames = named, .n = n};
    return 0;
}

/* What is known of an address, which is looked up once. */
static int symbols_place(struct symbols *symbols, uint32_t file, uint64_t address,
                         struct symbols_place *ret, struct error *err)
{
    const uint64_t key[] = {file, address};
    uint32_t number = intern_find(&symbols->addresses, key, sizeof(key));
    if (number != UINT32_MAX) {
        *ret = symbols->places[number];
        return 0;
    }
    struct symbols_place place = {.n = 0};
    if (symbols_make_place(symbols, file, address, &place, err) < 0 ||
        store_grow(&symbols->store, &symbols->places, (size_t)symbols->addresses.n + 1,
                   sizeof(*symbols->places), &symbols->capacity_places, err) < 0 ||
        intern_add(&symbols->addresses, key, sizeof(key), &number, err) < 0)
        return -1;
    symbols->places[number] = place;
    *ret = place;
    return 0;
}

int symbols_frames(struct symbols *symbols, struct profile *profile,
                   const struct code_address *address, bool is_return, struct symbols_frames *ret,
                   struct error *err)
{
    struct symbols_place place = {.n = 0};
    const struct symbols_entry *entry = symbols_entry(symbols, address->file);
    uint64_t looked_up = address->address - (is_return && address->address > 0);
    if (symbols_place(symbols, entry != NULL ? address->file : 0, looked_up, &place, err) < 0)
        return -1;
    for (unsigned i = 0; i < place.n; i++) {
        const struct profile_frame frame = {
            .function = place.frames[i].function,
            .file = place.frames[i].source,
            .line = place.frames[i].line,
            .module = entry != NULL ? entry->known.path : "",
        };
        if (profile_add_frame(profile, &frame, &ret->frames[i], err) < 0)
            return -1;
    }
    ret->n = place.n;
    return 0;
}
