#include "instrument/process_table.h"

#include <stdlib.h>

#define PROCESSES_FIRST 64

static size_t process_table_slot(const struct process_entry *slots, size_t n_slots, pid_t pid)
{
    size_t at = (size_t)pid * 2654435761U & (n_slots - 1);
    while (slots[at].pid != 0 && slots[at].pid != pid)
        at = (at + 1) & (n_slots - 1);
    return at;
}

void *process_table_get(const struct process_table *table, pid_t pid)
{
    if (table->n_slots == 0)
        return NULL;
    return table->slots[process_table_slot(table->slots, table->n_slots, pid)].value;
}

/* A new one of the size that those need which are there. */
static int process_table_resize(struct process_table *table, struct error *err)
{
    size_t used = 0;
    for (size_t i = 0; i < table->n_slots; i++)
        used += table->slots[i].value != NULL;
    size_t n_slots = PROCESSES_FIRST;
    while (n_slots < 4 * (used + 1))
        n_slots *= 2;
    struct process_entry *slots = calloc(n_slots, sizeof(*slots));
    if (slots == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < table->n_slots; i++)
        if (table->slots[i].value != NULL)
            slots[process_table_slot(slots, n_slots, table->slots[i].pid)] = table->slots[i];
    free(table->slots);
    *table = (struct process_table){.slots = slots, .n_slots = n_slots, .n = used};
    return 0;
}

int process_table_set(struct process_table *table, pid_t pid, void *value, struct error *err)
{
    if ((table->n + 1) * 2 > table->n_slots && process_table_resize(table, err) < 0)
        return -1;
    struct process_entry *slot =
        &table->slots[process_table_slot(table->slots, table->n_slots, pid)];
    table->n += slot->pid == 0;
    *slot = (struct process_entry){.pid = pid, .value = value};
    return 0;
}

void *process_table_need(struct process_table *table, pid_t pid, size_t size, struct error *err)
{
    void *value = process_table_get(table, pid);
    if (value != NULL)
        return value;
    value = calloc(1, size);
    if (value == NULL) {
        error_out_of_memory(err);
        return NULL;
    }
    if (process_table_set(table, pid, value, err) < 0) {
        free(value);
        return NULL;
    }
    return value;
}

void *process_table_take(struct process_table *table, pid_t pid)
{
    if (table->n_slots == 0)
        return NULL;
    struct process_entry *slot =
        &table->slots[process_table_slot(table->slots, table->n_slots, pid)];
    void *value = slot->value;
    slot->value = NULL;
    return value;
}

void process_table_done(struct process_table *table)
{
    free(table->slots);
    *table = (struct process_table){0};
}
