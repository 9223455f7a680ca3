#include "tests/support/machine.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

static bool machine_is_warning(const char *text)
{
    static const char *const begins[] = {"the machine swapped ", "the kernel OOM-killed ",
                                         "the hypervisor took "};
    for (size_t i = 0; i < ARRAY_LENGTH(begins); i++)
        if (strncmp(text, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

void machine_forget_warnings(struct record *record)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < record->n_warnings; i++)
        if (!machine_is_warning(record->warnings[i]))
            memmove(record->warnings[kept++], record->warnings[i], sizeof(record->warnings[i]));
    record->n_warnings = kept;
}

size_t machine_resident_pages(void)
{
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%*s %zu", &pages), 1);
    fclose(file);
    return pages;
}
