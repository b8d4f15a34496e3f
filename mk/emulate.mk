# SPDX-License-Identifier: MIT
# Tests of instruction emulation (hv/hypercall: decoder, privileged operations,
# ports, MSRs, CPUID, page-table writes).  The sources themselves are found by
# mk/hv.mk.

$(eval $(call unit_test,hv/hypercall/decode,hv/hypercall/decode.c \
    hv/hypercall/insn.c))
$(eval $(call unit_test,hv/hypercall/rmw,hv/hypercall/rmw.c \
    hv/hypercall/decode.c hv/hypercall/insn.c))

EMULATE_FAKE := tests/unit/hv/hypercall/fake.c

$(eval $(call unit_test,hv/domain/pit,hv/domain/pit.c))
$(eval $(call unit_test,hv/hypercall/msr,hv/hypercall/msr.c $(EMULATE_FAKE)))
$(eval $(call unit_test,hv/domain/control,hv/domain/control.c \
    hv/domain/debugreg.c $(EMULATE_FAKE)))
$(eval $(call unit_test,hv/hypercall/cpuid,hv/hypercall/cpuid.c \
    $(EMULATE_FAKE)))
EMULATE_PORTS := hv/hypercall/ioport.c hv/hypercall/ports.c \
    hv/hypercall/pciconfig.c hv/domain/pit.c $(EMULATE_FAKE)
$(eval $(call unit_test,hv/hypercall/ioport,$(EMULATE_PORTS)))
EMULATE_CODE := hv/hypercall/decode.c hv/hypercall/insn.c \
    hv/hypercall/fetch.c
$(eval $(call unit_test,hv/hypercall/privop,hv/hypercall/privop.c \
    hv/hypercall/privop_cpu.c hv/hypercall/privop_io.c \
    hv/hypercall/privop_umip.c hv/domain/control.c \
    hv/domain/debugreg.c hv/hypercall/msr.c hv/hypercall/cpuid.c \
    $(EMULATE_CODE) $(EMULATE_PORTS)))
$(eval $(call unit_test,hv/hypercall/iret,hv/hypercall/iret.c \
    $(EMULATE_CODE) $(EMULATE_FAKE)))
$(eval $(call unit_test,hv/hypercall/ptwr,hv/hypercall/ptwr.c \
    hv/hypercall/rmw.c $(EMULATE_CODE) $(EMULATE_FAKE)))
$(eval $(call fuzz_target,decode,hv/hypercall/decode.c \
    hv/hypercall/insn.c hv/hypercall/rmw.c))
