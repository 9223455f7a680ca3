#include "driver/build_probe.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"

#define LOADER_WAIT_NS (10 * NSEC_PER_SEC)

#if defined(__x86_64__)
#define MACHINE_HERE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE_HERE EM_AARCH64
#else
#error "of which machine are the programs here?"
#endif

static const char mmap_rnd_bits_path[] = "/proc/sys/vm/mmap_rnd_bits";

const char *build_sanitizer_name(enum build_sanitizer sanitizer)
{
    static const char *const names[] = {
        [SANITIZER_NONE] = "",
        [SANITIZER_THREAD] = "ThreadSanitizer",
        [SANITIZER_ADDRESS] = "AddressSanitizer",
    };
    return names[sanitizer];
}

/* AddressSanitizer keeps what is freed until its quarantine is full, 256 MiB of it unless told
 * otherwise: that would be growth for thousands of requests, and even one of 1 MiB creeps for
 * thousands. Its search for leaks at the end is no part of what is measured. ThreadSanitizer's
 * history of each thread is as small as it goes, so that what is seen to grow is not that. */
const char *build_sanitizer_options(enum build_sanitizer sanitizer)
{
    static const char *const options[] = {
        [SANITIZER_NONE] = NULL,
        [SANITIZER_THREAD] = "TSAN_OPTIONS=history_size=0",
        [SANITIZER_ADDRESS] =
            "ASAN_OPTIONS=quarantine_size_mb=0:thread_local_quarantine_size_kb=0:detect_leaks=0",
    };
    return options[sanitizer];
}

/* A program's file in memory. Everything in it is somebody's claim: all offsets are checked. */
struct image {
    const unsigned char *data;
    size_t size;
};

static const void *image_at(const struct image *image, uint64_t offset, uint64_t size)
{
    if (offset > image->size || size > image->size - offset)
        return NULL;
    return image->data + offset;
}

static const Elf64_Phdr *image_segment(const struct image *image, unsigned index)
{
    const Elf64_Ehdr *head = (const void *)image->data;
    return index < head->e_phnum
               ? image_at(image, head->e_phoff + (uint64_t)index * sizeof(Elf64_Phdr),
                          sizeof(Elf64_Phdr))
               : NULL;
}

static const Elf64_Phdr *image_find(const struct image *image, uint32_t type)
{
    const Elf64_Phdr *segment = NULL;
    for (unsigned i = 0; (segment = image_segment(image, i)) != NULL; i++)
        if (segment->p_type == type)
            return segment;
    return NULL;
}

/* What is loaded at this address, with so many bytes behind it. */
static const void *image_address(const struct image *image, uint64_t address, uint64_t size)
{
    const Elf64_Phdr *segment = NULL;
    for (unsigned i = 0; (segment = image_segment(image, i)) != NULL; i++)
        if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
            address - segment->p_vaddr < segment->p_filesz)
            return image_at(image, segment->p_offset + (address - segment->p_vaddr), size);
    return NULL;
}

/* The names of what the program takes from libraries and gives to them, each with NULs around it. A
 * sanitizer's is among them whether its runtime is shared (gcc) or in the program (clang). */
static const char *image_names(const struct image *image, size_t *ret_size)
{
    const Elf64_Phdr *segment = image_find(image, PT_DYNAMIC);
    uint64_t address = 0;
    uint64_t size = 0;
    if (segment == NULL)
        return NULL;
    size_t count = segment->p_filesz / sizeof(Elf64_Dyn);
    const Elf64_Dyn *entries = image_at(image, segment->p_offset, count * sizeof(Elf64_Dyn));
    for (size_t i = 0; entries != NULL && i < count && entries[i].d_tag != DT_NULL; i++) {
        if (entries[i].d_tag == DT_STRTAB)
            address = entries[i].d_un.d_ptr;
        else if (entries[i].d_tag == DT_STRSZ)
            size = entries[i].d_un.d_val;
    }
    *ret_size = size;
    return size > 0 ? image_address(image, address, size) : NULL;
}

static enum build_sanitizer image_sanitizer(const struct image *image)
{
    static const char thread[] = "\0__tsan_init";
    static const char address[] = "\0__asan_init";
    size_t size = 0;
    const char *names = image_names(image, &size);
    if (names == NULL)
        return SANITIZER_NONE;
    if (memmem(names, size, thread, sizeof(thread)) != NULL)
        return SANITIZER_THREAD;
    return memmem(names, size, address, sizeof(address)) != NULL ? SANITIZER_ADDRESS
                                                                 : SANITIZER_NONE;
}

