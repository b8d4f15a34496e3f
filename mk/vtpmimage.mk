# SPDX-License-Identifier: MIT
# What dom0's image has for guests with TPMs: the launcher, the kernel of each
# such guest and vTPM domain, and the bundle that every vTPM domain launches.

LAUNCHER_IMAGE := $(BUILD)/vtpm/launcher.elf
$(eval $(call base_image,launcher.elf,$(LAUNCHER)))

# Stored as it is, for its memory is small and its program runs where it lies.
VTPM_BUNDLE := $(BUILD)/vtpm/vtpm.bundle
$(VTPM_BUNDLE): $(BUILD)/vtpm/base.elf $(TPM_PROGRAM) $(BUILD)/host/vouch
	$(call say,BUNDLE)
	$(Q)$(BUILD)/host/vouch bundle make --stored \
	    --kernel $(BUILD)/vtpm/base.elf --initrd $(TPM_PROGRAM) -o $@
ALL += $(LAUNCHER_IMAGE) $(VTPM_BUNDLE)
