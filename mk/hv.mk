# SPDX-License-Identifier: MIT
# The hypervisor: one ELF64 at its virtual address, linked twice (the second
# time with the symbol table made of the first), wrapped into an ELF32.

# What nobody calls is left out of the image.
HV_CFLAGS += -include hv/base/hidden.h -ffunction-sections -fdata-sections

HV_FOLDERS := base boot cpu mem domain sched evtchn grant hypercall launch \
              measure security
HV_C_SOURCES := $(filter-out hv/hypercall/asm_offsets.c,$(sort \
                    $(foreach folder,$(HV_FOLDERS),$(wildcard hv/$(folder)/*.c))))
HV_S_SOURCES := $(sort $(foreach folder,$(HV_FOLDERS),\
                    $(wildcard hv/$(folder)/*.S)))
HV_OBJECTS := $(HV_C_SOURCES:%.c=$(BUILD)/hv/%.o) \
              $(HV_S_SOURCES:%.S=$(BUILD)/hv/%.o) \
              $(LIB_HV_OBJECTS) $(XSM_SOURCES:%.c=$(BUILD)/hv/%.o)
HV_LDFLAGS := -static -nostdlib -z max-page-size=4096 -z noexecstack \
              --build-id=none --no-warn-rwx-segments --gc-sections \
              -T hv/boot/hv.ld
HV_IMAGE_LIMIT := 327680 # 320 KiB

# What runs at boot, in a panic or for a person to read is made small; what a
# guest waits for, or what loops over all memory, is made fast.
HV_HOT_SOURCES := hv/boot/paging.c lib/sha256.c xsm/access.c xsm/label.c
HV_COLD_SOURCES := $(filter-out $(HV_HOT_SOURCES),\
    $(wildcard hv/base/*.c hv/boot/*.c hv/measure/*.c) \
    $(addprefix hv/cpu/,features.c ioapic.c msi.c panic.c pci.c power.c smp.c \
        time.c) \
    $(addprefix hv/domain/,build.c build_own.c plan.c elf.c elf_notes.c hypercall_page.c \
        memory_map.c pit.c vcpu_context.c) \
    $(addprefix hv/evtchn/,physdev_ops.c pirq.c) \
    $(addprefix hv/hypercall/,cpu_policy.c cpuid.c debug_keys.c domain_list.c \
        domctl.c domctl_vcpu.c iret.c platform.c privop_umip.c sysctl.c \
        xsm_op.c) \
    $(addprefix hv/sched/,domctl.c shutdown.c) hv/security/security.c \
    hv/security/record.c $(wildcard hv/launch/*.c) hv/hypercall/launch_ops.c \
    $(LIB_SOURCES) $(XSM_SOURCES))
$(HV_COLD_SOURCES:%.c=$(BUILD)/hv/%.o): HV_CFLAGS += -Os

$(BUILD)/include/xen:
	@mkdir -p $(@D)
	$(call say,LN)
	$(Q)ln -sfn /usr/include/xen $@

# Offsets for assembly: compiled, not run; see hv/hypercall/asm_offsets.c.
$(BUILD)/hv/hv/hypercall/asm_offsets.s: hv/hypercall/asm_offsets.c | $(BUILD)/include/xen
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(HV_CFLAGS) -S -o $@ $<
$(BUILD)/include/asm_offsets.h: $(BUILD)/hv/hv/hypercall/asm_offsets.s
	sed -n 's/^->\([A-Za-z0-9_]*\) \$$\(-\{0,1\}[0-9]*\)$$/#define \1 \2/p' \
	    $< >$@
	@grep -q SIZEOF_CPU_BLOCK $@

$(HV_OBJECTS): | $(BUILD)/include/xen
$(HV_S_SOURCES:%.S=$(BUILD)/hv/%.o): $(BUILD)/include/asm_offsets.h

$(BUILD)/host/mkelf32: $(BUILD)/host/tools/mkelf32.o
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) $^ -o $@
$(BUILD)/host/mksymbols: $(BUILD)/host/tools/mksymbols.o
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) $^ -o $@

$(BUILD)/hv/symbols0.S: $(BUILD)/host/mksymbols
	@mkdir -p $(@D)
	$(call say,MAKE)
	$(Q)$< >$@
$(BUILD)/hv/symbols1.S: $(BUILD)/hv/vouch0.elf64 $(BUILD)/host/mksymbols
	$(call say,MAKE)
	$(Q)$(BUILD)/host/mksymbols $< >$@
$(BUILD)/hv/symbols%.o: $(BUILD)/hv/symbols%.S
	$(call say,CC)
	$(Q)$(CC) -c $< -o $@
$(BUILD)/hv/vouch%.elf64: $(HV_OBJECTS) $(BUILD)/hv/symbols%.o hv/boot/hv.ld
	$(call say,LD)
	$(Q)$(LD) $(HV_LDFLAGS) -o $@ $(filter %.o,$^)

$(BUILD)/hv/vouch.elf: $(BUILD)/hv/vouch1.elf64 $(BUILD)/host/mkelf32
	$(call say,MAKE)
	$(Q)$(BUILD)/host/mkelf32 $< $@
	@size=$$(stat -c %s $@); if [ $$size -gt $(HV_IMAGE_LIMIT) ]; then \
	    echo "$@: $$size bytes, over the limit of $(HV_IMAGE_LIMIT)"; \
	    rm -f $@; exit 1; fi

.PHONY: hv
hv: $(BUILD)/hv/vouch.elf
.SECONDARY: $(BUILD)/hv/vouch0.elf64 $(BUILD)/hv/vouch1.elf64 \
    $(BUILD)/hv/symbols0.o $(BUILD)/hv/symbols1.o \
    $(BUILD)/hv/symbols0.S $(BUILD)/hv/symbols1.S
ALL += $(BUILD)/hv/vouch.elf
## hv           build the hypervisor, build/hv/vouch.elf

-include $(BUILD)/hv/hv/hypercall/asm_offsets.d

$(eval $(call unit_test,hv/base/format,hv/base/format.c))
$(eval $(call unit_test,hv/boot/memory_map,hv/boot/memory_map.c))
$(eval $(call unit_test,hv/cpu/time,hv/cpu/time.c))

# For tests/nocompile: how the hypervisor is compiled.
.PHONY: print-hv-flags
print-hv-flags: $(BUILD)/include/xen
	@echo '$(HV_CFLAGS)'
TAP_TESTS += tests/nocompile/table.t tests/nocompile/handlers.t \
    tests/nocompile/includes.t
$(eval $(call unit_test,hv/cpu/paging,hv/cpu/paging.c))
