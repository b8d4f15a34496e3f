/* SPDX-License-Identifier: MIT */
/*
 * The log has the digest of the changed file and the text of each command that
 * was executed. Where a command differs from the expected one, the difference
 * is carried over to the statement in the file, which may be quoted or use
 * variables. Guessing where it belongs is safe: SHA-256 tells if it was right.
 */
#include "attest/attribute.h"

#include "attest/text.h"

/* expected = head + old + tail, found = head + new + tail */
struct edit {
    struct bytes expected;
    size_t head;
    struct bytes old, new;
};

static struct edit edit_between(struct bytes expected, struct bytes found)
{
    size_t head = 0, tail = 0;
    while (head < expected.size && head < found.size &&
           expected.data[head] == found.data[head]) {
        head++;
    }
    while (tail < expected.size - head && tail < found.size - head &&
           expected.data[expected.size - 1 - tail] ==
               found.data[found.size - 1 - tail]) {
        tail++;
    }
    return (struct edit){
        .expected = expected,
        .head = head,
        .old = bytes_of(expected.data + head, expected.size - head - tail),
        .new = bytes_of(found.data + head, found.size - head - tail)};
}

static bool find_once(struct bytes text, struct bytes part, size_t *at)
{
    size_t count = 0;
    for (size_t i = 0; i + part.size <= text.size; i++) {
        if (memcmp(text.data + i, part.data, part.size) == 0) {
            *at = i;
            count++;
        }
    }
    return count == 1;
}

/*
 * Where in statement is the old text? Some of what stands before and after it
 * in the command stands there in the statement too, unless it came from a
 * variable: the widest such context that occurs once tells the place.
 */
static bool locate(const struct edit *edit, struct bytes statement, size_t *at)
{
    size_t after = edit->expected.size - edit->head - edit->old.size;
    for (size_t tail = after + 1; tail-- > 0;) {
        for (size_t head = edit->head + 1; head-- > 0;) {
            struct bytes context =
                bytes_of(edit->old.data - head, edit->old.size + head + tail);
            if (context.size != 0 && find_once(statement, context, at)) {
                *at += head;
                return true;
            }
        }
    }
    return false;
}

static const struct change *next_statement(const struct comparison *comparison,
                                           int script, size_t from, size_t to)
{
    const struct change *next = NULL;
    for (size_t i = 0; i < comparison->change_count; i++) {
        const struct change *change = &comparison->changes[i];
        const struct reference_event *expected = change->expected;
        if (expected->script == script && !expected->is_block &&
            expected->start >= from && expected->end <= to &&
            (next == NULL || expected->start < next->expected->start)) {
            next = change;
        }
    }
    return next;
}

/* script[from, to) with every changed command put in. *cause is the component
 * of the first one; false if there is none. */
static bool rebuild(const struct comparison *comparison, int script,
                    size_t from, size_t to, struct text *out,
                    enum component *cause)
{
    struct bytes source = comparison->reference->scripts[script].text;
    bool is_changed = false;
    for (;;) {
        const struct change *change =
            next_statement(comparison, script, from, to);
        if (change == NULL) {
            text_add(out, bytes_of(source.data + from, to - from));
            return is_changed;
        }
        size_t start = change->expected->start, end = change->expected->end;
        size_t at;
        struct bytes statement = bytes_of(source.data + start, end - start);
        struct edit edit =
            edit_between(change->expected->text, match_text(change->found));
        text_add(out, bytes_of(source.data + from, start - from));
        if (locate(&edit, statement, &at)) {
            text_add(out, bytes_of(statement.data, at));
            text_add(out, edit.new);
            at += edit.old.size;
            text_add(out, bytes_of(statement.data + at, statement.size - at));
            if (!is_changed) {
                *cause =
                    comparison->verdict->findings[change->finding].component;
            }
            is_changed = true;
        } else {
            text_add(out, statement);
        }
        from = end;
    }
}

/* The file's digest is that of the file we know with the new commands. */
static bool file_follows(const struct comparison *comparison,
                         const struct change *change, enum component *cause)
{
    struct text text = {0};
    int script = change->expected->opens;
    size_t size = comparison->reference->scripts[script].text.size;
    bool is_changed = rebuild(comparison, script, 0, size, &text, cause);
    struct sha256_digest digest =
        hash_bytes(comparison->hasher, text_bytes(&text));
    text_free(&text);
    return is_changed && sha256_equal(&digest, change->found->digest);
}

/* A menu entry's text ends in its block, verbatim. */
static bool block_follows(const struct comparison *comparison,
                          const struct change *change, enum component *cause)
{
    const struct reference_event *expected = change->expected;
    struct text text = {0};
    const uint8_t *brace =
        memchr(expected->text.data, '{', expected->text.size);
    if (brace == NULL) {
        return false;
    }
    size_t title = (size_t)(brace - expected->text.data);
    size_t block = expected->text.size - title;
    if (block > expected->end - expected->start) {
        return false;
    }
    text_add(&text, bytes_of(expected->text.data, title));
    bool is_changed =
        rebuild(comparison, expected->script, expected->end - block,
                expected->end, &text, cause);
    bool is_same = bytes_equal(text_bytes(&text), match_text(change->found));
    text_free(&text);
    return is_changed && is_same;
}

static bool has_cause(const struct verdict *verdict, enum component component)
{
    for (size_t i = 0; i < verdict->finding_count; i++) {
        const struct finding *finding = &verdict->findings[i];
        if (finding->component == component && !finding->is_consequence) {
            return true;
        }
    }
    return false;
}

/* The mode is no input: it is what the hypervisor made of its command line. */
static void attribute_mode(struct verdict *verdict, struct finding *finding)
{
    static const enum component causes[] = {COMPONENT_HYPERVISOR,
                                            COMPONENT_CMDLINE};
    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
        if (has_cause(verdict, causes[i])) {
            finding->is_consequence = true;
            finding->follows = causes[i];
        }
    }
}

void attribute_findings(struct comparison *comparison)
{
    struct verdict *verdict = comparison->verdict;
    for (size_t i = 0; i < comparison->change_count; i++) {
        const struct change *change = &comparison->changes[i];
        struct finding *finding = &verdict->findings[change->finding];
        enum component cause;
        if (finding->reason != REASON_COMPONENT_DIFFERS) {
            continue;
        }
        if ((change->expected->opens >= 0 &&
             file_follows(comparison, change, &cause)) ||
            (change->expected->is_block &&
             block_follows(comparison, change, &cause))) {
            finding->is_consequence = true;
            finding->follows = cause;
        }
    }
    for (size_t i = 0; i < verdict->finding_count; i++) {
        if (verdict->findings[i].component == COMPONENT_MODE &&
            verdict->findings[i].reason == REASON_COMPONENT_DIFFERS) {
            attribute_mode(verdict, &verdict->findings[i]);
        }
    }
}
