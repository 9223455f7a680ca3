/* What may grow by how much before the gate minds: $.gate. */
#include "scenario/gate_fields.h"

#include "base/units.h"
#include "scenario/tables.h"

static const char *const gate_keys[] = {
#define X(figure, key) key,
    GATE_FIGURES(X)
#undef X
        NULL,
};

int gate_budgets_read(const struct json_place *place, struct gate_budgets *budgets,
                      struct error *err)
{
    if (json_expect_object(place, err) < 0 || json_check_keys(place, gate_keys, err) < 0)
        return -1;
    for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++) {
        struct json_place entry;
        const char *text = NULL;
        if (!json_member(place, gate_keys[f], &entry))
            continue;
        if (json_string(&entry, &text, err) < 0)
            return -1;
        if (gate_budget_parse(f, text, &budgets->figure[f], err) < 0)
            return json_error_prefix(&entry, err);
    }
    budgets->line = json_line(place);
    return 0;
}

void gate_budgets_write(struct json_writer *writer, const char *key,
                        const struct gate_budgets *budgets)
{
    char text[UNITS_TEXT_MAX];
    if (!gate_budgets_given(budgets))
        return;
    json_write_object(writer, key);
    for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++)
        if (budgets->figure[f].given)
            json_write_text(writer, gate_keys[f], gate_budget_text(f, &budgets->figure[f], text));
    json_write_close_object(writer);
}

int settings_read_gate(struct reader *reader, const struct json_place *place, void *object,
                       struct error *err)
{
    (void)reader;
    return gate_budgets_read(place, &((struct settings *)object)->gate, err);
}

void settings_write_gate(struct json_writer *writer, const char *key, const void *object)
{
    gate_budgets_write(writer, key, &((const struct settings *)object)->gate);
}
