/* SPDX-License-Identifier: MIT */
/* Linux's error numbers, which are also xen/errno.h's. */
#ifndef VOUCH_VTPM_BASE_ERRNO_H
#define VOUCH_VTPM_BASE_ERRNO_H

#define EPERM     1
#define ENOENT    2
#define EBADF     9
#define EAGAIN    11
#define ENOMEM    12
#define EACCES    13
#define EFAULT    14
#define EBUSY     16
#define EINVAL    22
#define ENOTTY    25
#define ENOSPC    28
#define EPIPE     32
#define ENOSYS    38
#define EPROTO    71
#define ENOTCONN  107
#define ETIMEDOUT 110
#define ECANCELED 125

#endif
