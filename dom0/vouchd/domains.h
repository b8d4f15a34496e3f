/* SPDX-License-Identifier: MIT */
/*
 * Which domains offer a stream, and which guest's TPM each of them is, as the
 * toolstack's part of xenstore says, which no guest can write.
 */
#ifndef VOUCH_DOM0_VOUCHD_DOMAINS_H
#define VOUCH_DOM0_VOUCHD_DOMAINS_H

#include "lib/bytes.h"

#define DOMAINS_MAX 512

struct domains;

/* A domain with a stream; another value of ring means another stream. */
struct domain {
    uint16_t domid;
    uint64_t ring;
};

struct domains *domains_open(void);
/* Readable when something may have changed; then domains_list() again. */
int domains_descriptor(const struct domains *domains);
/* Those that offer a stream: any domain can. */
size_t domains_list(struct domains *domains, struct domain *out, size_t room);

/* Is that vTPM domain there for a guest? *uuid is then the guest's. */
NODISCARD bool domains_guest_of(struct domains *domains, uint16_t vtpm,
                                uint8_t uuid[16]);

#endif
