# SPDX-License-Identifier: MIT
# The in-guest tests: each tests/guest/NAME.c, with the library in
# tests/guest/lib, is one PV64 kernel build/guest/NAME.elf.  They need only
# the public ABI headers, so they also boot on the hypervisor they are an
# oracle against (make guest-oracle).

GUEST_CFLAGS := $(COMMON) -O2 -g -ffreestanding -nostdinc -fno-builtin \
    -isystem $(shell $(CC) -print-file-name=include) \
    -isystem $(BUILD)/guest/include -fno-pic -fno-pie -mcmodel=kernel \
    -mno-red-zone -mgeneral-regs-only -fno-stack-protector \
    -fno-asynchronous-unwind-tables -fno-strict-aliasing -fcf-protection=none \
    -fno-omit-frame-pointer -fno-delete-null-pointer-checks

GUEST_LIB := $(patsubst %.c,$(BUILD)/guest/obj/%.o,\
                 $(sort $(wildcard tests/guest/lib/*.c))) \
             $(patsubst %.S,$(BUILD)/guest/obj/%.o,\
                 $(sort $(wildcard tests/guest/lib/*.S)))
GUEST_NAMES := $(patsubst tests/guest/%.c,%,$(sort $(wildcard tests/guest/*.c)))
GUEST_ELFS := $(GUEST_NAMES:%=$(BUILD)/guest/%.elf)

# The header directory itself must not be searched: its features.h would hide
# the C library's.
$(BUILD)/guest/include/xen:
	@mkdir -p $(@D)
	$(call say,LN)
	$(Q)ln -sfn /usr/include/xen $@

$(BUILD)/guest/obj/%.o: %.c | $(BUILD)/guest/include/xen
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(GUEST_CFLAGS) -c $< -o $@
$(BUILD)/guest/obj/%.o: %.S | $(BUILD)/guest/include/xen
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(GUEST_CFLAGS) -c $< -o $@

GUEST_LINK = $(LD) -static -nostdlib -z max-page-size=4096 -z noexecstack \
    --no-warn-rwx-segments --build-id=none -T tests/guest/lib/guest.lds \
    -o $@ $(filter %.o,$^)

$(GUEST_ELFS): $(BUILD)/guest/%.elf: $(BUILD)/guest/obj/tests/guest/%.o \
    $(GUEST_LIB) tests/guest/lib/guest.lds
	$(GUEST_LINK)

# The bench guest is several files on the same library.
$(BUILD)/guest/bench.elf: $(patsubst %,$(BUILD)/guest/obj/%.o,$(basename \
    $(sort $(wildcard tools/bench/guest/*.c tools/bench/guest/*.S)))) \
    $(GUEST_LIB) tests/guest/lib/guest.lds
	$(GUEST_LINK)

CHECK_NEEDS += $(GUEST_ELFS)

# What the tests claim about the ABI, checked against Xen itself.
ORACLE := $(BUILD)/cache/xen-4.17

.PHONY: guests guest-check guest-oracle
guests: $(GUEST_ELFS)
guest-check: $(GUEST_ELFS)
	BUILD=$(BUILD) prove --exec '' tests/scenario/guest.t
guest-oracle: $(GUEST_ELFS) $(ORACLE)
	BUILD=$(BUILD) HYPERVISOR=$(ORACLE) prove --exec '' \
	    tests/scenario/guest.t
## guests       build the in-guest tests
## guest-check  run them on Vouch; guest-oracle: on Debian's Xen 4.17

-include $(shell find $(BUILD)/guest/obj -name '*.d' 2>/dev/null)
