/* SPDX-License-Identifier: MIT */
/* See arguments.h. */
#include "vtpm/base/arguments.h"

#define AT_NULL     0
#define AT_PHDR     3
#define AT_PHENT    4
#define AT_PHNUM    5
#define AT_PAGESZ   6
#define AT_BASE     7
#define AT_ENTRY    9
#define AT_UID      11
#define AT_EUID     12
#define AT_GID      13
#define AT_EGID     14
#define AT_HWCAP    16
#define AT_SECURE   23
#define AT_RANDOM   25

#define WORDS_MAX   (1 + ARGUMENTS_MAX + 2 + 32)
#define STRINGS_MAX 1536

struct strings {
    char *at, *end;
    char *argument[ARGUMENTS_MAX];
    size_t count;
};

static bool add(struct strings *strings, struct bytes word)
{
    if (strings->count == ARGUMENTS_MAX ||
        word.size >= (size_t)(strings->end - strings->at)) {
        return false;
    }
    strings->argument[strings->count++] = strings->at;
    memcpy(strings->at, word.data, word.size);
    strings->at[word.size] = '\0';
    strings->at += word.size + 1;
    return true;
}

static bool add_words(struct strings *strings, const char *line)
{
    bool is_behind = false;

    while (*line != '\0') {
        struct bytes word = bytes_of(line, 0);

        while (line[word.size] != ' ' && line[word.size] != '\0') {
            word.size++;
        }
        line += word.size;
        line += *line == ' ';
        if (is_behind && word.size != 0 && !add(strings, word)) {
            return false;
        }
        is_behind = is_behind || bytes_equal(word, bytes_of_text("--"));
    }
    return true;
}

struct words {
    uint64_t word[WORDS_MAX];
    size_t count;
};

static void put_pair(struct words *words, uint64_t type, uint64_t value)
{
    words->word[words->count++] = type;
    words->word[words->count++] = value;
}

static void put_vector(struct words *words, const struct program *program,
                       uint64_t random)
{
    if (program->headers != 0) {
        put_pair(words, AT_PHDR, program->headers);
        put_pair(words, AT_PHENT, 56);
        put_pair(words, AT_PHNUM, program->header_count);
    }
    put_pair(words, AT_PAGESZ, 4096);
    put_pair(words, AT_BASE, 0);
    put_pair(words, AT_ENTRY, program->entry);
    put_pair(words, AT_UID, 0);
    put_pair(words, AT_EUID, 0);
    put_pair(words, AT_GID, 0);
    put_pair(words, AT_EGID, 0);
    put_pair(words, AT_HWCAP, 0);
    put_pair(words, AT_SECURE, 0);
    put_pair(words, AT_RANDOM, random);
    put_pair(words, AT_NULL, 0);
}

uint64_t arguments_put(uint8_t *end, const struct program *program,
                       const char *command_line,
                       const uint8_t random[ARGUMENTS_RANDOM])
{
    uint8_t *random_at = end - ARGUMENTS_RANDOM;
    struct strings strings = {.at = (char *)random_at - STRINGS_MAX,
                              .end = (char *)random_at};
    uint8_t *below = (uint8_t *)strings.at;
    struct words words = {.count = 0};

    memcpy(random_at, random, ARGUMENTS_RANDOM);
    if (!add(&strings, bytes_of_text("program")) ||
        !add_words(&strings, command_line)) {
        return 0;
    }
    words.word[words.count++] = strings.count;
    for (size_t i = 0; i < strings.count; i++) {
        words.word[words.count++] = (uint64_t)strings.argument[i];
    }
    words.word[words.count++] = 0;
    words.word[words.count++] = 0; /* no environment */
    put_vector(&words, program, (uint64_t)random_at);
    below -= (words.count * sizeof(uint64_t) + 15) & ~15ul;
    memcpy(below, words.word, words.count * sizeof(uint64_t));
    return (uint64_t)below;
}
