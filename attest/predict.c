/* SPDX-License-Identifier: MIT */
/*
 * The order here is the order of the boot. What a module is, is decided as the
 * hypervisor decides it (hv/boot/modules.c): the first is dom0's kernel, one
 * with a policy's magic is the policy, the other the initial ramdisk.
 */
#include "attest/predict_parts.h"

#include <stdio.h>
#include <stdlib.h>

#include "attest/json.h"
#include "attest/pe.h"
#include "attest/replay.h"

#define IMAGE_PCR 4

static bool fail(char **error, const char *what, const char *why)
{
    char text[400];
    snprintf(text, sizeof(text), "%s%s", what, why);
    *error = text_copy(bytes_of_text(text));
    return false;
}

json_t *predict_event(uint32_t pcr, uint32_t type, enum component component,
                      const char *data)
{
    char number[16];
    const char *name = tcg_type_name(type);
    json_t *event = json_object();
    snprintf(number, sizeof(number), "0x%08x", type);
    json_put(event, "pcr", json_integer(pcr));
    json_put(event, "type", json_string(name != NULL ? name : number));
    json_put(event, "component", json_string(component_name(component)));
    json_put(event, "data", json_string(data));
    return event;
}

json_t *predict_digest(const struct sha256_digest *digest)
{
    json_t *list = json_array();
    json_push(list, json_hex(sha256_bytes(digest)));
    return list;
}

/* ---- GRUB ---- */

static enum component component_of_module(int module, struct bytes file)
{
    static const uint8_t policy[] = {0x8c, 0xff, 0x7c, 0xf9};
    struct bytes head;
    if (module == 1) {
        return COMPONENT_KERNEL;
    }
    return bytes_slice(file, 0, sizeof(policy), &head) &&
                   bytes_equal(head, bytes_of(policy, sizeof(policy)))
               ? COMPONENT_POLICY
               : COMPONENT_INITRD;
}

/* Whose file and whose command line is the n-th thing loaded? */
static enum component component_of_owner(const struct grub_trace *trace,
                                         int owner, bool is_cmdline)
{
    if (owner == GRUB_OWNER_HYPERVISOR) {
        return is_cmdline ? COMPONENT_CMDLINE : COMPONENT_HYPERVISOR;
    }
    for (size_t i = 0; i < trace->step_count; i++) {
        const struct grub_step *step = &trace->steps[i];
        if (step->kind == GRUB_STEP_FILE && step->owner == owner) {
            enum component component = component_of_module(owner, step->file);
            if (!is_cmdline) {
                return component;
            }
            return component == COMPONENT_KERNEL ? COMPONENT_DOM0_CMDLINE
                                                 : COMPONENT_GRUBCFG;
        }
    }
    return COMPONENT_GRUBCFG;
}

static enum component component_of_step(const struct grub_trace *trace,
                                        const struct grub_step *step)
{
    if (step->owner != GRUB_OWNER_NONE) {
        return component_of_owner(trace, step->owner,
                                  step->kind != GRUB_STEP_FILE);
    }
    return step->kind == GRUB_STEP_COMMAND && step->script == 0
               ? COMPONENT_GRUB
               : COMPONENT_GRUBCFG;
}

/* The file's digest and those of its alternatives. */
static json_t *file_digests(const struct prediction *prediction,
                            enum component component, struct bytes file)
{
    struct sha256_digest digest = hash_bytes(prediction->hasher, file);
    json_t *list = predict_digest(&digest);
    const struct predict_input *input = prediction->input;
    for (size_t i = 0; i < input->alternative_count; i++) {
        if (input->alternatives[i].component == component) {
            digest =
                hash_bytes(prediction->hasher, input->alternatives[i].file);
            json_push(list, json_hex(sha256_bytes(&digest)));
        }
    }
    return list;
}

static void add_file(struct prediction *prediction,
                     const struct grub_step *step)
{
    enum component component = component_of_step(prediction->trace, step);
    json_t *event = predict_event(GRUB_PCR_FILE, EV_IPL, component,
                                  step->is_found ? "found" : "path");
    bool is_config = component == COMPONENT_GRUBCFG;
    json_put(event, "text", json_string(step->text.data));
    json_put(event, "digests", file_digests(prediction, component, step->file));
    if (!is_config || (step->opens >= 0 && !prediction->has_config)) {
        json_put(event, "primary", json_true());
    }
    prediction->has_config |= step->opens >= 0;
    if (step->opens >= 0) {
        json_put(event, "opens", json_integer(step->opens));
    }
    json_push(prediction->boot, event);
    if (!is_config) {
        prediction->files[component] = step;
    }
}

static void put_statement(json_t *event, const struct grub_step *step,
                          size_t fixed)
{
    json_t *statement = json_object();
    json_put(statement, "script", json_integer(step->script));
    json_put(statement, "start", json_integer((json_int_t)step->start));
    json_put(statement, "end", json_integer((json_int_t)step->end));
    json_put(statement, "fixed", json_integer((json_int_t)fixed));
    json_put(statement, "block", json_boolean(step->is_block));
    json_put(event, "statement", statement);
}

