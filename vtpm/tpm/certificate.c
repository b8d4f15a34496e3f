/* SPDX-License-Identifier: MIT */
/*
 * The question goes out before those for the state, so that a daemon which
 * answers in turn has answered it when the TPM starts.
 */
#include "vtpm/tpm/certificate.h"

#include <stdlib.h>

#include "hv/abi/vouch.h"
#include "vtpm/tpm/say.h"

static void forget(struct certificate *certificate)
{
    free(certificate->answer.memory);
    certificate->answer = (struct wire_answer){.id = 0};
}

void certificate_ask(struct certificate *certificate, struct wire *wire,
                     struct bytes uuid)
{
    struct buffer message = wire_message(uuid.size);
    forget(certificate);
    if (message.data != NULL && certificate->question == 0) {
        struct writer writer = writer_begin(&message);
        put_bytes(&writer, uuid);
        (void)!writer_end(&writer);
        certificate->question = wire_ask(wire, VTPM_WIRE_CERTIFICATE, &message,
                                         VTPM_CERTIFICATE_MAX);
    } else {
        free(message.data);
    }
}

bool certificate_answer(struct certificate *certificate,
                        const struct wire_answer *answer)
{
    if (certificate->question == 0 || answer->id != certificate->question) {
        return false;
    }
    certificate->question = 0;
    certificate->answer = *answer;
    return true;
}

void certificate_step(struct certificate *certificate,
                      const struct platform *platform)
{
    const struct wire_answer *answer = &certificate->answer;
    uint32_t code = 0;
    if (answer->id == 0) {
        return;
    }
    if (answer->status == VTPM_WIRE_ABSENT) {
        code = setup_remove_index(platform, VTPM_NV_EK_CERTIFICATE);
    } else if (answer->status == VTPM_WIRE_OK && answer->body.size != 0) {
        code =
            setup_write_index(platform, VTPM_NV_EK_CERTIFICATE, answer->body);
    } else {
        say("dom0 cannot give the EK's certificate");
    }
    if (code != 0) {
        say_code("the EK's certificate has no place in the TPM", code);
    }
    forget(certificate);
}
