/* SPDX-License-Identifier: MIT */
/*
 * An /init that says at which TSC user space began, and ends the machine.
 * Under -icount that is the number of instructions since reset.
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/reboot.h>
#include <unistd.h>

int main(void)
{
    uint64_t now = __builtin_ia32_rdtsc();

    printf("init: tsc %llu\n", (unsigned long long)now);
    fflush(stdout);
    sleep(1);
    return reboot(RB_POWER_OFF);
}
