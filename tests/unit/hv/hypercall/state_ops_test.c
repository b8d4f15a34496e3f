/* SPDX-License-Identifier: MIT */
/*
 * Who gets the key of a guest's state, and what dom0's calls do to its memory:
 * the handlers, with a table that is opened by a seal of ours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/domain/domain.h"
#include "hv/domain/vcpu.h"
#include "hv/hypercall/state_ops.h"
#include "hv/launch/launch.h"
#include "hv/measure/seal.h"
#include "hv/mem/guest_copy.h"
#include "hv/security/record.h"
#include "hv/security/security.h"

#define CONTINUED 1000

/* --- The fake rest --- */

struct measure measurements = {.detail = "why"};
struct xsm security_policy;
static struct seal *seal; /* the handlers' own */
static enum seal_status next_status;
static bool is_known, is_busy;
static const struct launch_record *launched;
static const char *label;
static struct domain vtpm, other_vtpm, guest;
static struct vcpu vcpu = {.domain = &vtpm};
static struct call call = {.caller = &vcpu, .target = &guest};
static uint8_t memory[VOUCH_STATE_TABLE_MAX], given[16];
static struct bytes seen_approval, seen_table;

void log_line(const char *format, ...)
{
    (void)format;
}

bool record_begin(void)
{
    return !is_busy;
}

void record_end(void)
{
    assert_false(is_busy);
}

long hypercall_continue(struct call *unused)
{
    (void)unused;
    return CONTINUED;
}

static uint64_t running; /* the instance of a domain that was not ended */

bool domain_may_run(uint64_t instance)
{
    return instance != 0 && instance == running;
}

bool launch_is_known_vtpm(const struct domain *domain)
{
    return domain == vcpu.domain && is_known;
}

const struct launch_record *launch_record_of(const struct domain *domain)
{
    return domain == &guest ? launched : NULL;
}

bool launch_keep(struct domain *keeper, const struct domain *kept)
{
    if (keeper->keeps == 0) {
        keeper->keeps = kept->instance;
    }
    return keeper->keeps == kept->instance;
}

bool launch_keeps_another(const struct domain *domain,
                          const struct domain *kept)
{
    return domain->keeps != 0 && domain->keeps != kept->instance;
}

/* What the toolstack does to the guest once its UUID was read. */
static void (*after_handle)(void);

void domain_handle(const struct domain *domain, uint8_t out[DOMAIN_HANDLE_SIZE])
{
    memcpy(out, domain->handle, DOMAIN_HANDLE_SIZE);
    if (after_handle != NULL) {
        after_handle();
    }
}

void xsm_label_put_text(const struct xsm *xsm, label_t unused,
                        struct writer *writer)
{
    (void)xsm;
    (void)unused;
    put_bytes(writer, bytes_of_text(label));
}

bool guest_read(void *to, gva_t from, size_t size)
{
    if (from.va == 0) {
        return false;
    }
    memcpy(to, (const void *)from.va, size);
    return true;
}

bool guest_write(gva_t to, const void *from, size_t size)
{
    if (to.va == 0) {
        return false;
    }
    memcpy((void *)to.va, from, size);
    return true;
}

void seal_init(struct seal *made, struct measure *measure,
               const struct sha256_digest *key)
{
    (void)measure;
    (void)key;
    memset(made, 0, sizeof(*made));
    seal = made;
}

enum seal_status seal_open(struct seal *unused, struct bytes approval,
                           struct bytes table, struct buffer *out)
{
    (void)unused;
    seen_approval = approval;
    seen_table = table;
    memcpy(out->data, "next", 4);
    out->used = 4;
    return next_status;
}

enum seal_status seal_commit(struct seal *unused)
{
    (void)unused;
    return next_status;
}

enum seal_status seal_read(const struct seal *unused, struct buffer *out)
{
    (void)unused;
    memcpy(out->data, "now", 3);
    out->used = 3;
    return next_status;
}

STATUS_TEXT(seal_status, SEAL_STATUS, "unknown")

static int begin(void **state)
{
    (void)state;
    state_ops_start(NULL);
    state_begin(&seal->table, 1);
    seal->is_open = true;
    next_status = SEAL_OK;
    is_known = true;
    is_busy = false;
    launched = NULL;
    label = "a:b:c";
    after_handle = NULL;
    running = 0;
    vtpm.instance = 5;
    other_vtpm.instance = 6;
    vtpm.keeps = other_vtpm.keeps = 0;
    guest.instance = 4;
    vcpu.domain = &vtpm;
    memset(guest.handle, 9, sizeof(guest.handle));
    return 0;
}

/* --- One guest's state --- */

