/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's command line. A word that is not known here is an error
 * that names it: a mistyped word must not silently mean less security. The
 * file name that some loaders put in front ("/boot/...") is skipped.
 */
#ifndef VOUCH_HV_BOOT_CMDLINE_H
#define VOUCH_HV_BOOT_CMDLINE_H

#include "lib/bytes.h"
#include "lib/sha2.h"
#include "lib/status.h"

#define CMDLINE_MAX_SIZE 2048
#define CMDLINE_MAX_VTPM 4

#define CMDLINE_STATUS(S)                                                      \
    S(CMDLINE_OK, "ok")                                                        \
    S(CMDLINE_TOO_LONG, "command line is too long")                            \
    S(CMDLINE_NOT_TEXT, "word with a character that is not printable")         \
    S(CMDLINE_UNKNOWN_WORD, "unknown word")                                    \
    S(CMDLINE_BAD_VALUE, "value that the word cannot have")                    \
    S(CMDLINE_DUPLICATE, "word given twice")

enum cmdline_status { CMDLINE_STATUS(STATUS_CODE) };

enum cmdline_log_level {
    CMDLINE_LOG_ERROR,
    CMDLINE_LOG_WARNING,
    CMDLINE_LOG_INFO,
    CMDLINE_LOG_ALL,
};

enum cmdline_policy { CMDLINE_ENFORCING, CMDLINE_PERMISSIVE };

enum cmdline_tpm {
    CMDLINE_TPM_AUTO,
    CMDLINE_TPM_TIS,
    CMDLINE_TPM_CRB,
    CMDLINE_TPM_OFF
};

struct cmdline {
    unsigned console_port;   /* 1 for com1 ... 4; 0: no serial console */
    uint32_t console_baud;   /* 0: leave what firmware set */
    uint64_t dom0_memory;    /* bytes; 0: not given */
    uint32_t dom0_max_vcpus; /* 0: not given */
    uint32_t max_cpus;       /* 0: not given */
    enum cmdline_log_level log_level;
    enum cmdline_policy policy;
    enum cmdline_tpm tpm;
    /* Images whose domains may keep TPMs: SHA-256 of the three digests with
     * which they are launched, kernel, initrd and command line. */
    struct sha256_digest vtpm[CMDLINE_MAX_VTPM];
    size_t vtpm_count;
    /* The key whose approvals give the states of vTPMs: lib/approval.h. */
    struct sha256_digest state;
    bool has_state;
    bool no_reboot; /* halt instead of rebooting after a panic */
};

/*
 * Defaults: console=com1, everything else not given, loglvl=info,
 * policy=enforcing, tpm=auto. On failure *word is the word at fault.
 *
 *   console=com1..com4[,baud] | console=none    dom0_mem=<n>[K|M|G]
 *   dom0_max_vcpus=<n>    maxcpus=<n>    loglvl=error|warning|info|all
 *   policy=enforcing|permissive    tpm=auto|tis|crb|off    noreboot
 *   vtpm=<64 hexadecimal digits>, up to four different ones
 *   state=<64 hexadecimal digits>
 *   tboot=<anything>: tboot's own word, not looked at
 */
NODISCARD enum cmdline_status
cmdline_parse(struct bytes text, struct cmdline *out, struct bytes *word);

/* text without a leading file name and the blanks around it: what counts, and
 * what is measured. */
struct bytes cmdline_strip_path(struct bytes text);

const char *cmdline_status_text(enum cmdline_status status);

#endif
