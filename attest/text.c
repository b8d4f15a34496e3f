/* SPDX-License-Identifier: MIT */
/* Capacity is kept at the next power of two, so adding is cheap. */
#include "attest/text.h"

#include <stdlib.h>

static size_t capacity_for(size_t size)
{
    size_t capacity = 32;
    while (capacity < size) {
        capacity *= 2;
    }
    return capacity;
}

void text_add(struct text *text, struct bytes more)
{
    size_t capacity = capacity_for(text->size + more.size + 1);
    if (text->data == NULL || capacity != capacity_for(text->size + 1)) {
        text->data = realloc(text->data, capacity);
        if (text->data == NULL) {
            abort();
        }
    }
    if (more.size != 0) {
        memcpy(text->data + text->size, more.data, more.size);
    }
    text->size += more.size;
    text->data[text->size] = 0;
}

void text_add_string(struct text *text, const char *more)
{
    text_add(text, bytes_of_text(more));
}

void text_add_char(struct text *text, char more)
{
    text_add(text, bytes_of(&more, 1));
}

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}

char *text_copy(struct bytes from)
{
    char *copy = malloc(from.size + 1);
    if (copy == NULL) {
        abort();
    }
    if (from.size != 0) {
        memcpy(copy, from.data, from.size);
    }
    copy[from.size] = 0;
    return copy;
}