static long key(struct vouch_state_key *arg)
{
    memset(arg, 0, sizeof(*arg));
    return do_vouch_op_state_key(NULL, &call, arg);
}

static long mark(uint64_t version)
{
    struct vouch_state_mark arg = {.version = version};
    return do_vouch_op_state_mark(NULL, &call, &arg);
}

static void a_known_vtpm_gets_the_key(void **state)
{
    (void)state;
    struct vouch_state_key first, second;
    assert_int_equal(key(&first), 0);
    assert_int_equal(first.version, 0);
    assert_memory_equal(first.uuid, guest.handle, sizeof(first.uuid));
    assert_int_equal(mark(3), 0);
    assert_int_equal(key(&second), 0);
    assert_int_equal(second.version, 3);
    assert_memory_equal(first.key, second.key, sizeof(first.key));
    label = "a:b:d";
    assert_int_equal(key(&second), 0);
    assert_memory_not_equal(first.key, second.key, sizeof(first.key));
}

/* Two at once would be one TPM for two guests, as long as dom0 likes. */
static void the_vtpm_before_has_to_be_gone(void **state)
{
    (void)state;
    struct vouch_state_key arg;
    assert_int_equal(key(&arg), 0);
    assert_int_equal(mark(1), 0);
    vcpu.domain = &other_vtpm;
    running = vtpm.instance;
    assert_int_equal(key(&arg), -EBUSY);
    for (size_t i = 0; i < sizeof(arg.key); i++) {
        assert_int_equal(arg.key[i], 0);
    }
    vcpu.domain = &vtpm;
    assert_int_equal(mark(2), 0);
    assert_int_equal(key(&arg), 0); /* it may ask again itself */
    vcpu.domain = &other_vtpm;
    running = 0;
    assert_int_equal(key(&arg), 0);
    assert_int_equal(arg.version, 2);
}

static void nobody_else_does(void **state)
{
    (void)state;
    struct vouch_state_key arg;
    const struct launch_record record;
    is_known = false;
    assert_int_equal(key(&arg), -EPERM);
    assert_int_equal(mark(1), -EPERM);
    is_known = true;
    launched = &record;
    assert_int_equal(key(&arg), -EACCES);
    launched = NULL;
    seal->is_open = false;
    assert_int_equal(key(&arg), -EAGAIN);
    assert_int_equal(mark(1), -EAGAIN);
    is_busy = true;
    assert_int_equal(key(&arg), CONTINUED);
    assert_int_equal(mark(1), CONTINUED);
    assert_int_equal(seal->table.count, 0);
    for (size_t i = 0; i < sizeof(arg.key); i++) {
        assert_int_equal(arg.key[i], 0);
    }
}

static void the_vtpm_before_is_fenced(void **state)
{
    (void)state;
    struct vouch_state_key arg;
    struct vouch_state_forget forget;
    const struct launch_record record;
    assert_int_equal(mark(1), -ENOENT);
    assert_int_equal(key(&arg), 0);
    launched = &record; /* marks go on while the guest runs */
    assert_int_equal(mark(1), 0);
    vcpu.domain = &other_vtpm;
    assert_int_equal(mark(2), -ENOENT);
    launched = NULL;
    assert_int_equal(key(&arg), 0);
    vcpu.domain = &vtpm;
    assert_int_equal(mark(2), -ENOENT);
    memcpy(forget.uuid, guest.handle, sizeof(forget.uuid));
    assert_int_equal(do_vouch_op_state_forget(NULL, &call, &forget), 0);
    assert_int_equal(do_vouch_op_state_forget(NULL, &call, &forget), -ENOENT);
    vcpu.domain = &other_vtpm;
    assert_int_equal(mark(2), -ENOENT);
}

/* The same id and UUID, but another domain. */
static void who_comes_after_the_guest_is_not_kept(void **state)
{
    (void)state;
    struct vouch_state_key arg;
    assert_int_equal(key(&arg), 0);
    assert_int_equal(mark(1), 0);
    guest.instance = 40;
    assert_int_equal(key(&arg), -ESRCH);
    assert_int_equal(mark(2), -ESRCH);
    assert_int_equal(seal->table.entries[0].version, 1);
    vcpu.domain = &other_vtpm; /* another vTPM may be its */
    assert_int_equal(key(&arg), 0);
    assert_int_equal(mark(2), 0);
}

static void rename_guest(void)
{
    guest.handle[0] ^= 1;
}

/* Each call looks at the UUID once, so it never does for one what it was asked
 * for another. */
