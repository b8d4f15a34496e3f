/* SPDX-License-Identifier: MIT */
/* The devices' part of the bench's /init. */
#ifndef TOOLS_BENCH_INIT_IO_H
#define TOOLS_BENCH_INIT_IO_H

#include <stdbool.h>
#include <stdint.h>

/* Says what failed and ends the machine. */
void fail(const char *what);

/* Loads the drivers and waits for the devices; false if it has none. */
bool devices_open(void);
/* In dom0: answers the one guest. */
void server_run(void);

/* 64 KiB in order; 4 KiB anywhere, half of them written. */
void block_read(unsigned int times);
void block_write(unsigned int times);
void block_random(unsigned int times);
/* 64 bytes there and one back; 64 KiB there. */
void net_request(unsigned int times);
void net_send(unsigned int times);

#endif
