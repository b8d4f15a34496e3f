# SPDX-License-Identifier: MIT
# hv/measure and the parsers of hv/boot: their unit tests and fuzz targets.
# MEASURE_SOURCES and BOOT_PARSER_SOURCES are what the hypervisor links.

MEASURE_SOURCES := hv/measure/measure.c hv/measure/adopt.c hv/measure/pcr.c \
    hv/measure/exchange.c hv/measure/state.c hv/measure/seal.c hv/measure/seal_root.c \
    hv/measure/tpm.c hv/measure/tis.c hv/measure/crb.c hv/measure/tpm_mmio.c
BOOT_PARSER_SOURCES := hv/boot/multiboot2.c hv/boot/acpi.c \
    hv/boot/acpi_tables.c hv/domain/elf.c hv/domain/elf_notes.c hv/boot/cmdline.c

FAKE_TPM := tests/unit/hv/measure/fake_tpm.c \
    tests/unit/hv/measure/fake_tpm_commands.c
MEASURE_LIB := lib/tpm2_command.c lib/tpm2_response.c lib/eventlog.c \
    lib/vouchlog.c lib/sha256.c tests/unit/lib/sha512.c lib/text.c $(REPLAY) \
    attest/record.c attest/uuid.c

$(eval $(call unit_test,hv/measure/tpm,hv/measure/tpm.c hv/measure/tis.c \
    hv/measure/crb.c $(FAKE_TPM) $(MEASURE_LIB)))
$(eval $(call unit_test,hv/measure/measure,hv/measure/measure.c \
    hv/measure/adopt.c hv/measure/pcr.c hv/measure/exchange.c hv/measure/tpm.c hv/measure/tis.c hv/measure/crb.c \
    $(FAKE_TPM) $(MEASURE_LIB)))
# On a real TPM 2.0 in place of the fake one's commands.
$(eval $(call unit_test,hv/measure/seal,$(filter-out hv/measure/tpm_mmio.c,\
    $(MEASURE_SOURCES)) lib/tpm2_command.c lib/tpm2_response.c \
    lib/tpm2_seal_command.c lib/tpm2_seal_response.c lib/approval.c lib/hmac.c \
    lib/eventlog.c lib/vouchlog.c lib/sha256.c lib/text.c \
    attest/approve.c attest/ecdsa.c \
    $(addprefix tests/unit/hv/measure/,fake_tpm.c swtpm.c seal_machine.c),\
    -lcrypto))
$(eval $(call unit_test,hv/measure/state,hv/measure/state.c lib/hmac.c \
    lib/sha256.c))
$(eval $(call unit_test,hv/boot/cmdline,hv/boot/cmdline.c lib/text.c))
$(eval $(call unit_test,hv/domain/plan,hv/domain/plan.c))
$(eval $(call unit_test,hv/boot/multiboot2,hv/boot/multiboot2.c))
$(eval $(call unit_test,hv/domain/elf,hv/domain/elf.c hv/domain/elf_notes.c \
    lib/text.c))
$(eval $(call unit_test,hv/boot/acpi,hv/boot/acpi.c hv/boot/acpi_tables.c))

$(eval $(call fuzz_target,elf,hv/domain/elf.c hv/domain/elf_notes.c lib/text.c))
$(eval $(call fuzz_target,multiboot2,hv/boot/multiboot2.c))
$(eval $(call fuzz_target,acpi,hv/boot/acpi.c hv/boot/acpi_tables.c))
$(eval $(call fuzz_target,cmdline,hv/boot/cmdline.c lib/text.c))
$(eval $(call fuzz_target,state,hv/measure/state.c lib/hmac.c lib/sha256.c))
$(eval $(call unit_test,hv/hypercall/state_ops,hv/hypercall/state_ops.c \
    hv/measure/state.c lib/hmac.c lib/sha256.c))
