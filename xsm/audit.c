/* SPDX-License-Identifier: MIT */
/* A byte ring: a record may go around its end. */
#include "xsm/audit.h"

#include "lib/text.h"

#define SUPPRESSED_TEXT_MAX 64

void audit_init(struct audit_ring *ring, void *memory, size_t size,
                struct audit_limits limits)
{
    *ring = (struct audit_ring){
        .memory = buffer_over(memory, size),
        .limits = limits,
    };
}

/* ---- bytes of the ring, offset counted from the oldest record ---- */

static size_t wrap(const struct audit_ring *ring, size_t offset)
{
    size_t at = ring->first + offset;
    return at < ring->memory.size ? at : at - ring->memory.size;
}

static void ring_put(struct audit_ring *ring, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        ring->memory.data[wrap(ring, ring->used)] = bytes.data[i];
        ring->used++;
    }
}

static void ring_copy(const struct audit_ring *ring, size_t offset, void *to,
                      size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)to)[i] = ring->memory.data[wrap(ring, offset + i)];
    }
}

static struct audit_header header_at(const struct audit_ring *ring,
                                     size_t offset)
{
    struct audit_header header = {0};
    ring_copy(ring, offset, &header, sizeof(header));
    return header;
}

struct sha256_digest audit_extend(const struct sha256_digest *chain,
                                  const struct audit_header *header,
                                  struct bytes text)
{
    struct sha256_context context;
    struct sha256_digest digest;
    sha256_init(&context);
    sha256_update(&context, sha256_bytes(chain));
    sha256_update(&context, bytes_of(header, sizeof(*header)));
    sha256_update(&context, text);
    sha256_final(&context, &digest);
    return digest;
}

static void drop_oldest(struct audit_ring *ring)
{
    uint8_t text[AUDIT_TEXT_MAX];
    struct audit_header header = header_at(ring, 0);
    ring_copy(ring, sizeof(header), text, header.size);
    ring->overwritten_chain = audit_extend(&ring->overwritten_chain, &header,
                                           bytes_of(text, header.size));
    size_t size = sizeof(header) + header.size;
    ring->first = wrap(ring, size);
    ring->used -= size;
    ring->overwritten++;
}

static void append(struct audit_ring *ring, uint16_t domid, uint64_t now_ns,
                   struct bytes text)
{
    struct audit_header header = {
        .sequence = ring->sequence,
        .time_ns = now_ns,
        .domid = domid,
        .size = (uint16_t)text.size,
    };
    while (ring->used != 0 &&
           sizeof(header) + text.size > ring->memory.size - ring->used) {
        drop_oldest(ring);
    }
    ring->chain = audit_extend(&ring->chain, &header, text);
    ring_put(ring, bytes_of(&header, sizeof(header)));
    ring_put(ring, text);
    ring->sequence++;
}

/* ---- budgets ---- */

/* Give back what time has earned since the bucket was last looked at. */
static void refill(const struct audit_limits *limits,
                   struct audit_budget *budget, uint64_t now_ns)
{
    if (now_ns < budget->filled_at_ns) {
        return; /* time that runs backwards earns nothing */
    }
    uint64_t earned = (now_ns - budget->filled_at_ns) / limits->ns_per_record;
    if (earned >= budget->spent) {
        budget->spent = 0;
        budget->filled_at_ns = now_ns;
    } else {
        budget->spent -= (uint32_t)earned;
        budget->filled_at_ns += earned * limits->ns_per_record;
    }
}

bool audit_take(const struct audit_limits *limits, struct audit_budget *budget,
                uint64_t now_ns)
{
    refill(limits, budget, now_ns);
    if (budget->spent >= limits->burst) {
        budget->suppressed += budget->suppressed < UINT32_MAX;
        return false;
    }
    budget->spent++;
    return true;
}

static void append_suppressed(struct audit_ring *ring,
                              struct audit_budget *budget, uint64_t now_ns)
{
    uint8_t text[SUPPRESSED_TEXT_MAX];
    struct buffer buffer = buffer_over(text, sizeof(text));
    struct writer writer = writer_begin(&buffer);
    text_put(&writer, "audit: suppressed=");
    text_put_decimal(&writer, budget->suppressed);
    text_put(&writer, " source=d");
    text_put_decimal(&writer, budget->domid);
    if (writer_end(&writer)) {
        append(ring, budget->domid, now_ns, buffer_bytes(&buffer));
    }
    budget->suppressed = 0;
}

/* The domain before it in this budget is no more. */
static void start_budget(struct audit_ring *ring, struct audit_budget *budget,
                         uint16_t domid, uint64_t now_ns)
{
    if (budget->suppressed != 0) {
        append_suppressed(ring, budget, now_ns);
    }
    *budget = (struct audit_budget){.domid = domid};
}

bool audit_write(struct audit_ring *ring, struct audit_budget *budget,
                 uint16_t domid, uint64_t now_ns, struct bytes text)
{
    if (budget->domid != domid) {
        start_budget(ring, budget, domid, now_ns);
    }
    if (!audit_take(&ring->limits, budget, now_ns)) {
        ring->suppressed++;
        return false;
    }
    if (budget->suppressed != 0) {
        append_suppressed(ring, budget, now_ns);
    }
    if (text.size > AUDIT_TEXT_MAX) {
        text.size = AUDIT_TEXT_MAX;
    }
    append(ring, domid, now_ns, text);
    return true;
}

void audit_read(const struct audit_ring *ring, uint64_t *sequence,
                struct buffer *out)
{
    size_t offset = 0;
    while (offset < ring->used) {
        struct audit_header header = header_at(ring, offset);
        size_t size = sizeof(header) + header.size;
        if (header.sequence >= *sequence) {
            if (size > buffer_room(out)) {
                return;
            }
            ring_copy(ring, offset, out->data + out->used, size);
            out->used += size;
            *sequence = header.sequence + 1;
        }
        offset += size;
    }
}
