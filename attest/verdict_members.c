/* SPDX-License-Identifier: MIT */
/* Members of JSON objects; what was not said is not there. */
#include "attest/verdict_members.h"

#include "attest/json.h"
#include "attest/uuid.h"

void verdict_put_tpm(const struct verdict *verdict, json_t *object)
{
    json_put(object, "ak",
             json_hex(bytes_of(verdict->ak.bytes, sizeof(verdict->ak.bytes))));
    if (verdict->ek_trust != NULL) {
        json_put(object, "ek_trust", json_string(verdict->ek_trust));
    }
}

void verdict_put_guest(const struct verdict_guest *guest, json_t *object)
{
    char uuid[UUID_TEXT_SIZE];
    uuid_text(guest->uuid, uuid);
    if (guest->name != NULL) {
        json_put(object, "name", json_string(guest->name));
    }
    json_put(object, "uuid", json_string(uuid));
    json_put(object, "label", json_string(guest->label));
}
