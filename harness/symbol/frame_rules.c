#include "symbol/frame_rules.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "profile/store.h"
#include "symbol/symbols_parts.h"

#define FRAME_RULES_MAX_BYTES ((size_t)256 << 20)
#define FRAME_RULES_SLOTS_MIN ((size_t)1024)

/* A place that was looked at. */
struct frame_slot {
    struct code_address address; /* file 0: free */
    uint32_t set;                /* from 1; 0: there are no rules */
};

/* Open addressing; half of the slots stay free. Equal rules are one set. */
struct frame_rules {
    struct store store;
    struct intern sets;
    struct frame_slot *slots;
    size_t n_slots; /* a power of two */
    size_t n;
};

int frame_rules_new(struct frame_rules **ret, struct error *err)
{
    struct frame_rules *rules = calloc(1, sizeof(*rules));
    if (rules == NULL)
        return error_out_of_memory(err);
    rules->n_slots = FRAME_RULES_SLOTS_MIN;
    rules->slots = calloc(rules->n_slots, sizeof(*rules->slots));
    if (rules->slots == NULL || store_init(&rules->store, FRAME_RULES_MAX_BYTES, err) < 0 ||
        intern_init(&rules->sets, &rules->store, err) < 0) {
        frame_rules_free(rules);
        return error_out_of_memory(err);
    }
    *ret = rules;
    return 0;
}

void frame_rules_free(struct frame_rules *rules)
{
    if (rules == NULL)
        return;
    intern_done(&rules->sets);
    store_done(&rules->store);
    free(rules->slots);
    free(rules);
}

static struct frame_slot *frame_rules_slot(struct frame_slot *slots, size_t n_slots,
                                           const struct code_address *address)
{
    uint64_t hash = (address->address ^ (uint64_t)address->file << 48) * 0x9e3779b97f4a7c15;
    size_t at = (size_t)(hash >> 32) & (n_slots - 1);
    while (slots[at].address.file != 0 && (slots[at].address.address != address->address ||
                                           slots[at].address.file != address->file))
        at = (at + 1) & (n_slots - 1);
    return &slots[at];
}

static int frame_rules_grow(struct frame_rules *rules, struct error *err)
{
    size_t n_slots = rules->n_slots * 2;
    struct frame_slot *slots = calloc(n_slots, sizeof(*slots));
    if (slots == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < rules->n_slots; i++)
        if (rules->slots[i].address.file != 0)
            *frame_rules_slot(slots, n_slots, &rules->slots[i].address) = rules->slots[i];
    free(rules->slots);
    rules->slots = slots;
    rules->n_slots = n_slots;
    return 0;
}

/* Operations that stay. */
static int frame_copy_operations(struct frame_rules *rules, const Dwarf_Op *operations, size_t n,
                                 const Dwarf_Op **ret, struct error *err)
{
    if (n > UINT16_MAX)
        return error_set(err, ERROR_USAGE, "call frame information: an expression of %zu parts", n);
    Dwarf_Op *copy = store_alloc(&rules->store, n * sizeof(*copy), err);
    if (copy == NULL)
        return -1;
    memcpy(copy, operations, n * sizeof(*copy));
    *ret = copy;
    return 0;
}

static bool frame_is_offset(uint64_t number)
{
    return (int64_t)number >= INT32_MIN && (int64_t)number <= INT32_MAX;
}

/* "register + offset"? */
static bool frame_is_register_offset(const Dwarf_Op *operation, uint64_t *ret_register,
                                     int32_t *ret_offset)
{
    uint64_t offset = operation->number;
    *ret_register = (uint64_t)operation->atom - DW_OP_breg0;
    if (operation->atom == DW_OP_bregx) {
        *ret_register = operation->number;
        offset = operation->number2;
    } else if (operation->atom < DW_OP_breg0 || operation->atom > DW_OP_breg31) {
        return false;
    }
    *ret_offset = (int32_t)offset;
    return *ret_register < FRAME_REGISTERS && frame_is_offset(offset);
}

static int frame_make_cfa(struct frame_rules *rules, Dwarf_Frame *frame, struct frame_rule_set *ret,
                          struct error *err)
{
    Dwarf_Op *operations = NULL;
    size_t n = 0;
    uint64_t number = 0;
    if (dwarf_frame_cfa(frame, &operations, &n) != 0 || n == 0)
        return 1;
    if (n == 1 && frame_is_register_offset(operations, &number, &ret->cfa_offset)) {
        ret->cfa_register = (uint8_t)number;
        return 0;
    }
    ret->n_cfa = (uint16_t)n;
    return frame_copy_operations(rules, operations, n, &ret->cfa, err);
}

/* "CFA", or "CFA + offset"? */
static bool frame_is_cfa_offset(const Dwarf_Op *operations, size_t n, int32_t *ret)
{
    *ret = 0;
    if (n == 0 || operations[0].atom != DW_OP_call_frame_cfa)
        return false;
    if (n == 1)
        return true;
    *ret = (int32_t)operations[1].number;
    bool is_sum = (n == 2 && operations[1].atom == DW_OP_plus_uconst) ||
                  (n == 3 && operations[2].atom == DW_OP_plus &&
                   (operations[1].atom == DW_OP_consts || operations[1].atom == DW_OP_constu));
    return is_sum && frame_is_offset(operations[1].number);
}

