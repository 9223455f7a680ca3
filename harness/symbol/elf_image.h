#pragma once
/* A program or library that was opened, by its own addresses: its segments, symbol tables, call
 * frame information and debug information, wherever that lies (symbols.h). Each is read when it is
 * asked for first. What cannot be read is as if it were not there. */
#include <elfutils/libdwfl.h>

#include "symbol/symbols.h"

struct elf_image {
    int fd;         /* -1: it could not be opened, or has been handed on */
    bool is_opened; /* tried to */
    Dwfl *dwfl;     /* NULL: no ELF file of this machine */
    Dwfl_Module *module;
    Elf *elf;
    GElf_Addr bias; /* what dwfl adds to the file's own addresses */
    Dwfl_Callbacks callbacks;
    char *debug_path; /* owned; where callbacks.debuginfo_path points */
};

/* Nothing is read so far. The image owns `fd`. Debug files are looked for below `root` first ("":
 * only below /). -1: out of memory. */
int elf_image_init(struct elf_image *image, int fd, const char *root, struct error *err);
void elf_image_done(struct elf_image *image);

/* Is it an ELF file of this machine? */
bool elf_image_open(struct elf_image *image, const char *path);

/* These need one that elf_image_open() said yes to. */

/* The file's own address of a byte of it; false: in no segment that is loaded. And back. */
bool elf_image_address(const struct elf_image *image, uint64_t file_offset, uint64_t *ret);
bool elf_image_offset(const struct elf_image *image, uint64_t address, uint64_t *ret);

/* Its build id in hexadecimal, "" when it has none. Returns text. */
const char *elf_image_build_id(struct elf_image *image, char *text, size_t size);

/* What is known of its functions. */
enum symbols_level elf_image_level(struct elf_image *image);

/* The function at an address by the symbol tables, borrowed, with *ret_length without a version;
 * NULL: there is none. */
const char *elf_image_function(struct elf_image *image, uint64_t address, size_t *ret_length);

/* The address of the function of that name. */
bool elf_image_find_function(struct elf_image *image, const char *name, uint64_t *ret);

/* Is this where the program (or its loader) begins? Nobody called that, and often nothing says so.
 */
bool elf_image_is_entry(const struct elf_image *image, uint64_t address);

/* Is there a system call right before this address? Such code is written by hand, for children that
 * have another stack afterwards (clone), and says nothing of frames there. */
bool elf_image_is_behind_call(const struct elf_image *image, uint64_t address);

/* The kernel's vdso as a file that only this process sees; -1: there is none. */
int elf_image_vdso(void);
