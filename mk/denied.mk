# SPDX-License-Identifier: MIT
# The guests that ask for every row of the hypercall table (tests/guest/
# denied.c, and lib/attack.c for one domain at another), and the policy that refuses it all but to talk and to stop.

$(BUILD)/guest/obj/tests/guest/denied.o \
    $(BUILD)/guest/obj/tests/guest/lib/attack.o: GUEST_CFLAGS += \
    -DHYPERCALLS_DEF='"hv/abi/hypercalls.def"' -Wno-override-init

$(BUILD)/policy/nothing.conf: $(BUILD)/policy/policy.conf tests/guest/nothing.te
	perl -0pe 's/\ballow dom0_t [^;]*;//g' $< | \
	    sed '/^role system_r types dom0_t;/r tests/guest/nothing.te' >$@
# Ends of event channels can be made, but not sent on (tests/guest/ends.c).
$(BUILD)/policy/ends.conf: $(BUILD)/policy/policy.conf
	sed '/^allow dom0_t dom0_event_t:event /s/ send / /' $< >$@
$(BUILD)/policy/nothing $(BUILD)/policy/ends $(BUILD)/policy/unseen: %: %.conf
	$(call say,POLICY)
	$(Q)checkpolicy -t Xen -c 30 -U deny -o $@ $< >$@.log || \
	    { cat $@.log; exit 1; }
CHECK_NEEDS += $(BUILD)/policy/nothing $(BUILD)/policy/ends \
    $(BUILD)/policy/unseen

# dom0 knows of unlabelled guests only (tests/guest/unseen.c).
$(BUILD)/policy/unseen.conf: $(BUILD)/policy/policy.conf
	sed -e '/^ .*getaffinity getscheduler getdomaininfo/s/ getdomaininfo//' \
	    -e '/^role system_r types dom0_t;/a \
	allow dom0_t domU_t:domain getdomaininfo;' $< >$@
	! cmp -s $< $@

# dom0 with all its rights but to unmap grants and to copy to them.
$(BUILD)/policy/no-unmap.conf: $(BUILD)/policy/policy.conf
	sed -e '/allow dom0_t .*:grant /s/ unmap//' \
	    -e '/allow dom0_t .*:grant2 /s/ copy_write//' $< >$@
	! cmp -s $< $@
$(BUILD)/policy/no-unmap: $(BUILD)/policy/no-unmap.conf
	$(call say,POLICY)
	$(Q)checkpolicy -t Xen -c 30 -U deny -o $@ $< >$@.log || \
	    { cat $@.log; exit 1; }
CHECK_NEEDS += $(BUILD)/policy/no-unmap
