/* SPDX-License-Identifier: MIT */
/* Needleman and Wunsch's dynamic programming over at most 2048 x 2048. */
#include "attest/align.h"

#include <stdint.h>
#include <stdlib.h>

#define GAP 3u

enum step { STEP_PAIR, STEP_MISSING, STEP_EXTRA };

struct table {
    size_t width;
    uint32_t *row; /* costs of the row being made */
    uint8_t *steps;
};

static void fill_row(const struct align_input *input, struct table *table,
                     size_t i)
{
    uint32_t diagonal = table->row[0];
    table->row[0] = (uint32_t)i * GAP;
    table->steps[i * table->width] = STEP_MISSING;
    for (size_t j = 1; j < table->width; j++) {
        uint32_t pair = diagonal + input->cost(input->context, i - 1, j - 1);
        uint32_t missing = table->row[j] + GAP;
        uint32_t extra = table->row[j - 1] + GAP;
        enum step step = STEP_PAIR;
        uint32_t best = pair;
        if (missing < best) {
            best = missing;
            step = STEP_MISSING;
        }
        if (extra < best) {
            best = extra;
            step = STEP_EXTRA;
        }
        diagonal = table->row[j];
        table->row[j] = best;
        table->steps[i * table->width + j] = (uint8_t)step;
    }
}

static size_t walk_back(const struct align_input *input,
                        const struct table *table, struct align_pair *pairs)
{
    size_t i = input->expected_count, j = input->found_count, count = 0;
    while (i > 0 || j > 0) {
        struct align_pair pair = {ALIGN_NONE, ALIGN_NONE};
        enum step step = table->steps[i * table->width + j];
        if (step != STEP_EXTRA) {
            pair.expected = --i;
        }
        if (step != STEP_MISSING) {
            pair.found = --j;
        }
        pairs[count++] = pair;
    }
    for (size_t k = 0; k < count / 2; k++) {
        struct align_pair swapped = pairs[k];
        pairs[k] = pairs[count - 1 - k];
        pairs[count - 1 - k] = swapped;
    }
    return count;
}

size_t align_sequences(const struct align_input *input,
                       struct align_pair *pairs)
{
    struct table table = {.width = input->found_count + 1};
    table.row = malloc(table.width * sizeof(*table.row));
    table.steps = malloc((input->expected_count + 1) * table.width);
    if (table.row == NULL || table.steps == NULL) {
        abort();
    }
    for (size_t j = 0; j < table.width; j++) {
        table.row[j] = (uint32_t)j * GAP;
        table.steps[j] = STEP_EXTRA;
    }
    for (size_t i = 1; i <= input->expected_count; i++) {
        fill_row(input, &table, i);
    }
    size_t count = walk_back(input, &table, pairs);
    free(table.row);
    free(table.steps);
    return count;
}
