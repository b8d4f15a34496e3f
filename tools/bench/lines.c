/* SPDX-License-Identifier: MIT */
/*
 * lines FILE...: counts lines of C, assembly and .def files that hold
 * anything but white space and comments.  Prints lines per file and a total.
 * Strings and character constants are read as such, so a comment's mark in
 * one is not a comment.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum state { CODE, TEXT, LINE_COMMENT, BLOCK_COMMENT };

struct counter {
    enum state state;
    char quote;    /* what ends TEXT */
    bool has_code; /* on this line */
    long lines;
};

/* Takes one character with the one after it; returns how many it used. */
static int counter_take(struct counter *c, int now, int next)
{
    if (now == '\n') {
        c->lines += c->has_code ? 1 : 0;
        c->has_code = false;
        if (c->state == LINE_COMMENT || c->state == TEXT) {
            c->state = CODE;
        }
        return 1;
    }
    switch (c->state) {
    case CODE:
        if (now == '/' && (next == '/' || next == '*')) {
            c->state = next == '/' ? LINE_COMMENT : BLOCK_COMMENT;
            return 2;
        }
        if (now == '"' || now == '\'') {
            c->state = TEXT;
            c->quote = (char)now;
        }
        c->has_code |= strchr(" \t\r\f\v", now) == NULL;
        return 1;
    case TEXT:
        c->has_code = true;
        if (now == '\\' && next != '\n') {
            return 2;
        }
        if (now == c->quote) {
            c->state = CODE;
        }
        return 1;
    case BLOCK_COMMENT:
        if (now == '*' && next == '/') {
            c->state = CODE;
            return 2;
        }
        return 1;
    case LINE_COMMENT:
        return 1;
    }
    return 1;
}

static long count_file(FILE *file)
{
    struct counter counter = {.state = CODE};
    int now = fgetc(file);

    while (now != EOF) {
        int next = fgetc(file);

        if (counter_take(&counter, now, next) == 2) {
            next = fgetc(file);
        }
        now = next;
    }
    return counter.lines + (counter.has_code ? 1 : 0);
}

int main(int argc, char **argv)
{
    long total = 0;

    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "r");
        long lines;

        if (file == NULL) {
            fprintf(stderr, "lines: %s: %s\n", argv[i], strerror(errno));
            return 1;
        }
        lines = count_file(file);
        fclose(file);
        printf("%6ld %s\n", lines, argv[i]);
        total += lines;
    }
    printf("%6ld total\n", total);
    return 0;
}
