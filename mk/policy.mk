# SPDX-License-Identifier: MIT
# The policy: class declarations made from xsm/, then our own modules in the
# order checkpolicy's grammar asks for.

## policy       compile policy/ to build/policy/vouch-policy (and -v24)
POLICY_PARTS := macros.m4 types.te hypervisor.te dom0.te guests.te \
    assertions.te users.te constraints.te contexts.te
POLICY_SOURCES := $(addprefix policy/,$(POLICY_PARTS))
POLICY := $(BUILD)/policy/vouch-policy

$(BUILD)/policy/classes.conf: tools/policy-classes.sh xsm/classes.def \
    xsm/initial_sids.def
	@mkdir -p $(@D)
	$(call say,MAKE)
	$(Q)tools/policy-classes.sh $(CC) > $@.tmp && mv $@.tmp $@

$(BUILD)/policy/policy.conf: $(BUILD)/policy/classes.conf $(POLICY_SOURCES)
	$(call say,M4)
	$(Q)m4 $^ > $@.tmp && mv $@.tmp $@

# -E: a warning is an error.  What no assertion can say, that constraints keep
# tenants apart, is asked of the result.
$(POLICY): $(BUILD)/policy/policy.conf | $(BUILD)/host/policy-check
	$(call say,POLICY)
	$(Q)checkpolicy -E -t Xen -c 30 -U deny -o $@.tmp $< > $@.log || \
	    { cat $@.log; exit 1; }
	$(call say,CHECK)
	$(Q)$(BUILD)/host/policy-check $@.tmp tenants
	$(Q)mv $@.tmp $@
# Version 24 always warns that it cannot hold what we do not use.
$(POLICY)-v24: $(BUILD)/policy/policy.conf
	$(call say,POLICY)
	$(Q)checkpolicy -t Xen -c 24 -U deny -o $@ $< > $@.log 2>&1 || \
	    { cat $@.log; exit 1; }

.PHONY: policy
policy: $(POLICY) $(POLICY)-v24
ALL += $(POLICY)

# The policy that has all a policy may have, for the tests of the reader, with
# a class that the hypervisor does not have.
$(BUILD)/policy/features.conf: $(BUILD)/policy/classes.conf \
    tests/unit/xsm/policies/features.te tests/unit/xsm/policies/features-tail.te
	{ sed -e 's/^sid xenboot$$/class userspace\n&/' $<; \
	  echo 'class userspace { one two }'; cat $(filter %.te,$^); } > $@.tmp
	$(Q)mv $@.tmp $@
$(BUILD)/policy/features: $(BUILD)/policy/features.conf
	$(call say,POLICY)
	$(Q)checkpolicy -t Xen -c 30 -o $@ $< > $@.log 2>&1 || { cat $@.log; exit 1; }
$(BUILD)/policy/features-v24: $(BUILD)/policy/features.conf
	$(call say,POLICY)
	$(Q)checkpolicy -t Xen -c 24 -o $@ $< > $@.log 2>&1 || { cat $@.log; exit 1; }
# And one that says more than the hypervisor takes.
$(BUILD)/policy/resources: $(BUILD)/policy/features.conf \
    tests/unit/xsm/policies/resources.te
	cat $^ > $@.conf
	$(call say,POLICY)
	$(Q)checkpolicy -t Xen -c 30 -o $@ $@.conf > $@.log 2>&1 || \
	    { cat $@.log; exit 1; }
TEST_POLICIES := $(POLICY) $(POLICY)-v24 $(BUILD)/policy/features \
    $(BUILD)/policy/features-v24 $(BUILD)/policy/resources
$(BUILD)/unit/xsm/sepol $(BUILD)/unit/xsm/policy $(BUILD)/unit/xsm/xsm \
    $(BUILD)/unit/xsm/label $(BUILD)/unit/xsm/rows $(BUILD)/unit/xsm/tenants: | $(TEST_POLICIES)
CHECK_NEEDS += $(TEST_POLICIES)
