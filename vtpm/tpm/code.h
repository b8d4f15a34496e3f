/* SPDX-License-Identifier: MIT */
/*
 * The numbers of the TPM library specification that are used here: Part 2, 6.5
 * command codes, 6.6 response codes, 6.9 tags, 7.4 handles.
 */
#ifndef VOUCH_VTPM_TPM_CODE_H
#define VOUCH_VTPM_TPM_CODE_H

#define CODE_HEADER_SIZE              10 /* tag, size, code */

#define CODE_ST_NO_SESSIONS           0x8001u
#define CODE_ST_SESSIONS              0x8002u

#define CODE_CC_NV_UNDEFINE_SPACE     0x00000122u
#define CODE_CC_HIERARCHY_CHANGE_AUTH 0x00000129u
#define CODE_CC_NV_DEFINE_SPACE       0x0000012au
#define CODE_CC_PCR_ALLOCATE          0x0000012bu
#define CODE_CC_CREATE_PRIMARY        0x00000131u
#define CODE_CC_NV_WRITE              0x00000137u
#define CODE_CC_PCR_EVENT             0x0000013cu
#define CODE_CC_STARTUP               0x00000144u
#define CODE_CC_SHUTDOWN              0x00000145u
#define CODE_CC_FLUSH_CONTEXT         0x00000165u
#define CODE_CC_NV_READ_PUBLIC        0x00000169u
#define CODE_CC_GET_CAPABILITY        0x0000017au
#define CODE_CC_GET_RANDOM            0x0000017bu
#define CODE_CC_PCR_READ              0x0000017eu
#define CODE_CC_PCR_EXTEND            0x00000182u

#define CODE_SUCCESS                  0x000u
#define CODE_BAD_TAG                  0x01eu /* as a TPM 1.2 says it */
#define CODE_VALUE                    0x084u
#define CODE_INITIALIZE               0x100u
#define CODE_FAILURE                  0x101u
#define CODE_COMMAND_SIZE             0x142u
#define CODE_COMMAND_CODE             0x143u
#define CODE_AUTH_CONTEXT             0x145u
#define CODE_NV_UNINITIALIZED         0x14au
#define CODE_RETRY                    0x922u

#define CODE_SU_CLEAR                 0x0000u
#define CODE_SU_STATE                 0x0001u

#define CODE_RS_PW                    0x40000009u
#define CODE_RH_NULL                  0x40000007u
#define CODE_RH_ENDORSEMENT           0x4000000bu
#define CODE_RH_PLATFORM              0x4000000cu

#define CODE_CAP_PCRS                 5u

#endif
