/* SPDX-License-Identifier: MIT */
/*
 * TAP output: numbers the points, remembers failures, prints the plan last.
 * tap_done with no test point at all is a failure: an empty test proves
 * nothing.
 */
#include "tap.h"

static unsigned int tap_count;
static unsigned int tap_failed;

static void tap_point(bool passed, const char *tail, const char *format,
                      __builtin_va_list args)
{
    char text[200];

    tap_count++;
    tap_failed += passed ? 0 : 1;
    format_text(text, sizeof(text), format, args);
    print("%sok %u - %s%s\n", passed ? "" : "not ", tap_count, text, tail);
}

void tap_ok(bool passed, const char *format, ...)
{
    __builtin_va_list args;

    __builtin_va_start(args, format);
    tap_point(passed, "", format, args);
    __builtin_va_end(args);
}

static void tap_values(uint64_t got, uint64_t want)
{
    print("#   got %ld (0x%lx), want %ld (0x%lx)\n", (int64_t)got, got,
          (int64_t)want, want);
}

void tap_is(uint64_t got, uint64_t want, const char *format, ...)
{
    __builtin_va_list args;

    __builtin_va_start(args, format);
    tap_point(got == want, "", format, args);
    __builtin_va_end(args);
    if (got != want) {
        tap_values(got, want);
    }
}

static const char xen_differs[] = " (Xen 4.17 differs, as stated)";

void tap_is_hv(uint64_t got, uint64_t want, uint64_t want_of_xen,
               const char *format, ...)
{
    uint64_t wanted = on_xen ? want_of_xen : want;
    bool differs = on_xen && want != want_of_xen;
    __builtin_va_list args;

    __builtin_va_start(args, format);
    tap_point(got == wanted, differs ? xen_differs : "", format, args);
    __builtin_va_end(args);
    if (got != wanted) {
        tap_values(got, wanted);
    }
}

void tap_ok_hv(bool passed, bool passed_on_xen, const char *format, ...)
{
    __builtin_va_list args;

    __builtin_va_start(args, format);
    tap_point(on_xen ? passed_on_xen : passed, on_xen ? xen_differs : "",
              format, args);
    __builtin_va_end(args);
}

void tap_skip(const char *format, ...)
{
    char text[200];
    __builtin_va_list args;

    __builtin_va_start(args, format);
    format_text(text, sizeof(text), format, args);
    __builtin_va_end(args);
    print("ok %u # SKIP %s\n", ++tap_count, text);
}

void tap_note(const char *format, ...)
{
    char text[200];
    __builtin_va_list args;

    __builtin_va_start(args, format);
    format_text(text, sizeof(text), format, args);
    __builtin_va_end(args);
    print("# %s\n", text);
}

void tap_done(void)
{
    print("1..%u\n", tap_count);
    print("# result: %s\n",
          tap_failed == 0 && tap_count != 0 ? "pass" : "fail");
}

/* -ERESTART is the hypervisor's own and must never reach a guest. */
static bool is_refusal(long error)
{
    return error < 0 && error > -200 && error != -85;
}

void tap_refused(long error, const char *format, ...)
{
    __builtin_va_list args;

    __builtin_va_start(args, format);
    tap_point(is_refusal(error), "", format, args);
    __builtin_va_end(args);
    if (!is_refusal(error)) {
        tap_note("  got %ld, want an error", error);
    }
}

void tap_refused_hv(long error, long error_of_xen, const char *format, ...)
{
    bool passed = on_xen ? error == error_of_xen : is_refusal(error);
    __builtin_va_list args;

    __builtin_va_start(args, format);
    tap_point(passed, on_xen ? xen_differs : "", format, args);
    __builtin_va_end(args);
    if (!passed) {
        tap_note("  got %ld, want %s", error, on_xen ? "Xen's" : "an error");
    }
}
