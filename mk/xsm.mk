# SPDX-License-Identifier: MIT
# The security server: the same files for the hypervisor, the host tools, the
# unit tests and the fuzzer.

XSM_SOURCES := xsm/access.c xsm/audit.c xsm/event.c xsm/expression.c \
    xsm/label.c xsm/matrix.c xsm/names.c xsm/policy_classes.c \
    xsm/policy_constraints.c xsm/policy_contexts.c xsm/policy_rules.c \
    xsm/policy_symbols.c xsm/policydb.c xsm/reader.c xsm/symtab.c xsm/xsm.c
XSM_LIB_SOURCES := lib/sha256.c lib/text.c
XSM_ALL_SOURCES := $(XSM_SOURCES) $(XSM_LIB_SOURCES)

POLICY_CHECK := $(BUILD)/host/policy-check
$(POLICY_CHECK): $(addprefix $(BUILD)/host/,\
    $(patsubst %.c,%.o,tools/policy-check.c $(XSM_ALL_SOURCES)))
	$(CC) $(HOST_CFLAGS) $^ -o $@
ALL += $(POLICY_CHECK)
