/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a command line. The word at fault and what is measured must be
 * parts of it.
 */
#include <stdlib.h>

#include "hv/boot/cmdline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct bytes part, struct bytes whole)
{
    if (part.size != 0 && (part.data < whole.data ||
                           part.data + part.size > whole.data + whole.size)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cmdline cmdline;
    struct bytes word;
    struct bytes text = bytes_of(data, size);
    enum cmdline_status status = cmdline_parse(text, &cmdline, &word);
    check_inside(word, text);
    check_inside(cmdline_strip_path(text), text);
    if (status == CMDLINE_OK &&
        (cmdline.console_port > 4 || cmdline.dom0_max_vcpus > 32)) {
        abort();
    }
    return 0;
}
