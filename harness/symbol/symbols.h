#pragma once
/* Names for addresses: which function, file and line an address of a program is, through elfutils
 * (libdw), with the functions that were inlined there. Names of C++ and Rust are as people write
 * them, without parameters; paths of source files are absolute where the compiler says what they
 * are relative to, without "." and "..". What was found of an address is kept.
 *
 * Debug information is found in the usual ways: in the file itself, by build id and by debug link
 * below /usr/lib/debug, through debuginfod where DEBUGINFOD_URLS is set. Without it there are the
 * names of the symbol table (.symtab, .dynsym, and .gnu_debugdata), and without those
 * "libx.so+0x1234" with an address of the file; symbols_file() tells which of these a file has.
 *
 * Addresses are kept as the file's own (as its symbol table has them), not as those of one process:
 * the same code has the same address in all processes and all runs. Not for several threads at
 * once. */
#include "profile/profile.h"

/* Functions that are inlined in each other, at one address. */
#define SYMBOLS_FRAMES_MAX 32

struct symbols;

/* An address in a file; file 0: in none that is known (code made by a JIT compiler), and the
 * address is that of the process. */
struct code_address {
    uint32_t file;
    uint64_t address;
};

enum symbols_level {
    SYMBOLS_NONE,      /* no ELF file, or it cannot be read */
    SYMBOLS_STRIPPED,  /* not even a symbol table: only what it exports */
    SYMBOLS_FUNCTIONS, /* a symbol table, no debug information */
    SYMBOLS_LINES,     /* debug information */
};

struct symbols_file {
    const char *path;     /* as the process sees it */
    const char *build_id; /* hexadecimal; "": none */
    enum symbols_level level;
    bool is_system; /* a part of the system, not of the service: below /lib or /usr/lib, or the
                       kernel's vdso */
};

/* An empty one. The caller owns *ret. */
int symbols_new(struct symbols **ret, struct error *err);
void symbols_free(struct symbols *symbols); /* NULL is fine */

/* The number (from 1) of the file `path` below `root` ("": /; "/proc/PID/root" for one in a
 * container). It is opened here, and read when that is needed; one that cannot be is known by its
 * path all the same. Below "" links are followed: a file has one number and one name, that which
 * the kernel has where it is mapped. */
int symbols_add_file(struct symbols *symbols, const char *root, const char *path, uint32_t *ret,
                     struct error *err);

/* A file as a process has it mapped, which may be gone from where it was. */
struct symbols_mapped {
    const char *root, *path; /* as symbols_add_file() has them */
    const char *exact;       /* opens the very file: "/proc/PID/map_files/…" */
    uint64_t device, inode;  /* what tells files of the same path apart */
};

/* The number of a mapped file; the same one is opened once only. */
int symbols_add_mapped(struct symbols *symbols, const struct symbols_mapped *mapped, uint32_t *ret,
                       struct error *err);

/* Where a byte of the file is in its own addresses. False: in no segment that is loaded. */
bool symbols_locate(struct symbols *symbols, uint32_t file, uint64_t file_offset,
                    struct code_address *ret);

/* What is known of the file; borrowed. */
const struct symbols_file *symbols_file(struct symbols *symbols, uint32_t file);

/* The address of a function, by its name in the file's symbol tables, as an offset in the file
 * (what a uprobe is put on). False: the file has none of this name. */
bool symbols_find_function(struct symbols *symbols, uint32_t file, const char *name,
                           uint64_t *ret_file_offset);

/* Frames of a profile, the innermost inlined function first; one at least. */
struct symbols_frames {
    uint32_t frames[SYMBOLS_FRAMES_MAX];
    unsigned n;
};

/* The frames of an address in a profile; `is_return`: it is where a call returns to, so the call
 * itself is looked up. */
int symbols_frames(struct symbols *symbols, struct profile *profile,
                   const struct code_address *address, bool is_return, struct symbols_frames *ret,
                   struct error *err);
