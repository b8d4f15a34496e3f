# SPDX-License-Identifier: MIT
# Unit tests of hv/mem and of the hypercalls on tables: their objects see a fake
# machine whose RAM lies at an address of the test's own.

MEM_SOURCES := hv/mem/page.c hv/mem/table.c hv/mem/entry.c hv/mem/roots.c \
    hv/mem/heap.c hv/mem/memory.c hv/mem/iomem.c hv/mem/guest_copy.c \
    hv/domain/mmu_update.c hv/domain/mmuext.c hv/domain/vcpu_roots.c hv/domain/vcpu_descriptors.c
$(MEM_SOURCES:%.c=$(BUILD)/san/%.o) $(BUILD)/san/tests/unit/hv/mem/%.o: \
    SAN_CFLAGS += $(FAKE_MACHINE) -DDIRECTMAP_VIRT=0x200000000000

# What a test there asks of the machine, and the recount.
MEM_WORLD := $(MEM_SOURCES) $(addprefix tests/unit/hv/mem/,machine.c oracle.c \
    calls.c)
$(eval $(call unit_test,hv/mem/page,$(MEM_WORLD)))
$(eval $(call unit_test,hv/mem/sequence,$(MEM_WORLD)))
$(eval $(call unit_test,hv/mem/heap,$(MEM_WORLD)))
$(eval $(call unit_test,hv/mem/share,$(MEM_WORLD)))

# Emulated writes of entries, with a second thread as the CPU that walks there.
$(BUILD)/san/tests/unit/hv/domain/mmu_update_test.o: SAN_CFLAGS += \
    $(FAKE_MACHINE) -DDIRECTMAP_VIRT=0x200000000000
$(eval $(call unit_test,hv/domain/mmu_update,$(MEM_SOURCES) \
    tests/unit/hv/mem/machine.c,-pthread))

# Grant tables, with their dispatcher, on the same machine; and any sequence of
# what may be done with them, by the fuzzer.
GRANT_SOURCES := $(wildcard hv/grant/*.c) hv/hypercall/grants.c
GRANT_WORLD := $(GRANT_SOURCES) $(MEM_SOURCES) $(addprefix tests/unit/hv/,\
    mem/machine.c grant/world.c grant/oracle.c)
GRANT_FLAGS := $(FAKE_MACHINE) -DDIRECTMAP_VIRT=0x200000000000
$(GRANT_SOURCES:%.c=$(BUILD)/san/%.o) $(BUILD)/san/tests/unit/hv/grant/%.o: \
    SAN_CFLAGS += $(GRANT_FLAGS)
$(GRANT_WORLD:%.c=$(BUILD)/fuzz/%.o) $(BUILD)/fuzz/tests/fuzz/grants.o \
$(BUILD)/fuzz/tests/unit/hv/grant/moves.o: FUZZ_CFLAGS += $(GRANT_FLAGS)

$(eval $(call unit_test,hv/grant/grant,$(GRANT_WORLD)))
$(eval $(call unit_test,hv/grant/sequence,$(GRANT_WORLD) \
    tests/unit/hv/grant/moves.c))
$(eval $(call fuzz_target,grants,$(GRANT_WORLD) tests/unit/hv/grant/moves.c))

# Domains, their references and the end of their frames, on a machine of theirs.
DOMAIN_SOURCES := hv/domain/domain.c hv/mem/relinquish.c
$(DOMAIN_SOURCES:%.c=$(BUILD)/san/%.o) \
$(BUILD)/san/tests/unit/hv/domain/domain_test.o: \
    SAN_CFLAGS += $(FAKE_MACHINE) -DDIRECTMAP_VIRT=0x200000000000

$(eval $(call unit_test,hv/domain/domain,$(DOMAIN_SOURCES) \
    $(filter hv/mem/%,$(MEM_SOURCES))))

# Reservations, on hv/mem's machine; the guest's memory is not to be written.
$(BUILD)/san/hv/domain/reservation.o \
$(BUILD)/san/tests/unit/hv/domain/reservation_test.o: SAN_CFLAGS += \
    $(FAKE_MACHINE) -DDIRECTMAP_VIRT=0x200000000000
$(eval $(call unit_test,hv/domain/reservation,hv/domain/reservation.c \
    $(MEM_SOURCES) tests/unit/hv/mem/machine.c,\
    -Xlinker --wrap=guest_write_u64))

# An exchange, and everything together with few frames; as above, and what is
# read of the guest's memory is the test's.
READS_AND_WRITES := -Xlinker --wrap=guest_write_u64 \
    -Xlinker --wrap=guest_read_u64
$(BUILD)/san/hv/domain/exchange.o \
$(BUILD)/san/tests/unit/hv/domain/exchange_test.o: SAN_CFLAGS += \
    $(FAKE_MACHINE) -DDIRECTMAP_VIRT=0x200000000000
$(eval $(call unit_test,hv/domain/exchange,hv/domain/exchange.c \
    $(MEM_SOURCES) tests/unit/hv/mem/machine.c,$(READS_AND_WRITES)))
$(eval $(call unit_test,hv/mem/storm,hv/domain/reservation.c \
    hv/domain/exchange.c hv/mem/relinquish.c $(MEM_SOURCES) \
    $(addprefix tests/unit/hv/mem/,machine.c oracle.c cached.c),\
    $(READS_AND_WRITES)))
