# SPDX-License-Identifier: MIT
# Vouch: one flat build. Each folder's rules are in mk/<folder>.mk; what is
# shared by all of them (flags, how an object, a unit test and a fuzz target
# are made) is in mk/rules.mk.  `make help` lists the targets.

BUILD := build
.DEFAULT_GOAL := all

include mk/rules.mk
# Those that others build on come first.
FIRST := mk/rules.mk mk/lib.mk mk/xsm.mk mk/kernel.mk
include $(filter-out mk/rules.mk,$(FIRST))
include $(filter-out $(FIRST),$(sort $(wildcard mk/*.mk)))

.PHONY: all clean help
all: $(ALL)

clean:
	rm -rf $(BUILD)/hv $(BUILD)/host $(BUILD)/san $(BUILD)/fuzz $(BUILD)/unit

help:
	@sed -n 's/^## //p' Makefile mk/*.mk
## all          build the hypervisor, the policy and the tools
## clean        remove what the compiler made
