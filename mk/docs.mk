# SPDX-License-Identifier: MIT
# docs/abi.md is made from the hypervisor's tables and kept in the repository;
# a test fails while it is older than they are.

ABI_DOC := $(BUILD)/host/abi-doc
$(ABI_DOC): $(BUILD)/host/tools/abi-doc.o
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) $^ -o $@

.PHONY: docs
docs: $(ABI_DOC)
	$(ABI_DOC) >docs/abi.md.tmp && mv docs/abi.md.tmp docs/abi.md
## docs         make docs/abi.md from hv/hypercall/*.def

TAP_TESTS += tests/unit/tools/docs.t tests/unit/tools/layers.t
CHECK_NEEDS += $(ABI_DOC)
