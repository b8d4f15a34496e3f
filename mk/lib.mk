# SPDX-License-Identifier: MIT
# lib/: what the hypervisor, the tools and the tests share.  The hypervisor
# adds lib/string.c; hosted programs have the C library's.

LIB_SOURCES := lib/text.c lib/sha256.c lib/eventlog.c \
               lib/vouchlog.c lib/tpm2_command.c lib/tpm2_response.c \
               lib/hmac.c lib/approval.c lib/tpm2_seal_command.c \
               lib/tpm2_seal_response.c
REPLAY := tests/unit/lib/eventlog_replay.c
LIB_HV_OBJECTS   := $(patsubst %.c,$(BUILD)/hv/%.o,$(LIB_SOURCES) lib/string.c)
LIB_HOST_OBJECTS := $(patsubst %.c,$(BUILD)/host/%.o,$(LIB_SOURCES))

$(eval $(call unit_test,lib/sha2,lib/sha256.c tests/unit/lib/sha512.c \
    lib/text.c))
$(eval $(call unit_test,lib/text,lib/text.c))
$(eval $(call unit_test,lib/string,))
$(eval $(call unit_test,lib/bundle,lib/bundle.c lib/text.c))
$(eval $(call unit_test,lib/hmac,lib/hmac.c lib/sha256.c lib/text.c))
$(eval $(call unit_test,lib/approval,lib/approval.c lib/sha256.c,-lcrypto))
$(eval $(call unit_test,lib/vouchlog,lib/vouchlog.c lib/sha256.c lib/text.c \
    attest/record.c attest/uuid.c))
$(eval $(call unit_test,lib/tpm2,lib/tpm2_command.c lib/tpm2_response.c \
    lib/text.c))
$(eval $(call unit_test,lib/tpm2_seal,lib/tpm2_command.c lib/tpm2_response.c \
    lib/tpm2_seal_command.c lib/tpm2_seal_response.c lib/approval.c lib/sha256.c \
    lib/text.c))
$(eval $(call unit_test,lib/eventlog,lib/eventlog.c lib/sha256.c lib/text.c \
    $(REPLAY)))

$(eval $(call fuzz_target,eventlog,lib/eventlog.c lib/vouchlog.c \
    lib/sha256.c lib/text.c $(REPLAY) attest/record.c attest/uuid.c))
$(eval $(call fuzz_target,tpm_response,lib/tpm2_command.c lib/tpm2_response.c \
    lib/tpm2_seal_command.c lib/tpm2_seal_response.c lib/approval.c lib/sha256.c))
$(eval $(call fuzz_target,bundle,lib/bundle.c lib/text.c))
$(eval $(call fuzz_target,approval,lib/approval.c lib/sha256.c))
