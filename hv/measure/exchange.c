/* SPDX-License-Identifier: MIT */
/* One TPM command and its answer; see exchange.h. */
#include "hv/measure/exchange.h"

struct buffer exchange_command(struct measure *measure)
{
    return buffer_over(measure->command_data, sizeof(measure->command_data));
}

enum measure_status exchange_send(struct measure *measure,
                                  enum tpm2_status made,
                                  const struct buffer *command,
                                  struct bytes *response)
{
    if (made != TPM2_OK) {
        measure->detail = tpm2_status_text(made);
        return MEASURE_BAD_EVENT;
    }
    struct buffer out =
        buffer_over(measure->response_data, sizeof(measure->response_data));
    enum tpm_status status =
        tpm_send(&measure->tpm, buffer_bytes(command), &out);
    if (status != TPM_OK) {
        measure->detail = tpm_status_text(status);
        return MEASURE_TPM_FAILED;
    }
    *response = buffer_bytes(&out);
    return MEASURE_OK;
}

enum measure_status exchange_judge(struct measure *measure,
                                   enum tpm2_status status,
                                   struct bytes response)
{
    if (status == TPM2_OK) {
        return MEASURE_OK;
    }
    measure->detail = tpm2_status_text(status);
    if (tpm2_response_code(response, &measure->rc) == TPM2_FAILED) {
        measure->detail = tpm2_rc_text(measure->rc);
        return MEASURE_TPM_REFUSED;
    }
    return MEASURE_BAD_ANSWER;
}
