# SPDX-License-Identifier: MIT
# The attestation library, the vouch command, and what tests and measures them.

ATTEST_LIB_SOURCES := $(wildcard attest/*.c) lib/eventlog.c lib/vouchlog.c \
    lib/sha256.c lib/text.c
ATTEST_LIBS := -lcrypto -ljansson
VOUCH := $(BUILD)/host/vouch
VOUCH_LIBS := -ltss2-esys -ltss2-mu -ltss2-rc -ltss2-tctildr $(ATTEST_LIBS)

ALL += $(VOUCH)

$(VOUCH): $(patsubst %.c,$(BUILD)/host/%.o,$(wildcard attest/cmd/*.c) \
    $(ATTEST_LIB_SOURCES))
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $^ -o $@ $(VOUCH_LIBS)

.PHONY: vouch
vouch: $(VOUCH)
## vouch        build/host/vouch: enroll, ref, quote, verify, log

ATTEST_TESTING := $(wildcard attest/testing/*.c)
ATTEST_UNITS := $(patsubst tests/unit/%_test.c,%,\
    $(wildcard tests/unit/attest/*_test.c))
$(foreach unit,$(ATTEST_UNITS),$(eval $(call unit_test,$(unit),\
    $(ATTEST_LIB_SOURCES) $(ATTEST_TESTING),$(ATTEST_LIBS) -ltss2-mu)))
