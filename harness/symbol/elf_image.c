#include "symbol/elf_image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "base/cleanup.h"

_Static_assert(sizeof(uintptr_t) == sizeof(uint64_t), "leakcage looks into 64-bit programs");

/* Where debug files are: as elfutils has it, and below another root first. */
#define DEBUG_FOLDERS ":.debug"
#define DEBUG_FOLDER  "/usr/lib/debug"

#define ENTRY_BYTES 128 /* of code that begins a program */

/* The file is known by its descriptor. */
static int elf_image_find_elf(Dwfl_Module *module, void **userdata, const char *name,
                              Dwarf_Addr base, char **file_name, Elf **elf)
{
    (void)module;
    (void)userdata;
    (void)name;
    (void)base;
    (void)file_name;
    (void)elf;
    return -1;
}

int elf_image_init(struct elf_image *image, int fd, const char *root, struct error *err)
{
    *image = (struct elf_image){.fd = fd};
    image->callbacks = (Dwfl_Callbacks){
        .find_elf = elf_image_find_elf,
        .find_debuginfo = dwfl_standard_find_debuginfo,
        .section_address = dwfl_offline_section_address,
    };
    int length = *root == '\0' ? asprintf(&image->debug_path, DEBUG_FOLDERS ":" DEBUG_FOLDER)
                               : asprintf(&image->debug_path,
                                          DEBUG_FOLDERS ":%s" DEBUG_FOLDER ":" DEBUG_FOLDER, root);
    if (length < 0) {
        image->debug_path = NULL;
        return error_out_of_memory(err);
    }
    return 0;
}

void elf_image_done(struct elf_image *image)
{
    if (image->dwfl != NULL)
        dwfl_end(image->dwfl);
    closep(&image->fd);
    free(image->debug_path);
    *image = (struct elf_image){.fd = -1};
}

static bool elf_image_report(struct elf_image *image, const char *path)
{
    image->callbacks.debuginfo_path = &image->debug_path;
    image->dwfl = dwfl_begin(&image->callbacks);
    if (image->dwfl == NULL)
        return false;
    dwfl_report_begin(image->dwfl);
    image->module = dwfl_report_elf(image->dwfl, path, path, image->fd, 0, true);
    if (image->module != NULL)
        image->fd = -1; /* it is dwfl's */
    if (dwfl_report_end(image->dwfl, NULL, NULL) != 0 || image->module == NULL)
        return false;
    image->elf = dwfl_module_getelf(image->module, &image->bias);
    return image->elf != NULL && gelf_getclass(image->elf) == ELFCLASS64;
}

bool elf_image_open(struct elf_image *image, const char *path)
{
    if (image->is_opened)
        return image->dwfl != NULL;
    image->is_opened = true;
    if (image->fd < 0)
        return false;
    if (!elf_image_report(image, path)) {
        if (image->dwfl != NULL)
            dwfl_end(image->dwfl);
        image->dwfl = NULL;
    }
    return image->dwfl != NULL;
}

/* The segment that is loaded and that this number is in: an offset, or an address. */
static bool elf_image_segment(const struct elf_image *image, uint64_t number, bool is_offset,
                              GElf_Phdr *ret)
{
    size_t n = 0;
    if (elf_getphdrnum(image->elf, &n) != 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (gelf_getphdr(image->elf, (int)i, ret) == NULL || ret->p_type != PT_LOAD)
            continue;
        uint64_t begin = is_offset ? ret->p_offset : ret->p_vaddr;
        /* A page that the segment ends in is mapped whole. */
        uint64_t align = ret->p_align > 1 && ret->p_align <= 1 << 16 ? ret->p_align : 1;
        uint64_t slack = begin % align;
        uint64_t size = (ret->p_filesz + slack + align - 1) / align * align - slack;
        if (number >= begin - slack && number - begin + slack < size + slack)
            return true;
    }
    return false;
}

bool elf_image_address(const struct elf_image *image, uint64_t file_offset, uint64_t *ret)
{
    GElf_Phdr segment;
    if (!elf_image_segment(image, file_offset, true, &segment))
        return false;
    *ret = file_offset - segment.p_offset + segment.p_vaddr;
    return true;
}

bool elf_image_offset(const struct elf_image *image, uint64_t address, uint64_t *ret)
{
    GElf_Phdr segment;
    if (!elf_image_segment(image, address, false, &segment))
        return false;
    *ret = address - segment.p_vaddr + segment.p_offset;
    return true;
}

const char *elf_image_build_id(struct elf_image *image, char *text, size_t size)
{
    const unsigned char *bits = NULL;
    GElf_Addr address = 0;
    int n = dwfl_module_build_id(image->module, &bits, &address);
    size_t length = 0;
    *text = '\0';
    for (int i = 0; i < n && length + 3 <= size; i++, length += 2)
        snprintf(text + length, 3, "%02x", bits[i]);
    return text;
}

