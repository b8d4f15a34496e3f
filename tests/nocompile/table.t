#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What must not compile.  Each case edits one source file in a copy, compiles
# what depends on it, and wants the compiler's refusal, for the reason named.
# The same compilation without the edit must pass, so that a case cannot
# succeed for a reason of its own.
set -u
cd "$(dirname "$0")/../.." || exit 1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=$(make -s print-hv-flags) || exit 1
count=0

# compile OVERLAY SOURCE: compiler's messages on standard output
compile() {
    local source=$2
    [ -e "$1/$2" ] && source=$1/$2
    # shellcheck disable=SC2086
    gcc -I"$1" $flags -MF /dev/null -S -o /dev/null "$source" 2>&1
}

# refused NAME FILE SED-SCRIPT SOURCE REASON
refused() {
    local name=$1 file=$2 script=$3 source=$4 reason=$5 message
    local overlay=$work/$((count += 1))
    mkdir -p "$overlay/$(dirname "$file")"
    cp "$file" "$overlay/$file"
    if ! message=$(compile "$overlay" "$source"); then
        echo "not ok $count - $name: does not compile as it is"
        echo "$message" | sed 's/^/# /' | head -5
        return
    fi
    sed -i "$script" "$overlay/$file"
    if cmp -s "$file" "$overlay/$file"; then
        echo "not ok $count - $name: the edit changes nothing"
    elif message=$(compile "$overlay" "$source"); then
        echo "not ok $count - $name: compiles"
    elif echo "$message" | grep -Eq "$reason"; then
        echo "ok $count - $name"
    else
        echo "not ok $count - $name: refused for another reason"
        echo "$message" | grep error | sed 's/^/# /' | head -5
    fi
}

table=hv/abi/hypercalls.def
dispatch=hv/hypercall/rows.c
state=hv/domain/cpu_state.c

refused 'a plain hypercall without a permission' $table \
    's/^CALL(set_gdt, cpu, gdt)/CALL(set_gdt)/' \
    $dispatch 'requires 3 arguments|macro "CALL" requires'
refused 'a sub-operation without a permission' $table \
    's/^\(ROW(sched_op, block, .*\), sched, block)/\1)/' \
    $dispatch 'macro "ROW" requires'
refused 'a permission of another class' $table \
    's/^CALL(set_gdt, cpu, gdt)/CALL(set_gdt, mmu, gdt)/' \
    $dispatch 'XSM_PERM_mmu__gdt'
refused 'a permission that does not exist' $table \
    's/^CALL(set_gdt, cpu, gdt)/CALL(set_gdt, cpu, gtd)/' \
    $dispatch 'XSM_PERM_cpu__gtd'
refused 'a class that does not exist' $table \
    's/^CALL(set_gdt, cpu, gdt)/CALL(set_gdt, cup, gdt)/' \
    $dispatch 'XSM_CLASS_cup'
refused 'a second object without a permission' $table \
    's/^\(ROW2(event_channel_op, alloc_unbound, .*\), event, bind)/\1)/' \
    $dispatch 'macro "ROW2" requires'
refused 'a handler without a row' $table \
    '/^FAMILY(set_gdt,/d; /^CALL(set_gdt,/d' \
    $state 'no previous prototype'
refused 'a handler that takes another structure than its row says' $table \
    's/^\(ROW(callback_op, register, 0, \)struct callback_register,/\1struct callback_unregister,/' \
    $state 'conflicting types'
refused 'an object named by a field that the structure lacks' $table \
    's/^\(ROW(memory_op, exchange, .*DOMAIN, \)in.domid/\1in.domain/' \
    $dispatch 'no member named'
refused 'two rows of one number' $table \
    's/^ROW(sched_op, yield, 0,/ROW(sched_op, yield, 1,/' \
    $dispatch 'initialized field overwritten|duplicate'
refused 'a number beyond its family' $table \
    's/^ROW(sched_op, watchdog, 6,/ROW(sched_op, watchdog, 300,/' \
    $dispatch 'exceeds array bounds|initialized field overwritten'
refused 'a permit that a handler makes' $state \
    's/^long do_set_gdt(/static struct permit forged;\n&/' \
    $state 'storage size of .forged|incomplete type'
refused 'a handler called without a permit' $state \
    's/^long do_vm_assist(/static long around(struct call *call) { return do_set_gdt(call, 0); }\n&/' \
    $state 'too few arguments|incompatible pointer'
refused 'a frame number where a port is meant' hv/mem/page.c \
    's/^bool page_get(/static port_t mixed(mfn_t mfn) { return mfn; }\n&/' \
    hv/mem/page.c 'incompatible types'
refused 'a machine address where a frame number is meant' hv/domain/vcpu_roots.c \
    's/root_get(vcpu->domain, mfn)/root_get(vcpu->domain, mfn_to_maddr(mfn))/' \
    hv/domain/vcpu_roots.c 'incompatible type'
refused 'a status that nobody looks at' hv/domain/vcpu_roots.c \
    's/rc = page_get_and_type(/page_get_and_type(/; s/return page_get_and_type(/page_get_and_type(/' \
    hv/domain/vcpu_roots.c 'unused-result|warn_unused_result'
refused 'an emulated instruction without a permission' hv/hypercall/privops.def \
    '0,/^OP(\(.*\), [a-z0-9_]*)/s//OP(\1)/' \
    hv/hypercall/privop.c 'requires|expected'
refused 'an MSR whose reader does not exist' hv/hypercall/msrs.def \
    '0,/any,    tsc,/s//any,    tcs,/' \
    hv/hypercall/msr.c 'READ_tcs'
refused 'an I/O port range with a permission of another class' \
    hv/hypercall/ports.def \
    '/^PORT_EMULATED(/s/, rtc)/, cfg_reed)/' \
    hv/hypercall/ioport.c 'XSM_PERM_[a-z0-9_]*__cfg_reed'

echo "1..$count"
