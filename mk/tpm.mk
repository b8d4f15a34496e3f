# SPDX-License-Identifier: MIT
# vtpm/tpm/: the vTPM program, static, for the stub kernel. On the host the same
# sources are linked with another port, for tpm2-tools to talk to.

TPM_SOURCES := $(filter-out vtpm/tpm/port_stub.c vtpm/tpm/main.c, \
    $(sort $(wildcard vtpm/tpm/*.c)))
TPM_LIB := lib/text.c lib/sha256.c lib/eventlog.c lib/vouchlog.c \
    lib/tpm2_command.c lib/tpm2_response.c
TPM_LIBS := -ltpms -lcrypto
TPM_PROGRAM := $(BUILD)/host/vtpm-program

ALL += $(TPM_PROGRAM)

# libcrypto can look up hosts and load modules, which needs a C library of the
# same version when it runs; nothing here ever does.
$(TPM_PROGRAM): $(patsubst %.c,$(BUILD)/host/%.o,vtpm/tpm/main.c \
    vtpm/tpm/port_stub.c $(TPM_SOURCES) $(TPM_LIB))
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) -static -Wl,--no-warnings -s $^ -o $@ $(TPM_LIBS)

.PHONY: vtpm
vtpm: $(TPM_PROGRAM)
## vtpm         build/host/vtpm-program: the TPM of one guest, for its stub domain

TPM_HOST := $(BUILD)/host/vtpm-host
$(TPM_HOST): $(patsubst %.c,$(BUILD)/san/%.o,vtpm/tpm/main.c \
    tests/scenario/vtpm-host.c $(TPM_SOURCES) $(TPM_LIB))
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(SAN_CFLAGS) $^ -o $@ $(TPM_LIBS)

CHECK_NEEDS += $(TPM_HOST)

TPM_FAKE := tests/unit/vtpm/tpm/fake_port.c
TPM_UNITS := $(patsubst tests/unit/%_test.c,%,\
    $(wildcard tests/unit/vtpm/tpm/*_test.c))
$(foreach unit,$(TPM_UNITS),$(eval $(call unit_test,$(unit),\
    $(TPM_SOURCES) $(TPM_LIB) $(TPM_FAKE) $(REPLAY),$(TPM_LIBS))))
$(eval $(call fuzz_target,vtpm_inputs,$(TPM_SOURCES) $(TPM_LIB) $(TPM_FAKE),\
    $(TPM_LIBS)))
