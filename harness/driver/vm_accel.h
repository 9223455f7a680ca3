#pragma once
/* Whether guests start under KVM on this machine, remembered.
 *
 * That /dev/kvm opens proves nothing: nested and filtered hypervisors create a VM and then hang
 * in it or refuse a register. Only a guest that has started is proof; since that takes a moment,
 * the answer is kept (beside the guest's kernel in the user's cache, or below XDG_RUNTIME_DIR) for
 * as long as the machine stays up and QEMU and the kernel are the same. */
#include "driver/vm_qemu.h"

/* May we try at all? */
bool vm_accel_kvm_opens(void);

/* What an answer holds for: this boot of this machine, that QEMU, that guest kernel. Returns
 * text. */
const char *vm_accel_key(const char *qemu, const char *kernel, char *text, size_t size);

/* The answer kept for this key, or VM_ACCEL_AUTO. */
enum vm_accel vm_accel_recall(const char *key);

/* Keep it; if it cannot be kept, it will be found out again. */
void vm_accel_remember(const char *key, enum vm_accel accel);
