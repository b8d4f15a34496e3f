# SPDX-License-Identifier: MIT
# Unit tests of event channels, scheduler, timers and interrupts.  Their
# objects see a fake machine: headers in tests/unit/hv/fake take the place of
# those in hv/cpu that touch the hardware.

FAKE_MACHINE := -iquote tests/unit/hv/fake
EVTCHN_SOURCES := hv/evtchn/evtchn.c hv/evtchn/virq.c hv/evtchn/evtchn_ops.c
SCHED_SOURCES := hv/sched/sched.c hv/sched/run_queue.c hv/sched/share.c hv/sched/wake.c \
    hv/sched/pause.c hv/sched/poll.c hv/sched/runstate.c hv/sched/timer.c \
    hv/sched/vcpu_timer.c hv/sched/sched_ops.c hv/sched/vcpu_ops.c \
    hv/sched/shutdown.c
IRQ_SOURCES := hv/cpu/irq.c hv/cpu/ioapic.c hv/cpu/msi.c hv/cpu/pci.c hv/cpu/machine.c \
    hv/mem/iomem.c hv/evtchn/pirq.c hv/evtchn/physdev_ops.c

$(BUILD)/san/hv/evtchn/%.o $(BUILD)/san/tests/unit/hv/evtchn/%.o \
$(BUILD)/san/hv/sched/%.o $(BUILD)/san/tests/unit/hv/sched/%.o \
$(IRQ_SOURCES:%.c=$(BUILD)/san/%.o) \
$(BUILD)/san/tests/unit/hv/cpu/irq_test.o \
$(BUILD)/san/tests/unit/hv/cpu/irq_machine.o: \
    SAN_CFLAGS += $(FAKE_MACHINE)

$(eval $(call unit_test,hv/evtchn/evtchn,$(EVTCHN_SOURCES)))
$(eval $(call unit_test,hv/sched/sched,$(SCHED_SOURCES) $(EVTCHN_SOURCES) \
    tests/unit/hv/sched/machine.c tests/unit/hv/sched/rest.c))
$(eval $(call unit_test,hv/sched/share,$(SCHED_SOURCES) $(EVTCHN_SOURCES) \
    tests/unit/hv/sched/machine.c tests/unit/hv/sched/rest.c))
$(eval $(call unit_test,hv/hypercall/events,hv/hypercall/events.c \
    hv/security/labels.c $(XSM_ALL_SOURCES)))
$(eval $(call unit_test,hv/sched/timer,hv/sched/timer.c))
$(eval $(call unit_test,hv/domain/clock,hv/domain/clock.c))
$(eval $(call unit_test,hv/cpu/irq,$(IRQ_SOURCES) \
    tests/unit/hv/cpu/irq_machine.c))
$(eval $(call unit_test,hv/sched/race,$(SCHED_SOURCES) $(EVTCHN_SOURCES) \
    tests/unit/hv/sched/race_machine.c tests/unit/hv/sched/rest.c,-pthread))
$(eval $(call fuzz_target,msi,hv/cpu/msi.c))
