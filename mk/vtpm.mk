# SPDX-License-Identifier: MIT
# vtpm/base, the stub-domain kernel: build/vtpm/base.elf, whose program is its
# domain's ramdisk, and images that carry a program themselves.

BASE_CFLAGS := $(COMMON) -O2 -g -ffreestanding -nostdinc -fno-builtin \
    -isystem $(shell $(CC) -print-file-name=include) \
    -isystem $(BUILD)/guest/include -fno-pic -fno-pie -mcmodel=kernel \
    -mno-red-zone -mgeneral-regs-only -fno-stack-protector \
    -fno-asynchronous-unwind-tables -fno-strict-aliasing -fcf-protection=none \
    -fno-delete-null-pointer-checks -fno-jump-tables

BASE_OBJECTS := $(patsubst %,$(BUILD)/base/%.o,$(basename \
    $(sort $(wildcard vtpm/base/*.c vtpm/base/*.S)) lib/sha256.c lib/string.c lib/text.c))

$(BUILD)/base/%.o: %.c | $(BUILD)/guest/include/xen
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(BASE_CFLAGS) -c $< -o $@
$(BUILD)/base/%.o: %.S | $(BUILD)/guest/include/xen
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(BASE_CFLAGS) -c $< -o $@

BASE_LINK = $(LD) -static -nostdlib -z max-page-size=4096 -z noexecstack \
    --build-id=none -T vtpm/base/image.lds -o $@ $(filter %.o,$^)

$(BUILD)/vtpm/base.elf: $(BASE_OBJECTS) vtpm/base/image.lds
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(BASE_LINK)
	$(Q)strip --strip-debug $@

# $(call base_image,IMAGE,PROGRAM): build/vtpm/IMAGE, with that static program
# in it.
define base_image
$(BUILD)/base/program/$(1).o: $(2)
	@mkdir -p $$(@D)
	$$(call say,BIN)
	$(Q)strip -o $$@.bin $$< && cd $$(@D) && $(LD) -r -b binary \
	    -o $$(@F).raw $$(@F).bin && objcopy --rename-section \
	    .data=.program,alloc,load,readonly,data,contents \
	    --set-section-alignment .data=4096 --strip-all \
	    $$(@F).raw $$(@F)
$(BUILD)/vtpm/$(1): $(BASE_OBJECTS) $(BUILD)/base/program/$(1).o \
    vtpm/base/image.lds
	@mkdir -p $$(@D)
	$$(call say,LD)
	$(Q)$$(BASE_LINK)
	$(Q)strip --strip-debug $$@
endef

-include $(shell find $(BUILD)/base -name '*.d' 2>/dev/null)

# Small static programs, which tests/scenario/base.t runs on it.
BASE_PROGRAMS := $(patsubst tests/scenario/base/%.c,%,\
    $(sort $(wildcard tests/scenario/base/*.c)))
$(BUILD)/vtpm/program-%: tests/scenario/base/%.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(HOST_CFLAGS) -static -no-pie -s $< -o $@ \
	    $(if $(filter %/crypto.c,$<),-lcrypto 2>$@.log)
# The one program that is linked for any address.
$(BUILD)/vtpm/program-pie: tests/scenario/base/hello.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(HOST_CFLAGS) -static-pie -fpie -s $< -o $@
BASE_PROGRAMS += pie

$(foreach program,$(BASE_PROGRAMS),$(eval $(call base_image,test-$(program),\
    $(BUILD)/vtpm/program-$(program))))
BASE_TESTS := $(BASE_PROGRAMS:%=$(BUILD)/vtpm/test-%) \
    $(BASE_PROGRAMS:%=$(BUILD)/vtpm/program-%)

ALL += $(BUILD)/vtpm/base.elf
CHECK_NEEDS += $(BUILD)/vtpm/base.elf $(BASE_TESTS)

# dom0 finds both on the guests' disk.
BASE_FILES := $(BUILD)/vtpm/base.elf $(BASE_TESTS)
GUESTS_FILES += $(BASE_FILES)
$(GUESTS_DISK): $(BASE_FILES)

$(eval $(call unit_test,vtpm/base/program,vtpm/base/program.c))
$(eval $(call unit_test,vtpm/base/arguments,vtpm/base/arguments.c))
$(eval $(call unit_test,vtpm/base/reserved,vtpm/base/reserved.c))
$(eval $(call unit_test,vtpm/base/format,vtpm/base/format.c))
$(eval $(call unit_test,vtpm/base/drbg,vtpm/base/drbg.c lib/sha256.c))
$(eval $(call fuzz_target,program,vtpm/base/program.c))
