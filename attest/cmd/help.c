/* SPDX-License-Identifier: MIT */
/* A family (ref, vtpm, ...) is all rows that begin with its word. */
#include "attest/cmd/help.h"

#include <string.h>

#define JUDGED     "--manifest M --manifest-key PUB --nonce HEX"
#define FILES      "--kernel FILE [--initrd FILE]... [--cmdline TEXT]"
#define SOURCE     "(--bundle FILE | --uki FILE | " FILES ")"
#define LABEL      "[--label-user USER] [--label-type TYPE]"
#define DESTINY    "(--dry-run | -o FILE)"
#define WORDS_SIZE 64

static const struct {
    const char *words, *arguments;
} rows[] = {
    {"enroll", "[--tcti T] [--ek-ca CA.pem]... [--swtpm-ca CA.pem]... -o FILE"},
    {"ref keygen", "-o PRIVATE -p PUBLIC"},
    {"ref endorse", "--from-log LOG [--name TEXT] -o FILE"},
    {"ref make",
     "--key PRIVATE --esp DIR --embedded CFG --firmware FIRMWARE... "
     "--ak AK... [--image FILE] [--alternative COMPONENT=FILE]... "
     "[--mode TEXT] [--dynamic-launch PCR=HEX]... "
     "[--expires YYYY-MM-DD] [--guest GUEST]... [--vtpm VTPM]... "
     "[--accept-shared] [--accept-unproven-ek] -o MANIFEST"},
    {"ref make guest", "--name NAME " SOURCE " " LABEL " " DESTINY},
    {"ref make vtpm", "[--name NAME] " SOURCE " " LABEL " " DESTINY},
    {"ref show", "[--key PUBLIC] MANIFEST"},
    {"quote", "--nonce HEX [--tcti T] [--log LOG] -o FILE"},
    {"verify", JUDGED " [--guest NAME | --any-guest] "
                      "[--json | --ear --ear-key KEY] EVIDENCE"},
    {"release", JUDGED " [--guest NAME | --any-guest] --secret FILE "
                       "[--key KEY] -o RELEASED EVIDENCE"},
    {"receive", "[--tcti T] [--from PUB] -o SECRET RELEASED"},
    {"log show", "[--json] [--manifest M --manifest-key PUB] LOG | EVIDENCE"},
    {"bundle make", "(--kernel FILE [--initrd FILE]... | --uki FILE) "
                    "[--cmdline TEXT] [--stored] [-o FILE]"},
    {"bundle show", "[--json] BUNDLE"},
    {"create", "[-F] [--launcher FILE] [--vtpm BUNDLE] CONFIGURATION"},
    {"vtpm list", "[--dir DIR] [--json]"},
    {"vtpm show", "[--dir DIR] UUID [--json]"},
    {"vtpm export", "[--dir DIR] UUID -o FILE"},
    {"vtpm import", "[--dir DIR] FILE [--force]"},
    {"vtpm destroy", "[--dir DIR] UUID"},
    {"vtpm certificate", "[--dir DIR] (UUID CERTIFICATE | --remove UUID)"},
    {"vtpm certify", JUDGED " --guest NAME --ca-key PEM --ca-cert PEM "
                            "[--days 1-36500] -o CERTIFICATE EVIDENCE"},
    {"vtpm setup", "[--tcti TCTI] [--again]"},
    {"vtpm pcrs", "[--tcti TCTI] [-o FILE]"},
    {"vtpm state-key", "PUBLIC"},
    {"vtpm authorize", "--key PRIVATE (--log LOG | --pcrs FILE | "
                       "--manifest M --manifest-key PUB [--firmware NAME]) "
                       "[--select N,N...] -o APPROVAL"},
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

/* Does a row begin with these words? */
static bool is_row_of(size_t row, const char *words)
{
    size_t size = strlen(words);
    return strncmp(rows[row].words, words, size) == 0 &&
           (rows[row].words[size] == 0 || rows[row].words[size] == ' ');
}

static bool is_any(const char *words)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (is_row_of(i, words)) {
            return true;
        }
    }
    return false;
}

static void put_rows(FILE *to, const char *words)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (is_row_of(i, words)) {
            fprintf(to, "usage: vouch %s %s\n", rows[i].words,
                    rows[i].arguments);
        }
    }
}

void help_after_error(const char *words)
{
    char family[WORDS_SIZE];
    snprintf(family, sizeof(family), "%.*s", (int)strcspn(words, " "), words);
    put_rows(stderr, is_any(words) ? words : family);
}

static bool is_help(const char *argument)
{
    return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

/* The arguments that are a command's words, as long as there are rows. */
static int take_words(int argc, char **argv, char out[WORDS_SIZE])
{
    char longer[WORDS_SIZE];
    int taken = 1;
    out[0] = 0;
    while (taken < argc) {
        int size = snprintf(longer, sizeof(longer), "%s%s%s", out,
                            taken > 1 ? " " : "", argv[taken]);
        if (size >= WORDS_SIZE || !is_any(longer)) {
            break;
        }
        memcpy(out, longer, sizeof(longer));
        taken++;
    }
    return taken;
}

/* At the end, what follows an option may be its value. */
bool help_is_asked(int argc, char **argv)
{
    char words[WORDS_SIZE];
    int next = take_words(argc, argv, words);
    bool is_asked =
        (next < argc && is_help(argv[next])) ||
        (argc > 2 && is_help(argv[argc - 1]) && argv[argc - 2][0] != '-');
    if (next == 1 || !is_asked) {
        return false;
    }
    put_rows(stdout, words);
    return true;
}
