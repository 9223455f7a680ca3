#include "instrument/go_sampling.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

#define GO_DEFAULT_BYTES UINT64_C(524288)
#define PATH_ROOM        64

static const char rate_symbol[] = "runtime.MemProfileRate";

static void elf_endp(Elf **elf)
{
    if (*elf != NULL)
        elf_end(*elf);
}

/* The symbol's value, in a table of symbols. */
static bool go_sampling_in_section(Elf *elf, Elf_Scn *section, uint64_t *ret)
{
    GElf_Shdr header;
    Elf_Data *data = elf_getdata(section, NULL);
    if (gelf_getshdr(section, &header) == NULL || header.sh_type != SHT_SYMTAB || data == NULL)
        return false;
    for (int i = 0;; i++) {
        GElf_Sym symbol;
        if (gelf_getsym(data, i, &symbol) == NULL)
            return false;
        const char *name = elf_strptr(elf, header.sh_link, symbol.st_name);
        if (name == NULL || strcmp(name, rate_symbol) != 0 || symbol.st_size != sizeof(uint64_t))
            continue;
        *ret = symbol.st_value;
        return true;
    }
}

/* Where the file's byte 0 is to be loaded, by itself. */
static uint64_t go_sampling_own_base(Elf *elf)
{
    size_t n = 0;
    GElf_Phdr segment;
    (void)elf_getphdrnum(elf, &n);
    for (size_t i = 0; i < n; i++)
        if (gelf_getphdr(elf, (int)i, &segment) != NULL && segment.p_type == PT_LOAD)
            return segment.p_vaddr - segment.p_offset;
    return 0;
}

/* …and where it was loaded: the process's first mapping is that of its program. */
static bool go_sampling_loaded_base(pid_t pid, uint64_t *ret)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof(path), "/proc/%d/maps", pid);
    CLEANUP(fclosep) FILE *maps = fopen(path, "re");
    return maps != NULL && fscanf(maps, "%" SCNx64, ret) == 1;
}

/* Where the variable is in the process. */
static int go_sampling_locate(pid_t pid, uint64_t *ret, struct error *err)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof(path), "/proc/%d/exe", pid);
    CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot read %s", path);
        return 1;
    }
    (void)elf_version(EV_CURRENT);
    CLEANUP(elf_endp) Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    GElf_Ehdr header;
    if (elf == NULL || gelf_getehdr(elf, &header) == NULL || header.e_ident[EI_CLASS] != ELFCLASS64)
        return error_set(err, ERROR_SERVICE, "%s is no ELF program of 64 bits", path), 1;
    uint64_t base = go_sampling_own_base(elf);
    uint64_t loaded = base;
    if (header.e_type == ET_DYN && !go_sampling_loaded_base(pid, &loaded))
        return error_set(err, ERROR_ENVIRONMENT, "/proc/%d/maps cannot be read", pid), 1;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
        if (!go_sampling_in_section(elf, section, ret))
            continue;
        *ret += loaded - base;
        return 0;
    }
    error_set(err, ERROR_SERVICE,
              "the program has no symbol %s: it is stripped; build it without -ldflags=-s",
              rate_symbol);
    return 1;
}

int go_sampling_refine(pid_t pid, uint64_t bytes, struct error *err)
{
    char path[PATH_ROOM];
    uint64_t address = 0;
    uint64_t rate = 0;
    if (go_sampling_locate(pid, &address, err) != 0)
        return 1;
    snprintf(path, sizeof(path), "/proc/%d/mem", pid);
    CLEANUP(closep) int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 || pread(fd, &rate, sizeof(rate), (off_t)address) != sizeof(rate)) {
        error_set_errno(err, ERROR_ENVIRONMENT, errno, "process %d may not be traced", pid);
        return 1;
    }
    if (rate != GO_DEFAULT_BYTES)
        return 0;
    if (pwrite(fd, &bytes, sizeof(bytes), (off_t)address) == sizeof(bytes))
        return 0;
    error_set_errno(err, ERROR_ENVIRONMENT, errno, "the memory of process %d cannot be written",
                    pid);
    return 1;
}
