# SPDX-License-Identifier: MIT
# What several kinds of domain need, as macros. A macro grants; it declares no
# type. $1 is always the domain type that gets the right.

# pv_kernel(domain, self): a PV kernel's rights over its own vCPUs, memory,
# event channels and grants, whoever it is.
define(`pv_kernel', `
allow $1 $2:hypercall { stack_switch fpu_taskswitch multicall iret
                        xen_version };
allow $1 $2:vcpu { initialise up down is_up runstate register_area timer
                   send_nmi };
allow $1 $2:cpu { trap_table gdt ldt segbase debugreg callbacks descriptor
                  iopl iobitmap msr_read msr_write cpuid cr_read cr_write
                  xsetbv tsc cache_flush vm_assist };
allow $1 $2:sched { yield block poll shutdown watchdog };
allow $1 $2:event2 { bind_virq bind_ipi close bind_vcpu unmask send_ipi };
allow $1 $2:event { create send status reset };
allow $1 $2:grant { setup query };
allow $1 $2:mmu { map_read map_write adjust stat updatemp pinpage mmuext_op
                  exchange };
allow $1 $2:memory2 { pt_write memory_map };
allow $1 xen_t:memory2 m2p_map;
allow $1 xen_t:version { xen_extraversion xen_compile_info
                         xen_capabilities xen_pagesize };
allow $1 $2:version xen_guest_handle;
')

# event_end(domain, end, peer): domain may open ends of type end to peer and
# use them. Ends are opened among the ports of domain itself: nothing here lets
# it open or look at ports of peer. The last rule is the same right where ends
# carry no label of their own.
define(`event_end', `
type_transition $1 $3:event $2;
allow $1 $2:event { create send status };
allow $2 $3:event bind;
allow $1 $3:event { bind send };
')

# grant_peer(domain, peer): domain may map and copy what peer grants it.
define(`grant_peer', `
allow $1 $2:grant { map_read map_write unmap };
allow $1 $2:grant2 { copy_read copy_write };
')

# build_domain(toolstack, guest): create a guest and fill its memory; all that a
# toolstack does to a guest's memory and registers is here.
define(`build_domain', `
allow $1 $2:domain { create max_vcpus setdomainmaxmem setaddrsize getaddrsize
                     setvcpucontext getvcpucontext setdomainhandle hypercall };
allow $1 $2:domain2 { set_cpu_policy get_cpu_policy settsc gettsc setclaim
                      resource_map };
allow $1 $2:mmu { map_read map_write adjust stat updatemp pinpage mmuext_op
                  memorymap };
allow $1 $2:memory2 pt_write;
allow $1 $2:grant { setup query };
')

# manage_domain(toolstack, guest): watch a guest and end it.
define(`manage_domain', `
allow $1 $2:domain { pause unpause resume destroy shutdown setaffinity
                     getaffinity getscheduler getdomaininfo getvcpuinfo
                     setdomainmaxmem };
allow $1 $2:domain2 setscheduler;
allow $1 $2:mmu stat;
allow $1 $2:grant query;
allow $1 $2:measure launch_info;
')
