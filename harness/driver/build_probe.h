#pragma once
/* Can a program, a build of the service (scenario/build.h), run on this machine?
 *
 * Asked before anything is started, of facts alone: the program's ELF header, its loader, the
 * kernel's settings; the program itself is not run. What this cannot see (a processor without an
 * instruction, a runtime that fails for another reason) shows when the program is started, as the
 * failure of that run, with its log. */
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum build_sanitizer { SANITIZER_NONE, SANITIZER_THREAD, SANITIZER_ADDRESS };

struct build_facts {
    bool is_elf; /* false: a script, or another machine's kind of program; the rest is unset */
    bool is_x86_64;
    bool is_native; /* of the machine that this program was built for */
    bool is_static; /* no loader: nothing can be preloaded */
    enum build_sanitizer
        sanitizer;    /* it brings its own malloc(): another one cannot be preloaded */
    char loader[256]; /* "" when static */
};

/* More bits of randomness in addresses than these sanitizers bear (gcc up to 13, clang up to 17).
 */
#define BUILD_MMAP_RND_BITS_MAX 28

/* "ThreadSanitizer"; "" for none. */
const char *build_sanitizer_name(enum build_sanitizer sanitizer);

/* One variable, "K=V", with which what is seen to grow in such a program is its own, and not the
 * sanitizer's; NULL for none. */
const char *build_sanitizer_options(enum build_sanitizer sanitizer);

/* Read what kind of program it is. -1, ERROR_USAGE: it cannot be read. */
int build_facts_read(const char *program, struct build_facts *ret, struct error *err);

/* vm.mmap_rnd_bits of this machine; 0 where there is no such setting. (In the guest of driver vm it
 * is BUILD_MMAP_RND_BITS_MAX: that is seen to when it starts.) */
unsigned build_mmap_rnd_bits(void);

/* Can it run where addresses have so many random bits? 0: as far as can be seen. 1: no, and
 * *ret_why (malloc'd, the caller's) says why and what to do. Its libraries are looked for with its
 * own loader, which takes some milliseconds and runs nothing of the program. */
int build_probe(const char *program, unsigned mmap_rnd_bits, char **ret_why, struct error *err);

/* Can another malloc() be preloaded into it (LD_PRELOAD)? As build_probe(). */
int build_probe_preload(const char *program, char **ret_why, struct error *err);
