# SPDX-License-Identifier: MIT
# The launcher: an ordinary static program, which the stub-domain kernel runs
# as a guest's first.  Sections of their own, so that what is not used is left
# out; it lies in the guest's memory beside all that it unpacks.

LAUNCHER := $(BUILD)/vtpm/launcher
LAUNCHER_SOURCES := vtpm/launcher/launcher.c lib/bundle.c lib/text.c \
    $(KERNEL_SOURCES)
LAUNCHER_OBJECTS := $(patsubst %.c,$(BUILD)/host/%.o,vtpm/launcher/main.c \
    vtpm/launcher/calls.c $(LAUNCHER_SOURCES))
ALL += $(LAUNCHER)

$(LAUNCHER): $(LAUNCHER_OBJECTS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) -static -Wl,--gc-sections -Wl,-z,norelro -s $^ -o $@ \
	    $(KERNEL_ARCHIVES)

# The same on Linux: its ramdisk is a file, and what it launches is shown.
LAUNCHER_FAKE := $(BUILD)/host/launcher-fake
$(LAUNCHER_FAKE): $(patsubst %.c,$(BUILD)/host/%.o,\
    tests/unit/vtpm/launcher/fake.c $(LAUNCHER_SOURCES) lib/sha256.c)
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) $^ -o $@ $(KERNEL_LIBS)

$(eval $(call unit_test,vtpm/launcher/launcher,$(LAUNCHER_SOURCES) $(PACK),$(KERNEL_LIBS)))
CHECK_NEEDS += $(LAUNCHER) $(LAUNCHER_FAKE)
TAP_TESTS += tests/unit/vtpm/launcher/launcher.t