/* Has the file itself more than what it exports? */
static bool elf_image_has_symbols(Elf *elf)
{
    size_t names = 0;
    if (elf_getshdrstrndx(elf, &names) != 0)
        return false;
    for (Elf_Scn *section = elf_nextscn(elf, NULL); section != NULL;
         section = elf_nextscn(elf, section)) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == NULL)
            continue;
        const char *name = elf_strptr(elf, names, header.sh_name);
        if (header.sh_type == SHT_SYMTAB || (name != NULL && strcmp(name, ".gnu_debugdata") == 0))
            return true;
    }
    return false;
}

enum symbols_level elf_image_level(struct elf_image *image)
{
    Dwarf_Addr bias = 0;
    const char *main_file = NULL;
    const char *debug_file = NULL;
    Dwarf *dwarf = dwfl_module_getdwarf(image->module, &bias);
    Dwarf_Off next = 0;
    size_t header = 0;
    if (dwarf != NULL && dwarf_nextcu(dwarf, 0, &next, &header, NULL, NULL, NULL) == 0)
        return SYMBOLS_LINES;
    dwfl_module_info(image->module, NULL, NULL, NULL, NULL, NULL, &main_file, &debug_file);
    if (elf_image_has_symbols(image->elf) ||
        (debug_file != NULL && main_file != NULL && strcmp(debug_file, main_file) != 0))
        return SYMBOLS_FUNCTIONS;
    return SYMBOLS_STRIPPED;
}

const char *elf_image_function(struct elf_image *image, uint64_t address, size_t *ret_length)
{
    GElf_Off offset = 0;
    GElf_Sym symbol;
    const char *name = dwfl_module_addrinfo(image->module, address + image->bias, &offset, &symbol,
                                            NULL, NULL, NULL);
    if (name == NULL || *name == '\0')
        return NULL;
    /* "clock_nanosleep@@GLIBC_2.17" */
    const char *at = strchr(name + 1, '@');
    *ret_length = at != NULL ? (size_t)(at - name) : strlen(name);
    return name;
}

/* Is it the function of that name, or (2) its version that new programs get? */
static int elf_image_matches(const char *symbol, const char *name)
{
    size_t length = strlen(name);
    if (symbol == NULL || strncmp(symbol, name, length) != 0)
        return 0;
    if (symbol[length] == '\0' || strncmp(symbol + length, "@@", 2) == 0)
        return 2;
    return symbol[length] == '@';
}

bool elf_image_find_function(struct elf_image *image, const char *name, uint64_t *ret)
{
    int n = dwfl_module_getsymtab(image->module);
    int best = 0;
    for (int i = 0; i < n; i++) {
        GElf_Sym symbol;
        GElf_Addr address = 0;
        GElf_Word section = 0;
        const char *found =
            dwfl_module_getsym_info(image->module, i, &symbol, &address, &section, NULL, NULL);
        int match = elf_image_matches(found, name);
        if (match <= best || GELF_ST_TYPE(symbol.st_info) != STT_FUNC || section == SHN_UNDEF)
            continue;
        best = match;
        *ret = address - image->bias;
    }
    return best > 0;
}

bool elf_image_is_entry(const struct elf_image *image, uint64_t address)
{
    GElf_Ehdr header;
    return gelf_getehdr(image->elf, &header) != NULL && header.e_entry != 0 &&
           address - header.e_entry < ENTRY_BYTES;
}

bool elf_image_is_behind_call(const struct elf_image *image, uint64_t address)
{
#if defined(__x86_64__)
    static const unsigned char call[] = {0x0f, 0x05}; /* syscall */
#elif defined(__aarch64__)
    static const unsigned char call[] = {0x01, 0x00, 0x00, 0xd4}; /* svc #0 */
#endif
    uint64_t offset = 0;
    size_t size = 0;
    const char *bytes = elf_rawfile(image->elf, &size);
    return bytes != NULL && elf_image_offset(image, address - sizeof(call), &offset) &&
           offset < size && size - offset >= sizeof(call) &&
           memcmp(bytes + offset, call, sizeof(call)) == 0;
}

int elf_image_vdso(void)
{
    /* It is mapped whole, and its section table lies at its end. */
    const Elf64_Ehdr *header = NULL;
    uintptr_t address = getauxval(AT_SYSINFO_EHDR);
    if (address == 0)
        return -1;
    memcpy(&header, &address, sizeof(address));
    size_t size = header->e_shoff + (size_t)header->e_shnum * header->e_shentsize;
    int fd = memfd_create("vdso", MFD_CLOEXEC);
    if (fd >= 0 && write(fd, header, size) != (ssize_t)size) {
        close(fd);
        fd = -1;
    }
    return fd;
}
