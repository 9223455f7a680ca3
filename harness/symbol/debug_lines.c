#include "symbol/debug_lines.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "symbol/address_ranges.h"
#include "symbol/function_name.h"

#define DEBUG_CHAIN_MAX 64 /* functions inlined in each other */
#define DEBUG_NEST_MAX  16 /* name spaces and types around functions */

/* A compiled unit that was looked into. */
struct debug_unit {
    Dwarf_Off offset; /* of its DIE */
    struct address_ranges functions;
};

struct debug_lines {
    Dwarf *dwarf;
    struct debug_unit *units;
    size_t n_units, capacity_units;
    struct address_ranges units_by_address; /* where the file has no table of that */
    bool has_units_by_address;
};

int debug_lines_new(Dwarf *dwarf, struct debug_lines **ret, struct error *err)
{
    struct debug_lines *lines = calloc(1, sizeof(*lines));
    if (lines == NULL)
        return error_out_of_memory(err);
    lines->dwarf = dwarf;
    *ret = lines;
    return 0;
}

void debug_lines_free(struct debug_lines *lines)
{
    if (lines == NULL)
        return;
    for (size_t i = 0; i < lines->n_units; i++)
        address_ranges_done(&lines->units[i].functions);
    address_ranges_done(&lines->units_by_address);
    free(lines->units);
    free(lines);
}

/* Add what addresses a DIE covers. */
static int debug_add_ranges(Dwarf_Die *die, struct address_ranges *ranges, struct error *err)
{
    Dwarf_Addr base = 0;
    Dwarf_Addr begin = 0;
    Dwarf_Addr end = 0;
    ptrdiff_t at = 0;
    Dwarf_Off offset = dwarf_dieoffset(die);
    while ((at = dwarf_ranges(die, at, &base, &begin, &end)) > 0) {
        if (address_ranges_add(ranges, begin, end, offset, err) < 0)
            return -1;
    }
    return 0;
}

/* The DIE behind this one; false: there is none, or (in a broken file) it is no later one. */
static bool debug_next(Dwarf_Die *die)
{
    Dwarf_Off offset = dwarf_dieoffset(die);
    return dwarf_siblingof(die, die) == 0 && dwarf_dieoffset(die) > offset;
}

static bool debug_may_hold_functions(int tag)
{
    return tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_structure_type ||
           tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

/* The functions of a unit, by address. */
static int debug_add_functions(Dwarf_Die *unit, struct address_ranges *ranges, struct error *err)
{
    Dwarf_Die nest[DEBUG_NEST_MAX];
    unsigned depth = 0;
    if (dwarf_child(unit, &nest[0]) != 0)
        return 0;
    for (;;) {
        Dwarf_Die *die = &nest[depth];
        int tag = dwarf_tag(die);
        if (tag == DW_TAG_subprogram && debug_add_ranges(die, ranges, err) < 0)
            return -1;
        if (debug_may_hold_functions(tag) && depth + 1 < DEBUG_NEST_MAX &&
            dwarf_child(die, &nest[depth + 1]) == 0) {
            depth++;
            continue;
        }
        while (!debug_next(&nest[depth])) {
            if (depth == 0)
                return 0;
            depth--;
        }
    }
}

/* The unit of this DIE, with its functions. */
static int debug_lines_unit(struct debug_lines *lines, Dwarf_Die *die, struct debug_unit **ret,
                            struct error *err)
{
    Dwarf_Off offset = dwarf_dieoffset(die);
    for (size_t i = lines->n_units; i-- > 0;) {
        if (lines->units[i].offset == offset) {
            *ret = &lines->units[i];
            return 0;
        }
    }
    if (lines->n_units == lines->capacity_units) {
        size_t capacity = lines->capacity_units == 0 ? 16 : lines->capacity_units * 2;
        struct debug_unit *grown = realloc(lines->units, capacity * sizeof(*grown));
        if (grown == NULL)
            return error_out_of_memory(err);
        lines->units = grown;
        lines->capacity_units = capacity;
    }
    struct debug_unit unit = {.offset = offset};
    if (debug_add_functions(die, &unit.functions, err) < 0) {
        address_ranges_done(&unit.functions);
        return -1;
    }
    address_ranges_sort(&unit.functions);
    lines->units[lines->n_units] = unit;
    *ret = &lines->units[lines->n_units++];
    return 0;
}

/* All units by their addresses: not every compiler writes .debug_aranges. */
static int debug_lines_index_units(struct debug_lines *lines, struct error *err)
{
    Dwarf_Off offset = 0;
    Dwarf_Off next = 0;
    size_t header = 0;
    lines->has_units_by_address = true;
    while (dwarf_nextcu(lines->dwarf, offset, &next, &header, NULL, NULL, NULL) == 0) {
        Dwarf_Die die;
        if (dwarf_offdie(lines->dwarf, offset + header, &die) != NULL &&
            debug_add_ranges(&die, &lines->units_by_address, err) < 0)
            return -1;
        if (next <= offset)
            break;
        offset = next;
    }
    address_ranges_sort(&lines->units_by_address);
    return 0;
}

/* The DIE of the unit of this address. 1: none is. */
static int debug_lines_unit_die(struct debug_lines *lines, uint64_t address, Dwarf_Die *ret,
                                struct error *err)
{
    uint64_t offset = 0;
    if (dwarf_addrdie(lines->dwarf, address, ret) != NULL)
        return 0;
    if (!lines->has_units_by_address && debug_lines_index_units(lines, err) < 0)
        return -1;
    if (!address_ranges_find(&lines->units_by_address, address, &offset))
        return 1;
    return dwarf_offdie(lines->dwarf, offset, ret) != NULL ? 0 : 1;
}

/* A child of this DIE that the address is in, and that is (or may hold) an inlined function. */
static bool debug_inner(Dwarf_Die *die, uint64_t address, Dwarf_Die *ret)
{
    if (dwarf_child(die, ret) != 0)
        return false;
    do {
        int tag = dwarf_tag(ret);
        if ((tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block ||
             tag == DW_TAG_try_block || tag == DW_TAG_catch_block) &&
            dwarf_haspc(ret, address) > 0)
            return true;
    } while (debug_next(ret));
    return false;
}

/* The function, and those that were inlined at this address in each other. */
static unsigned debug_chain(const Dwarf_Die *function, uint64_t address, Dwarf_Die *chain)
{
    Dwarf_Die die = *function;
    Dwarf_Die inner;
    unsigned n = 0;
    chain[n++] = die;
    while (n < DEBUG_CHAIN_MAX && debug_inner(&die, address, &inner)) {
        die = inner;
        if (dwarf_tag(&die) == DW_TAG_inlined_subroutine)
            chain[n++] = die;
    }
    return n;
}

static const char *debug_name(Dwarf_Die *die)
{
    Dwarf_Attribute attribute;
    const char *linkage = NULL;
    if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute) != NULL ||
        dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute) != NULL)
        linkage = dwarf_formstring(&attribute);
    if (linkage != NULL && function_name_is_mangled(linkage))
        return linkage;
    const char *name = dwarf_diename(die);
    return name != NULL ? name : "";
}

