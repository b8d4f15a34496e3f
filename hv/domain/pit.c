/* SPDX-License-Identifier: MIT */
/*
 * The timer model.  Time is kept as ticks counted since the last load, so the
 * counter and the output are functions of it.  Every mode counts as mode 0,
 * binary: once, down, while the gate is open.  Reference: Intel 8254 data sheet
 * (231164).
 */
#include "hv/domain/pit.h"

#define NS_PER_S           1000000000ull
#define PORT_COUNT         0x42
#define PORT_COMMAND       0x43
#define PORT_CONTROL       0x61

#define CONTROL_GATE       0x01
#define CONTROL_WRITE      0x03
#define CONTROL_REFRESH    0x10
#define CONTROL_OUTPUT     0x20

static bool gate_is_open(const struct pit *pit)
{
    return (pit->control & CONTROL_GATE) != 0;
}

static uint64_t ticks_in(uint64_t ns)
{
    return ns / NS_PER_S * PIT_HZ + ns % NS_PER_S * PIT_HZ / NS_PER_S;
}

static uint64_t ticks_now(const struct pit *pit, uint64_t now_ns)
{
    if (!gate_is_open(pit) || now_ns < pit->started_ns) {
        return pit->ticks;
    }
    return pit->ticks + ticks_in(now_ns - pit->started_ns);
}

static uint16_t count_now(const struct pit *pit, uint64_t now_ns)
{
    return pit->reload == 0
               ? 0
               : (uint16_t)(pit->reload - ticks_now(pit, now_ns));
}

static bool output_now(const struct pit *pit, uint64_t now_ns)
{
    return pit->reload != 0 && ticks_now(pit, now_ns) >= pit->reload;
}

static void latch_count(struct pit *pit, uint64_t now_ns)
{
    if (pit->latch_left == 0) {
        pit->latched = count_now(pit, now_ns);
        pit->latch_left = pit->access == 3 ? 2 : 1;
    }
}

static void load(struct pit *pit, uint32_t count, uint64_t now_ns)
{
    pit->reload = count == 0 ? 0x10000 : count;
    pit->ticks = 0;
    pit->started_ns = now_ns;
}

static void write_count(struct pit *pit, uint8_t value, uint64_t now_ns)
{
    switch (pit->access) {
    case 1:
        load(pit, value, now_ns);
        break;
    case 2:
        load(pit, (uint32_t)value << 8, now_ns);
        break;
    case 3:
        if (pit->write_high) {
            load(pit, (uint32_t)value << 8 | pit->low, now_ns);
        } else {
            pit->low = value;
        }
        pit->write_high = !pit->write_high;
        break;
    default: /* no command was written yet */
        break;
    }
}

static uint8_t read_count(struct pit *pit, uint64_t now_ns)
{
    uint16_t count = count_now(pit, now_ns);
    bool high = pit->access == 2;

    if (pit->latch_left != 0) {
        count = pit->latched;
        pit->latch_left--;
    }
    if (pit->access == 3) {
        high = pit->read_high;
        pit->read_high = !pit->read_high;
    }
    return (uint8_t)(high ? count >> 8 : count);
}

static void write_command(struct pit *pit, uint8_t value, uint64_t now_ns)
{
    uint8_t access = value >> 4 & 3;

    if (value >> 6 != 2) {
        return; /* another channel, or the read-back of several */
    }
    if (access == 0) {
        latch_count(pit, now_ns);
        return;
    }
    pit->access = access;
    pit->reload = 0;
    pit->latch_left = 0;
    pit->write_high = false;
    pit->read_high = false;
}

static void write_control(struct pit *pit, uint8_t value, uint64_t now_ns)
{
    pit->ticks = ticks_now(pit, now_ns);
    pit->started_ns = now_ns;
    pit->control = value & CONTROL_WRITE;
}

static uint8_t read_control(struct pit *pit, uint64_t now_ns)
{
    uint8_t value = pit->control;

    pit->refresh = !pit->refresh;
    value |= pit->refresh ? CONTROL_REFRESH : 0;
    value |= output_now(pit, now_ns) ? CONTROL_OUTPUT : 0;
    return value;
}

uint8_t pit_read(struct pit *pit, uint16_t port, uint64_t now_ns)
{
    switch (port) {
    case PORT_COUNT:
        return read_count(pit, now_ns);
    case PORT_CONTROL:
        return read_control(pit, now_ns);
    default: /* the command register cannot be read */
        return 0xff;
    }
}

void pit_write(struct pit *pit, uint16_t port, uint8_t value, uint64_t now_ns)
{
    switch (port) {
    case PORT_COUNT:
        write_count(pit, value, now_ns);
        break;
    case PORT_COMMAND:
        write_command(pit, value, now_ns);
        break;
    default:
        write_control(pit, value, now_ns);
        break;
    }
}