static void a_uuid_that_changes_is_one_or_the_other(void **state)
{
    (void)state;
    struct vouch_state_key arg;
    after_handle = rename_guest;
    assert_int_equal(key(&arg), 0);
    assert_int_equal(arg.uuid[0], 9);
    assert_int_equal(seal->table.count, 1);
    assert_memory_equal(seal->table.entries[0].uuid, arg.uuid,
                        sizeof(arg.uuid));
    assert_int_equal(mark(arg.first), 0); /* of what it was given */
    assert_int_equal(seal->table.entries[0].version, arg.first);
    assert_int_equal(key(&arg), -ESRCH); /* with its other name */
    assert_int_equal(seal->table.count, 1);
}

/* --- The table --- */

static struct vouch_state_table table_arg(void)
{
    return (struct vouch_state_table){.buffer = (uintptr_t)memory,
                                      .room = sizeof(memory),
                                      .size = 8,
                                      .approval = (uintptr_t)given,
                                      .approval_size = sizeof(given)};
}

static void tables_go_in_and_out(void **state)
{
    (void)state;
    struct vouch_state_table arg = table_arg();
    seal->table.changes = 4;
    memcpy(memory, "earlier.", 8);
    assert_int_equal(do_vouch_op_state_open(NULL, &call, &arg), 0);
    assert_int_equal(seen_approval.size, sizeof(given));
    assert_int_equal(seen_table.size, 8);
    assert_int_equal(arg.size, 4);
    assert_int_equal(arg.changes, 4);
    assert_memory_equal(memory, "nextier.", 8);
    assert_int_equal(do_vouch_op_state_commit(NULL, &call, &arg), 0);
    assert_int_equal(do_vouch_op_state_read(NULL, &call, &arg), 0);
    assert_int_equal(arg.size, 3);
    assert_memory_equal(memory, "nowtier.", 8);
}

static void bad_sizes_and_addresses_are_refused(void **state)
{
    (void)state;
    struct vouch_state_table arg = table_arg();
    arg.approval_size = 173;
    assert_int_equal(do_vouch_op_state_open(NULL, &call, &arg), -EINVAL);
    arg = table_arg();
    arg.room--;
    assert_int_equal(do_vouch_op_state_open(NULL, &call, &arg), -EINVAL);
    assert_int_equal(do_vouch_op_state_read(NULL, &call, &arg), -EINVAL);
    arg = table_arg();
    arg.size = STATE_TABLE_MAX + 1;
    assert_int_equal(do_vouch_op_state_open(NULL, &call, &arg), -EBADMSG);
    arg = table_arg();
    arg.approval = 0;
    assert_int_equal(do_vouch_op_state_open(NULL, &call, &arg), -EFAULT);
    arg = table_arg();
    arg.buffer = 0;
    assert_int_equal(do_vouch_op_state_open(NULL, &call, &arg), -EFAULT);
    assert_int_equal(do_vouch_op_state_read(NULL, &call, &arg), -EFAULT);
}

static void failures_have_their_numbers(void **state)
{
    (void)state;
    static const long numbers[] = {
        [SEAL_OK] = 0,
        [SEAL_UNAVAILABLE] = -EOPNOTSUPP,
        [SEAL_BAD_APPROVAL] = -EINVAL,
        [SEAL_REFUSED] = -EACCES,
        [SEAL_NO_COUNTER] = -ENODEV,
        [SEAL_NO_TABLE] = -ENOENT,
        [SEAL_BAD_TABLE] = -EBADMSG,
        [SEAL_STALE] = -EEXIST,
        [SEAL_NOT_READY] = -EAGAIN,
        [SEAL_BUSY] = -EBUSY,
        [SEAL_TPM_FAILED] = -EIO,
        [SEAL_NO_SPACE] = -ENOSPC,
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct vouch_state_table arg = table_arg();
        memset(memory, 0, sizeof(memory));
        next_status = (enum seal_status)i;
        assert_int_equal(do_vouch_op_state_open(NULL, &call, &arg), numbers[i]);
        assert_int_equal(memory[0], i == SEAL_OK ? 'n' : 0);
        assert_int_equal(do_vouch_op_state_commit(NULL, &call, &arg),
                         numbers[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_known_vtpm_gets_the_key, begin),
        cmocka_unit_test_setup(nobody_else_does, begin),
        cmocka_unit_test_setup(the_vtpm_before_is_fenced, begin),
        cmocka_unit_test_setup(the_vtpm_before_has_to_be_gone, begin),
        cmocka_unit_test_setup(who_comes_after_the_guest_is_not_kept, begin),
        cmocka_unit_test_setup(a_uuid_that_changes_is_one_or_the_other, begin),
        cmocka_unit_test_setup(tables_go_in_and_out, begin),
        cmocka_unit_test_setup(bad_sizes_and_addresses_are_refused, begin),
        cmocka_unit_test_setup(failures_have_their_numbers, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
