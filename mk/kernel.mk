# SPDX-License-Identifier: MIT
# Getting the kernel out of a vmlinuz: shared by the image builder, the vouch
# command and the launcher.  What runs in dom0 or a guest has the libraries in
# it (KERNEL_ARCHIVES), so that those images need no package more.

KERNEL_SOURCES := tools/image/kernel.c tools/image/bzimage.c \
    tools/image/unpack.c tools/image/compact.c
KERNEL_LIBS := -llzma -lzstd -llz4 -lz
KERNEL_ARCHIVES := -l:liblzma.a -l:libzstd.a -l:liblz4.a -l:libz.a
PACK := tests/unit/tools/image/pack.c

$(eval $(call unit_test,tools/image/bzimage,tools/image/bzimage.c))
$(eval $(call unit_test,tools/image/unpack,tools/image/unpack.c $(PACK),$(KERNEL_LIBS)))
$(eval $(call unit_test,tools/image/compact,tools/image/compact.c))
$(eval $(call unit_test,tools/image/kernel,$(KERNEL_SOURCES) $(PACK),$(KERNEL_LIBS)))
$(eval $(call fuzz_target,bzimage,$(KERNEL_SOURCES),$(KERNEL_LIBS)))
