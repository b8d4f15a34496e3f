/* SPDX-License-Identifier: MIT */
/*
 * The serial line (16550 UART, polled output) and the output ring.  All state
 * is guarded by console_lock, the innermost lock there is.
 */
#include "hv/base/console.h"

#include "hv/base/asm.h"
#include "hv/base/spinlock.h"

/* Registers of the 16550, from its first port. */
enum {
    UART_DATA = 0,      /* DLAB 1: divisor low */
    UART_INTERRUPT = 1, /* DLAB 1: divisor high */
    UART_FIFO = 2,
    UART_LINE = 3,
    UART_MODEM = 4,
    UART_STATUS = 5,
    UART_SCRATCH = 7,
};

#define LINE_DLAB         0x80
#define LINE_8N1          0x03
#define FIFO_ON           0x07 /* both cleared, interrupt at 1 byte */
#define MODEM_READY       0x0b /* DTR, RTS; OUT2 gates the interrupt */
#define UART_CLOCK        115200u
#define STATUS_DATA_READY 0x01
#define STATUS_OUT_EMPTY  0x20 /* the transmit FIFO is empty */
#define FIFO_DEPTH        16
#define WAIT_LIMIT        100000 /* reads of the status before giving up */
#define INPUT_SIZE        1024u

static spinlock_t console_lock;
static uint16_t port; /* 0: no UART, or it got stuck */
static unsigned int com_number;
static unsigned int fifo_room; /* bytes that surely fit the transmit FIFO */
static char ring[CONSOLE_RING_SIZE];
static uint64_t ring_written, ring_cleared; /* stream positions */
static char input[INPUT_SIZE];
static uint32_t input_put, input_taken;

static void uart_write(unsigned int reg, uint8_t value)
{
    outb((uint16_t)(port + reg), value);
}

static uint8_t uart_read(unsigned int reg)
{
    return inb((uint16_t)(port + reg));
}

static void set_rate(uint32_t baud)
{
    uint32_t divisor = UART_CLOCK / baud;

    uart_write(UART_LINE, LINE_DLAB);
    uart_write(UART_DATA, (uint8_t)divisor);
    uart_write(UART_INTERRUPT, (uint8_t)(divisor >> 8));
}

void console_init(unsigned int com, uint32_t baud)
{
    static const uint16_t ports[] = {0, 0x3f8, 0x2f8, 0x3e8, 0x2e8};

    com_number = com;
    port = ports[com];
    if (port == 0) {
        return;
    }
    uart_write(UART_SCRATCH, 0x5a);
    if (uart_read(UART_SCRATCH) != 0x5a) {
        port = 0;
        return;
    }
    if (baud != 0) {
        set_rate(MIN(baud, UART_CLOCK));
    }
    uart_write(UART_LINE, LINE_8N1);
    uart_write(UART_INTERRUPT, 0);
    uart_write(UART_FIFO, FIFO_ON);
    uart_write(UART_MODEM, MODEM_READY);
    fifo_room = 0;
}

uint16_t console_port(void)
{
    return port;
}

uint32_t console_irq(void)
{
    return com_number % 2 == 1 ? 4 : 3;
}

static void put_char(char c)
{
    if (port == 0) {
        return;
    }
    if (fifo_room == 0) {
        unsigned int tries = WAIT_LIMIT;

        while ((uart_read(UART_STATUS) & STATUS_OUT_EMPTY) == 0) {
            if (--tries == 0) {
                port = 0; /* stuck: the machine is worth more */
                return;
            }
            cpu_relax();
        }
        fifo_room = FIFO_DEPTH;
    }
    uart_write(UART_DATA, (uint8_t)c);
    fifo_room--;
}

void console_write_serial(const char *text, size_t size)
{
    spin_lock(&console_lock);
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\n') {
            put_char('\r');
        }
        put_char(text[i]);
    }
    spin_unlock(&console_lock);
}

void console_write_ring(const char *text, size_t size)
{
    spin_lock(&console_lock);
    for (size_t i = 0; i < size; i++) {
        ring[ring_written++ % CONSOLE_RING_SIZE] = text[i];
    }
    spin_unlock(&console_lock);
}

size_t console_ring_read(char *to, size_t size, uint64_t *position)
{
    uint64_t first;
    size_t count = 0;

    spin_lock(&console_lock);
    first =
        ring_written > CONSOLE_RING_SIZE ? ring_written - CONSOLE_RING_SIZE : 0;
    first = MAX(first, ring_cleared);
    if (*position < first || *position > ring_written) {
        *position = first;
    }
    while (count < size && *position < ring_written) {
        to[count++] = ring[(*position)++ % CONSOLE_RING_SIZE];
    }
    spin_unlock(&console_lock);
    return count;
}

uint64_t console_ring_end(void)
{
    return __atomic_load_n(&ring_written, __ATOMIC_RELAXED);
}

void console_ring_clear(void)
{
    spin_lock(&console_lock);
    ring_cleared = ring_written;
    spin_unlock(&console_lock);
}

void console_enable_input(void)
{
    if (port != 0) {
        uart_write(UART_INTERRUPT, 0x01);
    }
}

bool console_poll_input(void)
{
    bool any;

    spin_lock(&console_lock);
    /* Bounded: a UART that is not there reads as all ones for ever. */
    for (unsigned int i = 0; port != 0 && i < INPUT_SIZE; i++) {
        if ((uart_read(UART_STATUS) & STATUS_DATA_READY) == 0) {
            break;
        }
        char c = (char)uart_read(UART_DATA);

        if (input_put - input_taken < INPUT_SIZE) {
            input[input_put++ % INPUT_SIZE] = c;
        }
    }
    any = input_put != input_taken;
    spin_unlock(&console_lock);
    return any;
}

size_t console_read(char *to, size_t size)
{
    size_t count = 0;

    spin_lock(&console_lock);
    while (count < size && input_taken != input_put) {
        to[count++] = input[input_taken++ % INPUT_SIZE];
    }
    spin_unlock(&console_lock);
    return count;
}

void console_break_lock(void)
{
    console_lock = SPINLOCK_FREE;
    fifo_room = 0;
}
