// SPDX-License-Identifier: GPL-2.0-only
/*
 * A Xen guest's TPM 2.0: the front end of Xen's TPM device as a driver that
 * tells the kernel what it drives, so that there is /dev/tpmrm0, and that
 * sleeps until the back end's event instead of polling. It speaks to any back
 * end of the protocol's version 2 that has a TPM 2.0.
 *
 * The chip is registered by a work item once the back end is connected: to do
 * so sends commands, and xenstore's thread, which tells of the back end's
 * states, must not wait for those.
 */
#include <linux/module.h>
#include <linux/workqueue.h>
#include <xen/platform_pci.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

#include "channel.h"
#include "chip.h"

enum stage {
    STAGE_WAITING, /* for the back end */
    STAGE_REGISTERED,
    STAGE_ENDED, /* until the driver is bound anew */
};

struct front {
    struct xenbus_device *device;
    struct tpm_chip *chip;
    struct channel channel;
    struct work_struct look;
    enum xenbus_state back_end; /* last told by xenstore's thread */
    enum stage stage;           /* the work item's; remove()'s after that */
};

/* ---- for the TPM core ---- */

static struct front *front_of(struct tpm_chip *chip)
{
    return dev_get_drvdata(&chip->dev);
}

static int send(struct tpm_chip *chip, u8 *command, size_t size)
{
    return channel_send(&front_of(chip)->channel, command, size);
}

static int receive(struct tpm_chip *chip, u8 *answer, size_t room)
{
    return channel_receive(&front_of(chip)->channel, answer, room);
}

static const struct tpm_class_ops chip_ops = {
    .flags = TPM_OPS_AUTO_STARTUP,
    .send = send,
    .recv = receive,
};

/* ---- the back end comes and goes ---- */

static void register_chip(struct front *front)
{
    int result;

    if (xenbus_read_unsigned(front->device->otherend, "feature-protocol-v2",
                             0) == 0) {
        front->stage = STAGE_ENDED;
        xenbus_dev_fatal(front->device, -EPROTONOSUPPORT,
                         "the back end is older than the protocol's version 2");
        return;
    }
    result = tpm_chip_register(front->chip);
    if (result != 0) {
        front->stage = STAGE_ENDED;
        xenbus_dev_fatal(front->device, result, "there is no TPM 2.0");
        return;
    }
    front->stage = STAGE_REGISTERED;
    xenbus_switch_state(front->device, XenbusStateConnected);
}

static void unregister_chip(struct front *front)
{
    if (front->stage == STAGE_REGISTERED) {
        tpm_chip_unregister(front->chip);
    }
    front->stage = STAGE_ENDED;
}

static void look(struct work_struct *work)
{
    struct front *front = container_of(work, struct front, look);

    if (READ_ONCE(front->channel.is_dead)) {
        unregister_chip(front);
        xenbus_frontend_closed(front->device);
    } else if (READ_ONCE(front->back_end) == XenbusStateConnected &&
               front->stage == STAGE_WAITING) {
        register_chip(front);
    }
}

static bool is_gone(const struct front *front, enum xenbus_state back_end)
{
    return back_end == XenbusStateClosing || back_end == XenbusStateClosed ||
           (back_end == XenbusStateUnknown &&
            READ_ONCE(front->back_end) == XenbusStateConnected);
}

static void on_back_end(struct xenbus_device *device,
                        enum xenbus_state back_end)
{
    struct front *front = dev_get_drvdata(&device->dev);

    if (is_gone(front, back_end)) {
        channel_end(&front->channel);
    }
    WRITE_ONCE(front->back_end, back_end);
    schedule_work(&front->look);
}

/* ---- the device ---- */

/* The back end reads these once it sees the state. */
static int publish(struct front *front)
{
    const char *node = front->device->nodename;
    int result =
        xenbus_printf(XBT_NIL, node, "ring-ref", "%u", front->channel.grant);

    if (result == 0) {
        result = xenbus_printf(XBT_NIL, node, "event-channel", "%u",
                               front->channel.port);
    }
    if (result == 0) {
        result = xenbus_printf(XBT_NIL, node, "feature-protocol-v2", "1");
    }
    return result != 0
               ? result
               : xenbus_switch_state(front->device, XenbusStateInitialised);
}

static int probe(struct xenbus_device *device,
                 const struct xenbus_device_id *id)
{
    struct front *front =
        devm_kzalloc(&device->dev, sizeof(*front), GFP_KERNEL);
    int result;

    if (front == NULL) {
        return -ENOMEM;
    }
    front->device = device;
    INIT_WORK(&front->look, look);
    front->chip = tpmm_chip_alloc(&device->dev, &chip_ops);
    if (IS_ERR(front->chip)) {
        return PTR_ERR(front->chip);
    }
    front->chip->flags |= TPM_CHIP_FLAG_TPM2 | TPM_CHIP_FLAG_IRQ;
    dev_set_drvdata(&front->chip->dev, front);
    dev_set_drvdata(&device->dev, front);
    result = channel_open(&front->channel, device);
    if (result != 0) {
        return result;
    }
    result = publish(front);
    if (result != 0) {
        channel_close(&front->channel);
    }
    return result;
}

/* xenstore's thread no longer knows the device. The TPM core says farewell to
 * the TPM, so the channel goes last. */
static void remove(struct xenbus_device *device)
{
    struct front *front = dev_get_drvdata(&device->dev);

    cancel_work_sync(&front->look);
    unregister_chip(front);
    channel_close(&front->channel);
}

static const struct xenbus_device_id ids[] = {{"vtpm"}, {""}};

/* Not the name of the kernel's own front end: both may be loaded. */
static struct xenbus_driver driver = {
    .name = KBUILD_MODNAME,
    .ids = ids,
    .probe = probe,
    .remove = remove,
    .otherend_changed = on_back_end,
};

static int __init front_init(void)
{
    return xen_domain() && xen_has_pv_devices()
               ? xenbus_register_frontend(&driver)
               : -ENODEV;
}

static void __exit front_exit(void)
{
    xenbus_unregister_driver(&driver);
}

module_init(front_init);
module_exit(front_exit);

MODULE_AUTHOR("The Vouch authors");
MODULE_DESCRIPTION("Front end of Xen's TPM device for a TPM 2.0");
MODULE_LICENSE("GPL");
MODULE_VERSION("1");
MODULE_ALIAS("xen:vtpm");
