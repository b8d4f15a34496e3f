# SPDX-License-Identifier: MIT
# The guests' own TPM driver: an optional module for Debian's kernel, and what
# tests/scenario/front.t brings into a guest.

FRONT_TAR := $(BUILD)/front/front.tar
TPM_TIME := $(BUILD)/host/tpm-time

$(TPM_TIME): $(BUILD)/host/tests/scenario/tpm-time.o
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) -static $^ -o $@

$(FRONT_TAR): tools/image/mkfront.sh tools/image/fetch.sh $(TPM_TIME) \
    $(GUESTS_DIR)/manifest.json $(wildcard vtpm/front/*)
	$(call say,MAKE)
	$(Q)BUILD=$(BUILD) tools/image/mkfront.sh $(@D) $(GUESTS_DIR) $(TPM_TIME)

.PHONY: front
front: $(FRONT_TAR)
## front        the guests' own TPM driver (vtpm/front)

CHECK_NEEDS += $(FRONT_TAR)
$(eval $(call unit_test,vtpm/front/answer,vtpm/front/answer.c))
$(eval $(call fuzz_target,front_answer,vtpm/front/answer.c))
