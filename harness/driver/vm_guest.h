#pragma once
/* One running guest: QEMU as a child process, and the streams between it and us.
 *
 * Nothing of it outlives this process: QEMU dies with us, and what it works on is in memory. */
#include "base/clock.h"
#include "base/error.h"
#include "driver/vm_control.h"
#include "driver/vm_qemu.h"

/* Where the command's output goes, as it comes. */
struct vm_io {
    /* fd is 1 or 2. Called from vm_guest_serve(); may block, and the guest then waits. NULL: the
     * output is dropped. */
    void (*output)(void *context, int fd, const char *data, size_t length);
    void *context;
};

struct vm_guest;

/* Power it on. The stream descriptors of `spec` are made here; its initramfs_fd stays the
 * caller's. The caller owns *ret. */
int vm_guest_start(const struct vm_qemu_spec *spec, const struct vm_io *io, struct vm_guest **ret,
                   struct error *err);

/* Pass on output until the guest reports something, until the deadline, or for 100 ms, so that the
 * caller can look for an interrupt. 0: *ret is filled; 1: nothing yet; -1: the guest has ended
 * without a word, or has been silent for too long, and the error holds its last words. */
int vm_guest_serve(struct vm_guest *guest, nsec_t deadline_ns, struct vm_report *ret,
                   struct error *err);

/* Ask the guest to send this signal to its command. */
void vm_guest_signal(struct vm_guest *guest, int number);

/* An error, with the last words of QEMU and the guest's kernel after the text. Returns -1. */
int vm_guest_error(const struct vm_guest *guest, enum error_kind kind, const char *text,
                   struct error *err);

/* What its kernel said last, a few lines, into text[size]; "" when it said nothing. */
void vm_guest_last_words(const struct vm_guest *guest, char *text, size_t size);

/* Power it off, at once, and forget it. NULL is fine. */
void vm_guest_free(struct vm_guest *guest);
void vm_guest_freep(struct vm_guest **guest); /* for CLEANUP */