/* The rule of a register: one more of the set, or a bit of those that are as they are. */
static int frame_make_rule(struct frame_rules *rules, Dwarf_Frame *frame, unsigned number,
                           struct frame_rule_set *set, struct error *err)
{
    Dwarf_Op place[3];
    Dwarf_Op *operations = NULL;
    size_t n = 0;
    struct frame_rule *rule = &set->rules[set->n_rules];
    if (dwarf_frame_register(frame, (int)number, place, &operations, &n) != 0)
        return 0;
    if (n == 0) {
        set->same |= operations == NULL ? (uint64_t)1 << number : 0;
        return 0;
    }
    rule->number = (uint8_t)number;
    set->n_rules++;
    bool is_value = operations[n - 1].atom == DW_OP_stack_value;
    n -= is_value;
    if (frame_is_cfa_offset(operations, n, &rule->offset)) {
        rule->kind = is_value ? FRAME_IS : FRAME_AT;
        return 0;
    }
    rule->offset = 0;
    const Dwarf_Op *first = &operations[0];
    bool is_register = n == 1 && !is_value;
    uint64_t source =
        first->atom == DW_OP_regx ? first->number : (uint64_t)first->atom - DW_OP_reg0;
    if (is_register && source < FRAME_REGISTERS &&
        (first->atom == DW_OP_regx || first->atom <= DW_OP_reg31)) {
        rule->kind = FRAME_REGISTER;
        rule->offset = (int32_t)source;
        return 0;
    }
    rule->kind = is_value ? FRAME_IS_RESULT : FRAME_AT_RESULT;
    rule->n_operations = (uint16_t)n;
    return frame_copy_operations(rules, operations, n, &rule->operations, err);
}

/* What nothing is said of: the stack pointer is what it was before the call. And is there a return
 * address? */
static void frame_complete_set(struct frame_rule_set *set)
{
    bool has_sp = false;
    bool has_return = (set->same >> set->return_register & 1) != 0;
    for (unsigned i = 0; i < set->n_rules; i++) {
        has_sp = has_sp || set->rules[i].number == FRAME_REGISTER_SP;
        has_return = has_return || set->rules[i].number == set->return_register;
    }
    set->is_outermost = !has_return;
    set->same &= ~((uint64_t)1 << FRAME_REGISTER_SP);
    if (has_sp)
        return;
    set->rules[set->n_rules].kind = FRAME_IS;
    set->rules[set->n_rules++].number = FRAME_REGISTER_SP;
}

/* 1: it has no CFA. */
static int frame_make_set(struct frame_rules *rules, Dwarf_Frame *frame, struct frame_rule_set *ret,
                          struct error *err)
{
    Dwarf_Addr begin = 0;
    Dwarf_Addr end = 0;
    memset(ret, 0, sizeof(*ret)); /* sets are compared as bytes */
    int return_register = dwarf_frame_info(frame, &begin, &end, &ret->is_signal);
    if (return_register < 0 || return_register >= FRAME_REGISTERS)
        return 1;
    ret->return_register = (uint8_t)return_register;
    int status = frame_make_cfa(rules, frame, ret, err);
    for (unsigned i = 0; i < FRAME_REGISTERS && status == 0; i++)
        status = frame_make_rule(rules, frame, i, ret, err);
    frame_complete_set(ret);
    return status;
}

/* The frame of an address by either kind of call frame information; NULL: by none. malloc'd. */
static Dwarf_Frame *frame_find(const struct elf_image *image, uint64_t address)
{
    Dwarf_Frame *frame = NULL;
    Dwarf_Addr bias = 0;
    GElf_Ehdr header;
    if (gelf_getehdr(image->elf, &header) == NULL || header.e_machine != FRAME_REGISTER_MACHINE)
        return NULL;
    Dwarf_CFI *cfi = dwfl_module_eh_cfi(image->module, &bias);
    if (cfi != NULL && dwarf_cfi_addrframe(cfi, address + image->bias - bias, &frame) == 0)
        return frame;
    cfi = dwfl_module_dwarf_cfi(image->module, &bias);
    if (cfi != NULL && dwarf_cfi_addrframe(cfi, address + image->bias - bias, &frame) == 0)
        return frame;
    return NULL;
}

/* The number of the set of an address; 0: it has none. */
static int frame_rules_make(struct frame_rules *rules, struct symbols *symbols,
                            const struct code_address *address, uint32_t *ret, struct error *err)
{
    struct frame_rule_set set;
    uint32_t number = 0;
    const struct elf_image *image = symbols_image(symbols, address->file);
    CLEANUP(freep) Dwarf_Frame *frame = image != NULL ? frame_find(image, address->address) : NULL;
    *ret = 0;
    if (frame == NULL)
        return 0;
    int status = frame_make_set(rules, frame, &set, err);
    if (status != 0)
        return status < 0 ? -1 : 0;
    if (intern_add(&rules->sets, &set, sizeof(set), &number, err) < 0)
        return -1;
    *ret = number + 1;
    return 0;
}

int frame_rules_find(struct frame_rules *rules, struct symbols *symbols,
                     const struct code_address *address, const struct frame_rule_set **ret,
                     struct error *err)
{
    *ret = NULL;
    if (address->file == 0)
        return 0;
    struct frame_slot *slot = frame_rules_slot(rules->slots, rules->n_slots, address);
    if (slot->address.file == 0) {
        uint32_t set = 0;
        if (frame_rules_make(rules, symbols, address, &set, err) < 0)
            return -1;
        if ((rules->n + 1) * 2 > rules->n_slots && frame_rules_grow(rules, err) < 0)
            return -1;
        slot = frame_rules_slot(rules->slots, rules->n_slots, address);
        *slot = (struct frame_slot){.address = *address, .set = set};
        rules->n++;
    }
    if (slot->set != 0)
        *ret = rules->sets.keys[slot->set - 1].data;
    return 0;
}
