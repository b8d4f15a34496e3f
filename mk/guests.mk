# SPDX-License-Identifier: MIT
# What guests boot, made from Debian's packages, and the disk that holds it.

GUESTS_DIR := $(BUILD)/guests
GUEST_FLAVOURS := amd64 cloud-amd64
GUEST_PARTS := $(wildcard guest/rc guest/inittab guest/packages guest/modules guest/bin/* \
    guest/packages-tpm guest/tenant1.cmdline dom0/lib/mailbox.sh)
$(GUESTS_DIR)/manifest.json: tools/image/mkguest.sh tools/image/lib/root.sh \
    tools/image/fetch.sh dom0/udhcpc.script $(GUEST_PARTS) $(UNPACK_KERNEL) \
    $(BUILD)/host/vouch
	@mkdir -p $(@D)
	BUILD=$(BUILD) UNPACK_KERNEL=$(UNPACK_KERNEL) tools/image/mkguest.sh $(@D) \
	    $(GUEST_FLAVOURS)

GUESTS_DISK := $(GUESTS_DIR)/disk.img
# For scenarios: scripts that dom0's shell reads, and a program for root in it.
ATTACKER := $(BUILD)/host/attacker
$(ATTACKER): $(BUILD)/host/tests/scenario/attacker.o
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) -static $^ -o $@
GUESTS_FILES := $(wildcard tests/scenario/dom0/*) $(ATTACKER)
$(GUESTS_DISK): $(GUESTS_DIR)/manifest.json tools/image/mkdata.sh $(GUESTS_FILES)
	$(call say,MAKE)
	$(Q)tools/image/mkdata.sh $@ $(GUESTS_DIR) $(GUESTS_FILES)

.PHONY: guest-images
guest-images: $(GUESTS_DISK)
## guest-images guests' kernels, root file system and disk