static bool add_text(struct prediction *prediction,
                     const struct grub_step *step)
{
    static const char *const prefixes[] = {
        [GRUB_STEP_COMMAND] = GRUB_COMMAND,
        [GRUB_STEP_KERNEL_CMDLINE] = GRUB_KERNEL_CMDLINE,
        [GRUB_STEP_MODULE_CMDLINE] = GRUB_MODULE_CMDLINE};
    enum component component = component_of_step(prediction->trace, step);
    bool is_cmdline =
        component == COMPONENT_CMDLINE || component == COMPONENT_DOM0_CMDLINE;
    struct sha256_digest digest =
        hash_bytes(prediction->hasher, text_bytes(&step->text));
    json_t *event = predict_event(GRUB_PCR_TEXT, EV_IPL, component, "covered");
    struct text text = {0};
    text_add_string(&text, prefixes[step->kind]);
    size_t fixed = is_cmdline ? text.size + step->fixed : 0;
    text_add(&text, text_bytes(&step->text));
    json_t *string = json_stringn(text.data, text.size);
    if (fixed > text.size) {
        fixed = text.size; /* a loader without arguments */
    }
    text_free(&text);
    if (string == NULL) {
        json_decref(event);
        return false;
    }
    json_put(event, "text", string);
    json_put(event, "digests", predict_digest(&digest));
    if (step->kind == GRUB_STEP_COMMAND && step->script >= 0) {
        put_statement(event, step, fixed);
    } else if (is_cmdline) {
        json_put(event, "primary", json_true());
        *(component == COMPONENT_CMDLINE ? &prediction->cmdline
                                         : &prediction->dom0_cmdline) =
            step->text.data;
    }
    json_push(prediction->boot, event);
    return true;
}

static bool add_image(struct prediction *prediction)
{
    struct pe_measure measure;
    if (!pe_measure(prediction->hasher, prediction->input->image, &measure)) {
        return false;
    }
    json_t *event = predict_event(IMAGE_PCR, EV_EFI_BOOT_SERVICES_APPLICATION,
                                  COMPONENT_GRUB, "image");
    json_put(event, "digests", predict_digest(&measure.digest));
    json_put(event, "image_size", json_integer(measure.image_size));
    json_put(event, "primary", json_true());
    json_push(prediction->boot, event);
    return true;
}

/* ---- all of it ---- */

static bool add_steps(struct prediction *prediction, char **error)
{
    const struct grub_trace *trace = prediction->trace;
    for (size_t i = 0; i < trace->step_count; i++) {
        const struct grub_step *step = &trace->steps[i];
        if (step->kind == GRUB_STEP_FILE) {
            enum component component = component_of_step(trace, step);
            if (component != COMPONENT_GRUBCFG &&
                prediction->files[component] != NULL) {
                return fail(error, step->text.data,
                            ": a second file of its kind");
            }
            add_file(prediction, step);
        } else if (!add_text(prediction, step)) {
            return fail(error, "a command is not UTF-8: ", step->text.data);
        }
    }
    return (prediction->cmdline != NULL && prediction->dom0_cmdline != NULL &&
            prediction->files[COMPONENT_POLICY] != NULL) ||
           fail(error,
                "the configuration lacks a hypervisor, a kernel or a "
                "policy",
                "");
}

static void put_scripts(json_t *payload, const struct grub_trace *trace)
{
    json_t *scripts = json_array();
    for (size_t i = 0; i < trace->script_count; i++) {
        const struct grub_script *script = &trace->scripts[i];
        json_t *object = json_object();
        json_put(object, "path",
                 json_string(script->path.size != 0 ? script->path.data : ""));
        json_put(object, "text", json_base64(script->text));
        json_push(scripts, object);
    }
    json_put(payload, "scripts", scripts);
}

bool predict_boot(struct hasher *hasher, const struct predict_input *input,
                  json_t *payload, char **error)
{
    struct grub_trace *trace = malloc(sizeof(*trace));
    if (trace == NULL) {
        abort();
    }
    struct prediction prediction = {.hasher = hasher,
                                    .input = input,
                                    .trace = trace,
                                    .boot = json_array(),
                                    .hypervisor = json_array()};
    json_put(payload, "boot", prediction.boot);
    json_put(payload, "hypervisor", prediction.hypervisor);
    bool is_done = false;
    if (!grub_predict(input->embedded, &input->files, trace)) {
        fail(error, trace->error, "");
    } else if (!add_image(&prediction)) {
        fail(error, "GRUB's image is no PE file", "");
    } else if (add_steps(&prediction, error)) {
        put_scripts(payload, trace);
        is_done = predict_records(&prediction) ||
                  fail(error, "a record is too long", "");
    }
    grub_trace_free(trace);
    free(trace);
    return is_done;
}
