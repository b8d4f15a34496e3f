# SPDX-License-Identifier: MIT
# `make check`: every test, through prove.  A part adds what it has to
#   UNIT_TESTS    programs that speak TAP by cmocka   (mk/rules.mk)
#   FUZZ_TARGETS  run for FUZZ_SHORT seconds each     (mk/rules.mk)
#   TAP_TESTS     other executable files that speak TAP, with what they need
#                 built in CHECK_NEEDS
# Scenarios are tests/scenario/*.t; `make check TESTS=file` runs only that.

TAP_TESTS ?=
CHECK_NEEDS ?=
CHECK_NEEDS += $(BUILD)/dom0/cloud-amd64/manifest.json $(TBOOT_IMAGE) \
    $(BUILD)/host/mute-tpm $(GUESTS_DISK)
FUZZ_SHORT ?= 4
FUZZ_SECONDS ?= 3600
JOBS ?= $(shell nproc)
# The longest first, so that none is left to run alone at the end.
SCENARIOS_LONG := $(addprefix tests/scenario/,xl.t hardware.t tamper.t \
    attested.t launch.t guests.t disks.t tenants.t tenant.t base.t)
# Left to `make soak`: lives and deaths by the hundred, bulk traffic, drivers.
SCENARIOS_SOAK := $(addprefix tests/scenario/,life.t network.t drivers.t front.t)
# Of these, `make check` changes several in one boot.
TAMPERS_SOAK := hypervisor cmdline policy kernel initrd grubcfg launcher vtpm \
    guest-kernel guest-initrd guest-cmdline
SCENARIOS := $(SCENARIOS_LONG) $(filter-out $(SCENARIOS_LONG) \
    $(SCENARIOS_SOAK),$(sort $(wildcard tests/scenario/*.t)))
TESTS ?= $(UNIT_TESTS) $(TAP_TESTS) $(SCENARIOS) tests/fuzz/short.t

CHECK_ENV = CMOCKA_MESSAGE_OUTPUT=TAP FUZZ_SHORT=$(FUZZ_SHORT) FUZZ_SEED=1 \
    FUZZ_TARGETS="$(FUZZ_TARGETS)" BUILD=$(BUILD) MAKE="$(MAKE)" $(RUN_ENV)

# What is needed is in variables that later files still add to, so it is named
# in recipes, which are read last, and made by a second make.
$(BUILD)/host/mute-tpm: $(BUILD)/host/tests/scenario/mute-tpm.o
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) $^ -o $@

.PHONY: check check-built fuzz soak unit
check: deps
	@$(MAKE) --no-print-directory -j$(JOBS) $(ALL) $(UNIT_TESTS) \
	    $(FUZZ_TARGETS) $(CHECK_NEEDS) $(RUN_NEEDS)
	@$(MAKE) --no-print-directory check-built

check-built:
	@$(CHECK_ENV) prove -j$(JOBS) --timer --failures --comments --exec '' $(TESTS)

unit:
	@$(MAKE) --no-print-directory -j$(JOBS) $(UNIT_TESTS)
	@$(CHECK_ENV) prove -j$(JOBS) --exec '' $(UNIT_TESTS)

# What takes too long for every change.
soak: deps
	@$(MAKE) --no-print-directory -j$(JOBS) $(CHECK_NEEDS) $(RUN_NEEDS)
	@CYCLES=200 TAMPERS="$(TAMPERS_SOAK)" SCENARIO_TIMEOUT=7200 $(CHECK_ENV) \
	    prove --timer --failures --comments --exec '' $(SCENARIOS_SOAK) \
	    tests/scenario/tamper.t

fuzz:
	@$(MAKE) --no-print-directory -j$(JOBS) $(FUZZ_TARGETS)
	@FUZZ_SHORT=$(FUZZ_SECONDS) FUZZ_SEED=0 FUZZ_TARGETS="$(FUZZ_TARGETS)" \
	    BUILD=$(BUILD) tests/fuzz/short.t
## check        every test (TESTS=file: only that one)
## soak         200 lives of a guest, and nothing left of them; bulk traffic; TAMPERs
## unit         unit tests only
## fuzz         FUZZ_SECONDS (3600) of each fuzz target
