# SPDX-License-Identifier: MIT
# dom0's daemon, and the same one on a machine that is only files, for tests.

VOUCHD_CORE := $(addprefix dom0/vouchd/,main.c say.c message.c slots.c peer.c \
    batch.c quoter.c forgotten.c table.c) \
    attest/json.c attest/base64.c attest/merkle.c attest/uuid.c attest/file.c \
    lib/sha256.c lib/text.c
VOUCHD_XEN := $(addprefix dom0/vouchd/,domains_xenstore.c link_vchan.c \
    hypervisor.c)
VOUCHD_DOUBLE := $(wildcard tests/scenario/vouchd/*.c)

VOUCHD := $(BUILD)/host/vouchd
$(VOUCHD): $(patsubst %.c,$(BUILD)/host/%.o,$(VOUCHD_CORE) $(VOUCHD_XEN))
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) $^ -o $@ -ljansson -lxenvchan -lxenstore -lxencall
ALL += $(VOUCHD)

$(BUILD)/host/vouchd-double: $(patsubst %.c,$(BUILD)/host/%.o,$(VOUCHD_CORE) \
    $(VOUCHD_DOUBLE))
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) $^ -o $@ -ljansson
CHECK_NEEDS += $(BUILD)/host/vouchd-double

$(eval $(call unit_test,dom0/vouchd/message,dom0/vouchd/message.c))
$(eval $(call unit_test,dom0/vouchd/slots,dom0/vouchd/slots.c attest/uuid.c \
    attest/file.c lib/text.c))
$(eval $(call fuzz_target,vouchd,dom0/vouchd/message.c))
$(eval $(call unit_test,attest/cmd/pair,attest/cmd/pair.c attest/json.c \
    attest/base64.c attest/uuid.c lib/sha256.c lib/text.c,-ljansson))
