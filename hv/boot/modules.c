/* SPDX-License-Identifier: MIT */
/* Roles of modules, by position and by their first bytes only. */
#include "hv/boot/modules.h"

#include "hv/base/layout.h"
#include "hv/base/log.h"

/* xsm's policy files begin with this number (little endian). */
#define POLICY_MAGIC 0xf97cff8cu

static struct bytes module_bytes(const struct boot_module *module)
{
    return bytes_of(maddr_to_hva(module->start), module->size);
}

static bool is_policy(struct bytes module)
{
    struct cursor cursor = cursor_over(module);

    return take_le32(&cursor) == POLICY_MAGIC;
}

void modules_find(struct boot_modules *out)
{
    *out = (struct boot_modules){0};
    if (boot_info.module_count == 0) {
        refuse_boot("no module: dom0's kernel must be the first");
    }
    out->kernel = module_bytes(&boot_info.modules[0]);
    out->kernel_command_line = boot_info.modules[0].command_line;
    for (size_t i = 1; i < boot_info.module_count; i++) {
        struct bytes module = module_bytes(&boot_info.modules[i]);
        struct bytes *role = is_policy(module) ? &out->policy : &out->initrd;

        if (role->size != 0) {
            refuse_boot("module %zu: a second %s", i,
                        role == &out->policy ? "policy" : "initrd");
        }
        *role = module;
    }
    if (out->policy.size == 0) {
        refuse_boot("no policy among the %zu modules: one must begin with "
                    "0x%x",
                    boot_info.module_count, POLICY_MAGIC);
    }
}
