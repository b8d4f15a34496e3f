# SPDX-License-Identifier: MIT
# The security server: the same files for the hypervisor, the host tools, the
# unit tests and the fuzzer.

XSM_SOURCES := xsm/access.c xsm/audit.c xsm/event.c xsm/expression.c \
    xsm/label.c xsm/matrix.c xsm/names.c xsm/policy_classes.c \
    xsm/policy_constraints.c xsm/policy_contexts.c xsm/policy_rules.c \
    xsm/policy_symbols.c xsm/policy.c xsm/reader.c xsm/symbols.c xsm/xsm.c
XSM_LIB_SOURCES := lib/sha256.c lib/text.c
XSM_ALL_SOURCES := $(XSM_SOURCES) $(XSM_LIB_SOURCES)

POLICY_CHECK := $(BUILD)/host/policy-check
$(POLICY_CHECK): $(addprefix $(BUILD)/host/,\
    $(patsubst %.c,%.o,tools/policy-check.c $(XSM_ALL_SOURCES)))
	$(call say,LD)
	$(Q)$(CC) $(HOST_CFLAGS) $^ -o $@
ALL += $(POLICY_CHECK)

$(eval $(call unit_test,xsm/sepol,$(XSM_ALL_SOURCES) tests/unit/xsm/oracle.c,-l:libsepol.a))
$(eval $(call unit_test,xsm/policy,$(XSM_ALL_SOURCES)))
$(eval $(call unit_test,xsm/xsm,$(XSM_ALL_SOURCES)))
$(eval $(call unit_test,xsm/label,$(XSM_ALL_SOURCES)))
$(eval $(call unit_test,xsm/rows,$(XSM_ALL_SOURCES)))
$(eval $(call unit_test,xsm/tenants,$(XSM_ALL_SOURCES)))
$(eval $(call unit_test,xsm/audit,xsm/audit.c $(XSM_LIB_SOURCES)))

$(eval $(call fuzz_target,policy,$(XSM_ALL_SOURCES)))

TAP_TESTS += tests/unit/xsm/tools.t
CHECK_NEEDS += $(POLICY_CHECK)
