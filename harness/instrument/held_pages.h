#pragma once
/* Who touched the pages of each process: the stack of the page fault, by page. Pure: it is told
 * what happens, in the order in which it does. Addresses and lengths are in bytes.
 *
 * A page that is touched again belongs to whoever does (it was given back meanwhile, or only read
 * before); but once the process has forked a page is touched again because it is written to, and
 * is still the same memory: then it stays whose it was. A forked child owns what it writes; the
 * rest is its parent's, and when the parent ends before it, the child's (whoever goes into the
 * background forks, and its parent ends). */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct held_pages;

/* An empty one, of pages of this size (a power of two). The caller owns *ret. */
int held_pages_new(uint64_t page_bytes, struct held_pages **ret, struct error *err);
void held_pages_free(struct held_pages *held); /* NULL is fine */

/* A page fault at this address. */
int held_pages_touch(struct held_pages *held, pid_t pid, uint64_t address, uint32_t stack,
                     struct error *err);

/* The pages that lie in there as a whole are nobody's: they were given back. */
void held_pages_forget(struct held_pages *held, pid_t pid, uint64_t address, uint64_t length);

/* The heap ends here; what was beyond is gone. 0: not known. */
void held_pages_break(struct held_pages *held, pid_t pid, uint64_t address);

/* mremap: they are at `address` now. */
int held_pages_move(struct held_pages *held, pid_t pid, uint64_t old_address, uint64_t length,
                    uint64_t address, struct error *err);

/* A new process shares what its parent has. */
int held_pages_fork(struct held_pages *held, pid_t pid, pid_t parent, struct error *err);

/* The process has none of it any more: exec, or its end. */
int held_pages_leave(struct held_pages *held, pid_t pid, struct error *err);

/* Who touched the page of this address; false: not known. */
bool held_pages_get(struct held_pages *held, pid_t pid, uint64_t address, uint32_t *ret_stack);

/* The same of the process that forked this one, or of that one's, and so on: of a page that this
 * one has not touched. */
bool held_pages_get_inherited(struct held_pages *held, pid_t pid, uint64_t address,
                              uint32_t *ret_stack);

/* Whether it was forked by another that is still there: what it shares is the other's. */
bool held_pages_has_parent(const struct held_pages *held, pid_t pid);

/* Whether it has forked or was forked, so that pages of it may be other processes', too. */
bool held_pages_may_share(const struct held_pages *held, pid_t pid);

/* Forget all pages of a process that nobody asked for (held_pages_get) since the last sweep: they
 * are long gone, and take up room. */
void held_pages_sweep(struct held_pages *held, pid_t pid);

/* The addresses of all its pages from range[0] up to (without) range[1] that are known, in order.
 * The caller owns *ret. */
int held_pages_list(const struct held_pages *held, pid_t pid, const uint64_t range[2],
                    uint64_t **ret, size_t *ret_n, struct error *err);