static void image_read_facts(const struct image *image, struct build_facts *ret)
{
    const Elf64_Ehdr *head = image_at(image, 0, sizeof(*head));
    *ret = (struct build_facts){.is_elf = false};
    if (head == NULL || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
        head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_phentsize != sizeof(Elf64_Phdr) ||
        image_segment(image, 0) == NULL)
        return;
    ret->is_elf = true;
    ret->is_x86_64 = head->e_machine == EM_X86_64;
    ret->is_native = head->e_machine == MACHINE_HERE;
    ret->sanitizer = image_sanitizer(image);
    const Elf64_Phdr *loader = image_find(image, PT_INTERP);
    const char *path = NULL;
    ret->is_static = loader == NULL;
    if (loader != NULL && loader->p_filesz > 0 && loader->p_filesz <= sizeof(ret->loader))
        path = image_at(image, loader->p_offset, loader->p_filesz);
    if (path != NULL)
        snprintf(ret->loader, sizeof(ret->loader), "%.*s", (int)loader->p_filesz, path);
}

int build_facts_read(const char *program, struct build_facts *ret, struct error *err)
{
    CLEANUP(closep) int fd = open(program, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return error_set_errno(err, ERROR_USAGE, errno, "reading the program %s", program);
    *ret = (struct build_facts){.is_elf = false};
    if (!S_ISREG(st.st_mode) || st.st_size <= 0)
        return 0;
    size_t size = (size_t)st.st_size;
    void *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return error_set_errno(err, ERROR_USAGE, errno, "reading the program %s", program);
    const struct image image = {.data = data, .size = size};
    image_read_facts(&image, ret);
    munmap(data, size);
    return 0;
}

unsigned build_mmap_rnd_bits(void)
{
    uint64_t bits = 0;
    return file_read_u64(AT_FDCWD, mmap_rnd_bits_path, &bits, NULL) == 0 ? (unsigned)bits : 0;
}

/* What the loader printed, from the start of the file: its last words, without its name for us. */
static void loader_read_fault(int fd, char *text, size_t size)
{
    static const char known[] = "error while loading shared libraries: ";
    if (file_reread(fd, text, size) < 0)
        text[0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    const char *fault = strstr(text, known);
    if (fault != NULL)
        memmove(text, fault + strlen(known), strlen(fault + strlen(known)) + 1);
}

/* Its loader finds all its libraries: 0; 1 and why: not. */
static int build_probe_loader(const char *program, const char *loader, char **ret_why,
                              struct error *err)
{
    CLEANUP(closep) int out_fd = memfd_create("leakcage-loader", MFD_CLOEXEC);
    CLEANUP(freep) char *path = strdup(program);
    CLEANUP(freep) char *loader_path = strdup(loader);
    CLEANUP(process_done) struct process process = PROCESS_NONE;
    struct process_end end = {.status = 0};
    struct error fault = {.kind = ERROR_NONE};
    char text[512] = "";
    char option[] = "--list";
    if (out_fd < 0 || path == NULL || loader_path == NULL)
        return error_out_of_memory(err);

    char *const argv[] = {loader_path, option, path, NULL};
    const struct process_spec spec = {
        .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = out_fd};
    bool started = process_spawn(&spec, &process, &fault) == 0;
    if (started && process_wait(&process, clock_now_ns() + LOADER_WAIT_NS, &end) != 0)
        return 0; /* a loader that cannot be asked: the start will tell */
    if (started && !end.signaled && end.status == 0)
        return 0;
    loader_read_fault(out_fd, text, sizeof(text));
    if (asprintf(ret_why, "its loader %s cannot load it: %s; install what it was linked with",
                 loader, started ? text : fault.text) < 0)
        return error_out_of_memory(err);
    return 1;
}

int build_probe(const char *program, unsigned mmap_rnd_bits, char **ret_why, struct error *err)
{
    struct build_facts facts = {.is_elf = false};
    if (build_facts_read(program, &facts, err) < 0)
        return -1;
    if (facts.is_x86_64 && facts.sanitizer != SANITIZER_NONE &&
        mmap_rnd_bits > BUILD_MMAP_RND_BITS_MAX) {
        if (asprintf(ret_why,
                     "%s may die at start where addresses have %u random bits; as root: sysctl "
                     "vm.mmap_rnd_bits=%d, or --driver vm",
                     build_sanitizer_name(facts.sanitizer), mmap_rnd_bits,
                     BUILD_MMAP_RND_BITS_MAX) < 0)
            return error_out_of_memory(err);
        return 1;
    }
    if (facts.loader[0] == '\0')
        return 0;
    return build_probe_loader(program, facts.loader, ret_why, err);
}

int build_probe_preload(const char *program, char **ret_why, struct error *err)
{
    struct build_facts facts = {.is_elf = false};
    int length = 0;
    if (build_facts_read(program, &facts, err) < 0)
        return -1;
    if (facts.is_elf && facts.is_static)
        length = asprintf(ret_why, "it is linked statically: no other malloc can be preloaded");
    else if (facts.sanitizer != SANITIZER_NONE)
        length = asprintf(ret_why, "%s has a malloc of its own, and bears no other",
                          build_sanitizer_name(facts.sanitizer));
    else
        return 0;
    return length < 0 ? error_out_of_memory(err) : 1;
}
