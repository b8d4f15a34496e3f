# SPDX-License-Identifier: MIT
# Tests of instruction emulation (hv/hypercall: decoder, privileged operations,
# ports, MSRs, CPUID, page-table writes).  The sources themselves are found by
# mk/hv.mk.

$(eval $(call unit_test,hv/hypercall/decode,hv/hypercall/decode.c))
$(eval $(call unit_test,hv/hypercall/rmw,hv/hypercall/rmw.c hv/hypercall/decode.c))

$(eval $(call fuzz_target,decode,hv/hypercall/decode.c hv/hypercall/rmw.c))
