# SPDX-License-Identifier: MIT
# dom0's kernel and root file system, made from Debian's packages, and the
# tools that make them.  DOM0_FLAVOUR=cloud-amd64 takes the cloud kernel.

DOM0_FLAVOUR ?= amd64
DOM0 := $(BUILD)/dom0/$(DOM0_FLAVOUR)
DOM0_KERNEL := $(DOM0)/vmlinux
DOM0_INITRD := $(DOM0)/initramfs.cpio

UNPACK_KERNEL := $(BUILD)/host/unpack-kernel
$(UNPACK_KERNEL): $(patsubst %.c,$(BUILD)/host/%.o,\
    tools/image/unpack-kernel.c $(KERNEL_SOURCES))
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) $^ -o $@ $(KERNEL_LIBS)
ALL += $(UNPACK_KERNEL)

DOM0_PARTS := $(wildcard dom0/init dom0/packages dom0/modules dom0/lib/* dom0/guests/* \
    dom0/checks/* dom0/udhcpc.script)
$(BUILD)/dom0/%/manifest.json: tools/image/mkroot.sh tools/image/lib/root.sh tools/image/fetch.sh \
    $(DOM0_PARTS) $(UNPACK_KERNEL) $(addprefix $(BUILD)/,host/vouch \
    host/vouchd vtpm/launcher.elf vtpm/vtpm.bundle)
	@mkdir -p $(@D)
	BUILD=$(BUILD) UNPACK_KERNEL=$(UNPACK_KERNEL) tools/image/mkroot.sh \
	    $(@D) $*

# Debian's Xen, for comparison and for work on dom0 itself.
XEN := $(BUILD)/dom0/xen
$(XEN): tools/image/fetch.sh
	@mkdir -p $(@D)
	tree=$$(tools/image/fetch.sh xen-hypervisor-4.17-amd64 | \
	    cut -d ' ' -f 4) && zcat $$tree/boot/xen-*.gz >$@.new && mv $@.new $@

TBOOT_IMAGE := $(BUILD)/dom0/tboot.gz
$(TBOOT_IMAGE): tools/image/fetch.sh
	@mkdir -p $(@D)
	tree=$$(tools/image/fetch.sh tboot | cut -d ' ' -f 4) && \
	    cp $$tree/boot/tboot.gz $@

.PHONY: dom0
dom0: $(DOM0)/manifest.json
## dom0         the measured dom0: kernel and root file system
