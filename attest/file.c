/* SPDX-License-Identifier: MIT */
#include "attest/file.h"

#include <errno.h>
#include <unistd.h>

bool file_write(int file, struct bytes content)
{
    while (content.size != 0) {
        ssize_t put = write(file, content.data, content.size);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return false;
        }
        content = bytes_of(content.data + put, content.size - (size_t)put);
    }
    return true;
}
