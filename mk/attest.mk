# SPDX-License-Identifier: MIT
# The attestation library, the vouch command, and what tests and measures them.

ATTEST_LIB_SOURCES := $(filter-out attest/bench.c,$(wildcard attest/*.c)) \
    lib/eventlog.c lib/vouchlog.c lib/sha256.c lib/text.c lib/bundle.c \
    lib/approval.c $(KERNEL_SOURCES)
ATTEST_TESTING := $(wildcard attest/testing/*.c)
ATTEST_LIBS := -lcrypto -ljansson $(KERNEL_ARCHIVES)
VOUCH := $(BUILD)/host/vouch
VOUCH_LIBS := -ltss2-esys -ltss2-mu -ltss2-rc -ltss2-tctildr $(ATTEST_LIBS)
ATTEST_PLAY := $(BUILD)/host/attest-play
ATTEST_GUEST := $(BUILD)/host/attest-guest

ALL += $(VOUCH)

$(VOUCH): $(patsubst %.c,$(BUILD)/host/%.o,$(wildcard attest/cmd/*.c) \
    dom0/vouchd/slots.c $(ATTEST_LIB_SOURCES))
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) $^ -o $@ $(VOUCH_LIBS)

$(BUILD)/host/attest-bench: $(patsubst %.c,$(BUILD)/host/%.o,attest/bench.c \
    $(ATTEST_LIB_SOURCES) $(ATTEST_TESTING))
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) $^ -o $@ $(ATTEST_LIBS)

$(ATTEST_PLAY): $(patsubst %.c,$(BUILD)/host/%.o,\
    attest/testing/play/play.c attest/testing/play/shared.c \
    $(ATTEST_LIB_SOURCES) $(ATTEST_TESTING))
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) $^ -o $@ $(VOUCH_LIBS)

$(ATTEST_GUEST): $(patsubst %.c,$(BUILD)/host/%.o,\
    attest/testing/play/guest.c attest/testing/play/shared.c \
    attest/cmd/tpm.c attest/cmd/tpm_activate.c attest/cmd/command.c \
    $(ATTEST_LIB_SOURCES) $(ATTEST_TESTING))
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) $^ -o $@ $(VOUCH_LIBS)

CHECK_NEEDS += $(ATTEST_PLAY) $(ATTEST_GUEST)
TAP_TESTS += $(wildcard tests/unit/attest/cmd/*.t)

PREFIX ?= /usr/local
MANUALS := $(DESTDIR)$(PREFIX)/share/man

.PHONY: vouch bench-attest install-man
vouch: $(VOUCH)
install-man:
	install -d $(MANUALS)/man1 $(MANUALS)/man8
	install -m 644 docs/man/*.1 $(MANUALS)/man1
	install -m 644 docs/man/*.8 $(MANUALS)/man8
bench-attest: $(BUILD)/host/attest-bench
	$< 8000
## vouch        build/host/vouch: enroll, ref, quote, verify, release, receive, log,
##              bundle, create, vtpm
## install-man  the manual pages, to DESTDIR/usr/local/share/man (PREFIX, DESTDIR)
## bench-attest full verifications per second and core; fails below 8000

ATTEST_UNITS := $(patsubst tests/unit/%_test.c,%,\
    $(wildcard tests/unit/attest/*_test.c))
$(foreach unit,$(ATTEST_UNITS),$(eval $(call unit_test,$(unit),\
    $(ATTEST_LIB_SOURCES) $(ATTEST_TESTING) $(PACK),$(ATTEST_LIBS) -ltss2-mu)))
$(eval $(call fuzz_target,evidence,$(ATTEST_LIB_SOURCES) $(ATTEST_TESTING),\
    $(ATTEST_LIBS)))
