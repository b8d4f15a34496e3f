# SPDX-License-Identifier: MIT
# Flags and the ways to make an object.  Three builds of one source tree:
#   build/hv    freestanding, for the hypervisor
#   build/host  for tools that run on Linux
#   build/san   for unit tests: ASan and UBSan, any finding stops the test
# A fourth, build/fuzz, is clang with libFuzzer.

CC      := gcc
CLANG   := clang
# Handlers of a table share one signature, of which few need all.
WARN    := -Wall -Wextra -Wno-unused-parameter -Werror -Wshadow \
           -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wundef
COMMON  := -std=gnu17 -I. $(WARN) -ffile-prefix-map=$(CURDIR)=. -MMD -MP

HV_CFLAGS := $(COMMON) -O2 -g -ffreestanding -nostdinc -fno-builtin \
    -isystem $(shell $(CC) -print-file-name=include) \
    -isystem $(BUILD)/include -fpie -fvisibility=hidden -mno-red-zone \
    -mgeneral-regs-only -mcmodel=small -fno-asynchronous-unwind-tables \
    -fno-strict-aliasing -fno-common -fno-omit-frame-pointer -fcf-protection=none \
    -fstack-protector-strong -mstack-protector-guard=global \
    -fno-delete-null-pointer-checks -fno-jump-tables
HOST_CFLAGS := $(COMMON) -O2 -g -D_GNU_SOURCE -fstack-protector-strong
SAN_CFLAGS  := $(COMMON) -O1 -g -D_GNU_SOURCE -fno-omit-frame-pointer \
    -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_CFLAGS := $(COMMON) -O1 -g -D_GNU_SOURCE \
    -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all

# One short line for each thing made; `make V=1` shows the commands.
Q       := $(if $(V),,@)
say     = $(if $(V),@:,@printf '  %-7s %s\n' $(1) $@)

$(BUILD)/hv/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(HV_CFLAGS) -c $< -o $@
$(BUILD)/hv/%.o: %.S
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(HV_CFLAGS) -D__ASSEMBLY__ -c $< -o $@
$(BUILD)/host/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(HOST_CFLAGS) -c $< -o $@
$(BUILD)/san/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(SAN_CFLAGS) -c $< -o $@
$(BUILD)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CLANG)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -c $< -o $@

# $(call unit_test,NAME,SOURCES): build/unit/NAME from tests/unit/NAME_test.c
# and the sources it tests, under the sanitizers, with cmocka.
UNIT_TESTS :=
define unit_test
UNIT_TESTS += $(BUILD)/unit/$(1)
$(BUILD)/unit/$(1): $(BUILD)/san/tests/unit/$(1)_test.o \
    $(patsubst %.c,$(BUILD)/san/%.o,$(2))
	@mkdir -p $$(@D)
	$$(call say,LINK)
	$(Q)$(CC) $(SAN_CFLAGS) $$^ -o $$@ -lcmocka $(3)
endef

# $(call fuzz_target,NAME,SOURCES): build/fuzz/NAME from tests/fuzz/NAME.c.
# Seeds, where there are any, are in tests/fuzz/corpus/NAME/.
FUZZ_TARGETS :=
define fuzz_target
FUZZ_TARGETS += $(BUILD)/fuzz/$(1)
$(BUILD)/fuzz/$(1): $(BUILD)/fuzz/tests/fuzz/$(1).o \
    $(patsubst %.c,$(BUILD)/fuzz/%.o,$(2))
	$$(call say,LINK)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) $$^ -o $$@ $(3)
endef

-include $(shell find $(BUILD)/hv $(BUILD)/host $(BUILD)/san $(BUILD)/fuzz \
    -name '*.d' 2>/dev/null)
