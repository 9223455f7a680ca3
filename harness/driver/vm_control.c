#include "driver/vm_control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *vm_control_space(struct vm_control *control, size_t *ret_size)
{
    /* A line that fills all of it is no line of ours. */
    if (control->length == sizeof(control->data))
        control->length = 0;
    *ret_size = sizeof(control->data) - control->length;
    return control->data + control->length;
}

void vm_control_received(struct vm_control *control, size_t length)
{
    control->length += length;
}

static bool vm_report_parse(const char *line, struct vm_report *ret)
{
    static const struct {
        const char *word;
        enum vm_report_kind kind;
        bool has_number;
    } forms[] = {
        {"release ", VM_REPORT_RELEASE, false}, {"up", VM_REPORT_UP, false},
        {"alive", VM_REPORT_ALIVE, false},      {"error ", VM_REPORT_ERROR, false},
        {"exit ", VM_REPORT_EXIT, true},        {"signal ", VM_REPORT_SIGNAL, true},
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        size_t length = strlen(forms[i].word);
        if (strncmp(line, forms[i].word, length) != 0)
            continue;
        char *end = NULL;
        long number = strtol(line + length, &end, 10);
        if (forms[i].has_number && (end == line + length || *end != '\0'))
            return false;
        ret->kind = forms[i].kind;
        ret->number = forms[i].has_number ? (int)number : 0;
        snprintf(ret->text, sizeof(ret->text), "%s", line + length);
        return true;
    }
    return false;
}

bool vm_control_next(struct vm_control *control, struct vm_report *ret)
{
    char *newline = NULL;
    bool found = false;

    while (!found && (newline = memchr(control->data, '\n', control->length)) != NULL) {
        size_t taken = (size_t)(newline - control->data) + 1;

        *newline = '\0';
        found = vm_report_parse(control->data, ret);
        control->length -= taken;
        memmove(control->data, newline + 1, control->length);
    }
    return found;
}

void vm_tail_add(struct vm_tail *tail, const char *data, size_t length)
{
    size_t size = sizeof(tail->data);

    if (length >= size) {
        data += length - size;
        length = size;
    }
    if (tail->length + length > size) {
        size_t dropped = tail->length + length - size;
        tail->length -= dropped;
        memmove(tail->data, tail->data + dropped, tail->length);
    }
    memcpy(tail->data + tail->length, data, length);
    tail->length += length;
}

const char *vm_tail_text(const struct vm_tail *tail, unsigned lines, char *text, size_t size)
{
    size_t end = tail->length;
    while (end > 0 && (unsigned char)tail->data[end - 1] <= ' ')
        end--;

    size_t start = end;
    while (start > 0 && end - start < size - 1 && (tail->data[start - 1] != '\n' || --lines > 0))
        start--;

    for (size_t i = start; i < end; i++) {
        unsigned char c = (unsigned char)tail->data[i];
        text[i - start] = c == '\n' || (c >= ' ' && c != 0x7f) ? (char)c : ' ';
    }
    text[end - start] = '\0';
    return text;
}