static int64_t debug_number(Dwarf_Die *die, unsigned attribute_name)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value = 0;
    if (dwarf_attr(die, attribute_name, &attribute) == NULL ||
        dwarf_formudata(&attribute, &value) != 0 || value > INT32_MAX)
        return 0;
    return (int64_t)value;
}

/* Where the inlined function of this DIE is called. */
static void debug_call_place(Dwarf_Die *unit, Dwarf_Die *inlined, struct debug_frame *ret)
{
    Dwarf_Files *files = NULL;
    size_t n = 0;
    int64_t file = debug_number(inlined, DW_AT_call_file);
    ret->line = debug_number(inlined, DW_AT_call_line);
    if (dwarf_getsrcfiles(unit, &files, &n) != 0 || (size_t)file >= n)
        return;
    const char *name = dwarf_filesrc(files, (size_t)file, NULL, NULL);
    if (name != NULL && strcmp(name, "???") != 0)
        ret->file = name;
}

/* Where the address itself is. */
static void debug_place(Dwarf_Die *unit, uint64_t address, struct debug_frame *ret)
{
    int number = 0;
    Dwarf_Line *line = dwarf_getsrc_die(unit, address);
    if (line == NULL)
        return;
    const char *name = dwarf_linesrc(line, NULL, NULL);
    if (name != NULL)
        ret->file = name;
    if (dwarf_lineno(line, &number) == 0)
        ret->line = number;
}

static const char *debug_folder(Dwarf_Die *unit)
{
    Dwarf_Attribute attribute;
    const char *folder = NULL;
    if (dwarf_attr(unit, DW_AT_comp_dir, &attribute) != NULL)
        folder = dwarf_formstring(&attribute);
    return folder != NULL ? folder : "";
}

int debug_lines_find(struct debug_lines *lines, uint64_t address, struct debug_frame *ret,
                     unsigned max, unsigned *ret_n, struct error *err)
{
    Dwarf_Die unit_die;
    Dwarf_Die function;
    Dwarf_Die chain[DEBUG_CHAIN_MAX];
    struct debug_unit *unit = NULL;
    uint64_t offset = 0;
    *ret_n = 0;
    int status = debug_lines_unit_die(lines, address, &unit_die, err);
    if (status != 0)
        return status < 0 ? -1 : 0;
    if (debug_lines_unit(lines, &unit_die, &unit, err) < 0)
        return -1;
    const char *folder = debug_folder(&unit_die);
    unsigned n = 0;
    if (address_ranges_find(&unit->functions, address, &offset) &&
        dwarf_offdie(lines->dwarf, offset, &function) != NULL)
        n = debug_chain(&function, address, chain);
    if (n == 0 && max > 0) {
        /* Assembly: lines without functions. */
        ret[0] = (struct debug_frame){.function = "", .file = "", .folder = folder};
        debug_place(&unit_die, address, &ret[0]);
        *ret_n = *ret[0].file != '\0';
    }
    for (unsigned i = 0; i < n && i < max; i++) {
        Dwarf_Die *die = &chain[n - 1 - i];
        ret[i] = (struct debug_frame){.function = debug_name(die), .file = "", .folder = folder};
        if (i == 0)
            debug_place(&unit_die, address, &ret[i]);
        else
            debug_call_place(&unit_die, &chain[n - i], &ret[i]);
        *ret_n = i + 1;
    }
    return 0;
}
