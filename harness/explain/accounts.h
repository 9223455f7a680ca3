#pragma once
/* The accounts: which site explains how many bytes of the growth that was measured, area by area of
 * the floor, no byte twice. Pure, but for reading the profiles.
 *
 *   anonymous  one way of looking at it: what a language's runtime says; heap and mappings, where
 *              mappings that the allocator took count only as far as they are more than its blocks;
 *              or pages by who touched them first. The first of these that comes to
 *              ACCOUNTS_FIT_MIN of what was measured, and is not far beyond it, else the one that
 *              comes nearest. What is too much (memory that nobody touched) is scaled down.
 *   shared     shared mappings, by the same rule; else files
 *   kernel     threads: their stacks, and ACCOUNTS_THREAD_SLAB_BYTES of slab each; descriptors the
 *              rest, buffers of sockets (sock) for TCP and UDP, else by what each sort weighs at
 *              the least; mappings and files what is left, within
 *              what one of them takes at most */
#include "explain/sites.h"

#define ACCOUNTS_FIT_MIN 0.8
/* What a goroutine's stack takes at most, as they grow from 2 KiB. */
#define ACCOUNTS_GOROUTINE_MAX (16.0 * 1024)
/* What the slab holds for a task beside its stack (measured on 6.1: 29 KiB in all). */
#define ACCOUNTS_THREAD_SLAB_BYTES (13.0 * 1024)

/* X(NAME, "name of its profiles"); a runtime's before others, as it knows finer places. */
#define ACCOUNTS_INSTRUMENTS(X)    \
    X(GO, "go-heap")               \
    X(NODE, "node")                \
    X(PYTHON, "python")            \
    X(JAVA, "java")                \
    X(GOROUTINES, "go-goroutines") \
    X(HEAP, "heap")                \
    X(MAPPINGS, "mappings")        \
    X(PAGES, "pages")              \
    X(FILES, "files")              \
    X(DESCRIPTORS, "descriptors")  \
    X(THREADS, "threads")

enum accounts_instrument {
#define X(name, text) ACCOUNTS_##name,
    ACCOUNTS_INSTRUMENTS(X)
#undef X
        ACCOUNTS_MAX_
};

struct accounts {
    struct explain_floors floors;
    struct sites sites[ACCOUNTS_MAX_];
    bool present[ACCOUNTS_MAX_];
    char unread[200]; /* why the profiles of one of them could not be read; "" */
};

/* Read what the run with instruments has collected, and divide its growth; by the clock when
 * either run says that it grows so. */
int accounts_make(const struct stored_record *plain, const struct stored_record *instrumented,
                  struct accounts *ret, struct error *err);
void accounts_done(struct accounts *accounts); /* for CLEANUP; all zeroes is fine */
