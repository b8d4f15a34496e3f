# SPDX-License-Identifier: MIT
# `make run`: the whole machine in QEMU, to a verdict.  Variables: CONSOLE=1,
# TAMPER=COMPONENT, MEM= CPUS= CPU= TPM=tis|crb|none FIRMWARE=efi|bios
# LAUNCH=grub|tboot NIC= DISK_BUS= CHECKS= HYPERVISOR=vouch|xen GUESTS=2
# TENANT= (none) SSH_PORT=.

HYPERVISOR ?= vouch
HV_vouch := $(BUILD)/hv/vouch.elf
HV_xen = $(XEN)
POLICY_vouch := $(BUILD)/policy/vouch-policy
POLICY_xen :=
HV_CMDLINE_vouch ?= console=com1 maxcpus=64
HV_CMDLINE_xen ?= console=com1 com1=115200,8n1 dom0_mem=1024M
DOM0_CMDLINE ?= console=hvc0 earlyprintk=xen quiet panic=10
RUN ?= $(BUILD)/run
TENANT ?= $(if $(filter vouch,$(HYPERVISOR)),1)

RUN_NEEDS = $(HV_$(HYPERVISOR)) $(POLICY_$(HYPERVISOR)) \
    $(DOM0)/manifest.json $(BUILD)/host/vouch \
    $(if $(filter tboot,$(LAUNCH)),$(TBOOT_IMAGE)) \
    $(if $(GUESTS)$(TENANT),$(GUESTS_DISK))

# What the scripts read from their environment; the rest they default.
RUN_ENV = RUN=$(RUN) VOUCH=$(BUILD)/host/vouch TBOOT=$(TBOOT_IMAGE) \
    HYPERVISOR_FILE=$(HV_$(HYPERVISOR)) POLICY_FILE=$(POLICY_$(HYPERVISOR)) \
    KERNEL_FILE=$(DOM0_KERNEL) INITRD_FILE=$(DOM0_INITRD) \
    GUESTS_DISK=$(GUESTS_DISK) VTPM_BUNDLE=$(VTPM_BUNDLE) \
    TENANT_BUNDLE=$(GUESTS_DIR)/tenant1.bundle \
    HV_CMDLINE="$(HV_CMDLINE_$(HYPERVISOR))" DOM0_CMDLINE="$(DOM0_CMDLINE)"
export MEM CPUS CPU TPM FIRMWARE LAUNCH NIC DISK_BUS CHECKS CONSOLE TAMPER \
    GUESTS TENANT SSH_PORT

.PHONY: deps run run-built
deps:
	@tools/deps.sh

# The packages first: what is built depends on what they bring.
run: deps
	@$(MAKE) --no-print-directory -j$$(nproc) $(RUN_NEEDS)
	@$(MAKE) --no-print-directory run-built

run-built:
	@$(RUN_ENV) tools/run/run.sh

TAP_TESTS += tests/unit/tools/mailbox.t tests/unit/dom0/lib/disks.t
## deps         install the Debian packages that are missing
## run          boot it all in QEMU and print the verdict (see README)
