# SPDX-License-Identifier: MIT
# The bench: one PV guest (tools/bench/guest), booted on Debian's Xen and on
# Vouch in the same QEMU; and the counting of trusted lines.

BENCH_XEN_VERSION := 4.17
BENCH_XEN := $(BUILD)/cache/xen-$(BENCH_XEN_VERSION)
BENCH_XEN_PACKAGE := xen-hypervisor-$(BENCH_XEN_VERSION)-amd64
BENCH_GUEST := $(BUILD)/guest/bench.elf
BENCH_LINES := $(BUILD)/bench/lines
BENCH_NEEDS := $(BUILD)/hv/vouch.elf $(BUILD)/policy/vouch-policy \
    $(BUILD)/bench/init bench-dom0 $(BUILD)/guests/manifest.json

# The package is only unpacked under the build folder, never installed.
$(BENCH_XEN):
	@mkdir -p $(@D)/xen-package
	cd $(@D)/xen-package && apt-get download -qq $(BENCH_XEN_PACKAGE)
	dpkg-deb -x $(@D)/xen-package/$(BENCH_XEN_PACKAGE)_*.deb \
	    $(@D)/xen-package
	gunzip -c $(@D)/xen-package/boot/xen-$(BENCH_XEN_VERSION)-amd64.gz >$@.new
	$(Q)mv $@.new $@

$(BENCH_LINES): tools/bench/lines.c
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) $< -o $@

$(BUILD)/bench/init: tools/bench/init.c tools/bench/init_io.c \
    tools/bench/init_io.h
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) -static $(filter %.c,$^) -o $@

# Debian has no header of QEMU's plugins: plugin.h is what these take from it.
$(BUILD)/bench/%.so: tools/bench/%.c tools/bench/plugin.h
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) -shared -fPIC $< -o $@

$(BUILD)/bench/vtpm-guest: tools/bench/vtpm_guest.c
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) -static $< -o $@

# The vTPM's program with its symbols, which are at the same addresses.
$(BUILD)/bench/vtpm-program: $(BUILD)/host/vtpm-program
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) -static -Wl,--no-warnings $(patsubst \
	    %.c,$(BUILD)/host/%.o,vtpm/tpm/main.c vtpm/tpm/port_stub.c \
	    $(TPM_SOURCES) $(TPM_LIB)) -o $@ $(TPM_LIBS)

BENCH_VTPM_NEEDS := $(BUILD)/bench/probe.so $(BUILD)/bench/vtpm-guest \
    $(BUILD)/bench/vtpm-program $(BUILD)/host/vouchd-double $(VTPM_BUNDLE) \
    $(VOUCH) $(BUILD)/vtpm/base.elf $(BUILD)/guests/disk.img $(BENCH_NEEDS)

.PHONY: bench bench-json bench-split bench-vtpm lines bench-dom0
bench-dom0:
	@$(MAKE) --no-print-directory dom0
## bench        instruction counts on Xen and on Vouch, size, boot time
bench: $(BENCH_GUEST) $(BENCH_XEN) $(BENCH_LINES) $(BENCH_NEEDS)
	tools/bench/bench.sh
bench-json: $(BENCH_GUEST) $(BENCH_XEN) $(BENCH_LINES) \
    $(BENCH_NEEDS)
	@tools/bench/bench.sh --json
## bench-split  whose instructions a guest's workloads are
bench-split: $(BUILD)/bench/split.so $(BENCH_XEN) $(BENCH_NEEDS)
	tools/bench/split.sh
## bench-vtpm   guests' TPMs: their start, commands, memory, evidence
bench-vtpm: $(BENCH_VTPM_NEEDS)
	BUILD=$(BUILD) tools/bench/vtpm.sh
## lines        trusted lines of code
lines: $(BENCH_LINES)
	@find hv xsm lib -name '*.[chS]' -o -name '*.def' | sort | \
	    xargs $(BENCH_LINES)
