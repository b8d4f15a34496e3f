/* SPDX-License-Identifier: MIT */
/* See measured.h; hv/measure does the work. */
#include "hv/boot/measured.h"

#include "hv/base/layout.h"
#include "hv/base/log.h"
#include "hv/boot/boot_info.h"
#include "hv/boot/cmdline.h"
#include "hv/boot/platform.h"
#include "hv/cpu/paging.h"
#include "hv/mem/heap.h"

#define LOG_SIZE (1ul << 20) /* some 1500 launches, each in four banks */

/* TCG ACPI specification 1.3, table 9: start by CRB's control area. */
#define START_METHOD_CRB 7
#define CONTROL_AREA     0x40 /* offset of the control area in a CRB */

static struct buffer log_area; /* LASA; empty if there is none */

/* Says what failed, once: what is refused because of it later is not news. */
static void report(enum measure_status status, const char *what)
{
    if (status != MEASURE_OK && status != MEASURE_NO_TPM &&
        status != MEASURE_CAPPED) {
        log_line("measuring %s failed: %s%s%s%s", what,
                 measure_status_text(status),
                 measurements.detail != NULL ? ": " : "",
                 measurements.detail != NULL ? measurements.detail : "",
                 measurements.is_measured ? "" : "; measured=no");
    }
}

void measured_blob(enum vouchlog_tag tag, struct bytes blob)
{
    report(measure_blob(&measurements, tag, blob), vouchlog_tag_name(tag));
}

void measured_text(enum vouchlog_tag tag, struct bytes text)
{
    report(measure_text(&measurements, tag, text), vouchlog_tag_name(tag));
}

/* At the usual address, or, a TPM in firmware, where its table says. */
static uint64_t tpm_base(void)
{
    uint64_t control = platform.tpm2.control_area;

    if (platform.tpm2.present &&
        platform.tpm2.start_method == START_METHOD_CRB &&
        control - TPM_IO_BASE >= TPM_IO_SIZE && control > CONTROL_AREA) {
        return control - CONTROL_AREA;
    }
    return TPM_IO_BASE;
}

static struct tpm_io tpm_find(void)
{
    struct tpm_io io = {.base = tpm_base(), .size = TPM_IO_SIZE};

    io.registers = ioremap(MADDR(io.base), io.size);
    if (io.registers == NULL) {
        refuse_boot("no memory to map the TPM");
    }
    return io;
}

static void log_area_map(void)
{
    if (platform.tpm2.present && platform.tpm2.has_log_area) {
        log_area.data = map_firmware_writable(MADDR(platform.tpm2.log_area),
                                              platform.tpm2.log_size);
        log_area.size = log_area.data == NULL ? 0 : platform.tpm2.log_size;
    }
}

static void tpm_start(void)
{
    struct measure_setup setup = {
        .firmware_log = bytes_of(maddr_to_hva(boot_info.firmware_log),
                                 boot_info.firmware_log_size),
        .log = buffer_over(heap_alloc(LOG_SIZE), LOG_SIZE),
    };

    if (cmdline.tpm == CMDLINE_TPM_OFF) {
        measure_init_without_tpm(&measurements);
        log_line("TPM: not used (tpm=off); measured=no");
        return;
    }
    if (setup.log.data == NULL) {
        refuse_boot("no memory for the measurement log");
    }
    log_area_map();
    setup.io = tpm_find();
    setup.log_area = bytes_of(log_area.data, log_area.size);
    report(measure_init(&measurements, &setup), "the start");
    if (!measurements.has_tpm) {
        log_line("TPM: none; measured=no");
        return;
    }
    if (!measurements.is_measured) {
        return; /* report() said why */
    }
    if (boot_info.firmware_log_truncated) {
        log_line("TPM: the firmware's event log is not complete");
    }
    log_line("TPM: %s, PCR %u and %u, exclusive=%s",
             measurements.tpm.interface->name, measurements.boot.index,
             measurements.run.index,
             measurements.is_exclusive ? "yes" : "no");
}

static void mode_measure(void)
{
    static const char *const entries[] = {
        [BOOT_MULTIBOOT1] = "mb1",
        [BOOT_MULTIBOOT2] = "mb2",
        [BOOT_EFI] = "efi64",
    };
    struct vouchlog_mode mode = {
        .entry = entries[boot_info.entry],
        .policy =
            cmdline.policy == CMDLINE_ENFORCING ? "enforcing" : "permissive",
        .exclusive = measurements.is_exclusive ? "yes" : "no",
    };
    char text[128];
    struct buffer buffer = buffer_over(text, sizeof(text));
    struct writer writer = writer_begin(&buffer);

    vouchlog_put_mode(&writer, &mode);
    CHECK(writer_end(&writer));
    measured_text(VOUCHLOG_MODE, buffer_bytes(&buffer));
}

void measured_start(void)
{
    tpm_start();
    mode_measure();
    measured_text(VOUCHLOG_CMDLINE, cmdline_strip_path(bytes_of_text(
                                        boot_info.command_line)));
}

void measured_end(void)
{
    report(measure_publish(&measurements, &log_area), "the end of boot");
}
