# SPDX-License-Identifier: MIT
# The stub-domain kernel's drivers on the host: their parsers, and all of them
# with the kernel's services faked.

FAKE_KERNEL := tests/unit/vtpm/base/fake_kernel.c
FAKE_STORE := tests/unit/vtpm/base/fake_store.c
XS_SOURCES := vtpm/base/xs_message.c lib/text.c

$(eval $(call unit_test,vtpm/base/ring,))
$(eval $(call unit_test,vtpm/base/xs_message,$(XS_SOURCES)))
$(eval $(call unit_test,vtpm/base/xenstore,$(XS_SOURCES) vtpm/base/format.c \
    $(FAKE_KERNEL)))
$(eval $(call unit_test,vtpm/base/tpm_page,vtpm/base/tpm_page.c))
$(eval $(call unit_test,vtpm/base/tpmback,vtpm/base/tpm_page.c $(XS_SOURCES) \
    $(FAKE_KERNEL) $(FAKE_STORE)))
$(eval $(call unit_test,vtpm/base/vchan_stream,vtpm/base/vchan_stream.c))
$(eval $(call unit_test,vtpm/base/vchan,vtpm/base/vchan_stream.c \
    $(FAKE_KERNEL) $(FAKE_STORE)))

$(eval $(call fuzz_target,xs_message,$(XS_SOURCES)))
$(eval $(call fuzz_target,tpm_page,vtpm/base/tpm_page.c))

# What tests/scenario/drivers.t has in dom0: a client of the stream.  Xen's own
# libraries but this one are there.
VCHAN_CLIENT := $(BUILD)/host/vchan-client
$(VCHAN_CLIENT): $(BUILD)/host/tests/scenario/vchan-client.o
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) $^ -o $@ -l:libxenvchan.a -lxenstore -lxenevtchn \
	    -lxengnttab -lxentoollog
GUESTS_FILES += $(VCHAN_CLIENT)
$(GUESTS_DISK): $(VCHAN_CLIENT)
