/* SPDX-License-Identifier: MIT */
/*
 * A word ends at a blank, a statement at a newline or a semicolon. An unquoted
 * variable is split at its blanks and vanishes if empty; a quoted one stays
 * whole. { at the start of a word opens a block, taken verbatim.
 */
#include "attest/grub_words.h"

#include <ctype.h>

struct lexer {
    struct bytes script;
    size_t at;
    const struct grub_variables *variables;
    struct grub_words *out;
    struct text word;
    bool is_word; /* also true for an empty but quoted word */
};

static int peek(const struct lexer *lexer)
{
    return lexer->at < lexer->script.size ? lexer->script.data[lexer->at] : -1;
}

static void fail(struct lexer *lexer, const char *error)
{
    if (lexer->out->error == NULL) {
        lexer->out->error = error;
    }
}

static void end_word(struct lexer *lexer)
{
    if (!lexer->is_word) {
        return;
    }
    if (lexer->out->count == GRUB_MAX_WORDS) {
        fail(lexer, "too many words");
        return;
    }
    if (lexer->word.data == NULL) {
        text_add_string(&lexer->word, "");
    }
    lexer->out->words[lexer->out->count++] = lexer->word;
    lexer->word = (struct text){0};
    lexer->is_word = false;
}

static bool is_blank(int character)
{
    return character == ' ' || character == '\t';
}

static void add_split(struct lexer *lexer, const char *value)
{
    while (is_blank(*value)) {
        value++;
    }
    while (*value != 0) {
        if (is_blank(*value)) {
            while (is_blank(*value)) {
                value++;
            }
            if (*value != 0) {
                end_word(lexer);
            }
            continue;
        }
        text_add_char(&lexer->word, *value++);
        lexer->is_word = true;
    }
}

static bool is_name(int character)
{
    return character == '_' || isalnum(character);
}

/* At a dollar sign. Positional parameters are not modelled. */
static bool take_name(struct lexer *lexer, struct bytes *name)
{
    lexer->at++;
    bool is_braced = peek(lexer) == '{';
    size_t start = lexer->at += is_braced;
    while (peek(lexer) >= 0 && is_name(peek(lexer))) {
        lexer->at++;
    }
    *name = bytes_of(lexer->script.data + start, lexer->at - start);
    if (name->size == 0 || isdigit(name->data[0]) ||
        (is_braced && peek(lexer) != '}')) {
        fail(lexer, "only $name and ${name} are predicted");
        return false;
    }
    lexer->at += is_braced;
    return true;
}

static void take_variable(struct lexer *lexer, bool is_quoted)
{
    struct bytes name;
    if (!take_name(lexer, &name)) {
        return;
    }
    const char *value = lexer->variables->get(lexer->variables->context, name);
    if (value == NULL) {
        fail(lexer, "a variable whose value is known at boot only");
    } else if (is_quoted) {
        text_add_string(&lexer->word, value);
    } else {
        add_split(lexer, value);
    }
}

static void take_quoted(struct lexer *lexer, int quote)
{
    lexer->at++;
    lexer->is_word = true;
    while (peek(lexer) != quote && lexer->out->error == NULL) {
        int character = peek(lexer);
        if (character < 0) {
            fail(lexer, "a quote is not closed");
        } else if (quote == '"' && character == '$') {
            take_variable(lexer, true);
        } else if (quote == '"' && character == '\\') {
            fail(lexer, "a backslash is not predicted");
        } else {
            text_add_char(&lexer->word, (char)character);
            lexer->at++;
        }
    }
    lexer->at++;
}

static void skip_quoted(struct lexer *lexer)
{
    int quote = peek(lexer);
    do {
        lexer->at++;
    } while (peek(lexer) >= 0 && peek(lexer) != quote);
}

/* At the opening brace. Quotes hide braces; so do comments. */
static void take_block(struct lexer *lexer)
{
    size_t depth = 0;
    lexer->out->block_start = lexer->at;
    for (; peek(lexer) >= 0; lexer->at++) {
        switch (peek(lexer)) {
        case '{':
            depth++;
            break;
        case '}':
            if (--depth == 0) {
                lexer->out->block_end = ++lexer->at;
                text_add(&lexer->word,
                         bytes_of(lexer->script.data + lexer->out->block_start,
                                  lexer->at - lexer->out->block_start));
                lexer->is_word = true;
                end_word(lexer);
                return;
            }
            break;
        case '\'':
        case '"':
            skip_quoted(lexer);
            break;
        case '#':
            while (peek(lexer) >= 0 && peek(lexer) != '\n') {
                lexer->at++;
            }
            break;
        }
    }
    fail(lexer, "a block is not closed");
}

static void take_character(struct lexer *lexer)
{
    int character = peek(lexer);
    switch (character) {
    case '\'':
    case '"':
        take_quoted(lexer, character);
        break;
    case '$':
        take_variable(lexer, false);
        break;
    case '\\':
    case '*':
    case '?':
    case '|':
    case '&':
    case '<':
    case '>':
        fail(lexer, "backslashes, wildcards and pipes are not predicted");
        break;
    default:
        text_add_char(&lexer->word, (char)character);
        lexer->is_word = true;
        lexer->at++;
    }
}

static bool is_word_start(const struct lexer *lexer)
{
    return !lexer->is_word && lexer->word.size == 0;
}

/* Up to the end of the statement. */
static void take_statement(struct lexer *lexer)
{
    for (;;) {
        int character = peek(lexer);
        if (character < 0 || character == '\n' || character == ';' ||
            lexer->out->error != NULL) {
            break;
        }
        if (is_blank(character)) {
            end_word(lexer);
            lexer->at++;
        } else if (character == '#' && is_word_start(lexer)) {
            while (peek(lexer) >= 0 && peek(lexer) != '\n') {
                lexer->at++;
            }
        } else if (character == '{' && is_word_start(lexer)) {
            take_block(lexer);
        } else {
            take_character(lexer);
        }
    }
    end_word(lexer);
    text_free(&lexer->word);
}

static size_t line_of(struct bytes script, size_t offset)
{
    size_t line = 1;
    for (size_t i = 0; i < offset; i++) {
        line += script.data[i] == '\n';
    }
    return line;
}

bool grub_words_next(struct bytes script, size_t *offset,
                     const struct grub_variables *variables,
                     struct grub_words *out)
{
    *out = (struct grub_words){0};
    struct lexer lexer = {
        .script = script, .at = *offset, .variables = variables, .out = out};
    while (lexer.at < script.size && out->count == 0 && out->error == NULL) {
        out->start = lexer.at;
        take_statement(&lexer);
        out->end = lexer.at;
        lexer.at += lexer.at < script.size; /* the newline */
    }
    *offset = lexer.at;
    out->line = line_of(script, out->start);
    return out->count != 0 && out->error == NULL;
}

void grub_words_free(struct grub_words *words)
{
    for (size_t i = 0; i < words->count; i++) {
        text_free(&words->words[i]);
    }
    words->count = 0;
}
