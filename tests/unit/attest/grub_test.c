/* SPDX-License-Identifier: MIT */
/*
 * What GRUB will measure, against what GRUB 2.06 did measure: data/ has the
 * disk and the log of a boot under OVMF. To get at the log, that boot went on
 * to start Linux, by two commands that are taken out of the script here.
 */
#include "tests/unit/attest/fixture.h"

#include "attest/grub.h"

static const char linux_commands[] =
    "  linuxefi /boot/vmlinuz console=ttyS0 quiet\n"
    "  initrdefi /boot/initrd.gz\n";

struct world {
    struct hasher hasher;
    struct bytes log, embedded, files[16], whole_config;
    const char *paths[16];
    size_t count;
    struct grub_trace trace;
    struct replay replay;
};

static struct bytes read_file(void *context, const char *path)
{
    struct world *world = context;
    char name[256];
    for (size_t i = 0; i < world->count; i++) {
        if (strcmp(world->paths[i], path) == 0) {
            return world->files[i];
        }
    }
    snprintf(name, sizeof(name), DATA_DIR "%s", path);
    FILE *file = fopen(name, "rb");
    if (file == NULL) {
        return bytes_none();
    }
    fclose(file);
    world->paths[world->count] = strdup(path);
    return world->files[world->count++] = fixture_read(name);
}

/* The configuration without its last two commands. */
static struct bytes read_config(struct world *world)
{
    struct bytes text = world->whole_config =
        fixture_read(DATA_DIR "grub/grub.cfg");
    size_t cut = sizeof(linux_commands) - 1;
    uint8_t *at = memmem(text.data, text.size, linux_commands, cut);
    assert_non_null(at);
    uint8_t *shorter = malloc(text.size);
    size_t head = (size_t)(at - text.data);
    memcpy(shorter, text.data, head);
    memcpy(shorter + head, at + cut, text.size - head - cut);
    return bytes_of(shorter, text.size - cut);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_true(hasher_init(&world->hasher));
    world->log = fixture_read(REAL_LOG);
    world->embedded = fixture_read(DATA_DIR "embed.cfg");
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    grub_trace_free(&world->trace);
    hasher_free(&world->hasher);
    for (size_t i = 0; i < world->count; i++) {
        free((void *)world->files[i].data);
        free((void *)world->paths[i]);
    }
    free((void *)world->whole_config.data);
    free((void *)world->embedded.data);
    free((void *)world->log.data);
    free(world);
    return 0;
}

/* A word of the text that the two commands are part of. */
static bool is_changed(const struct grub_step *step)
{
    return step->is_block && strstr(step->text.data, "Second") != NULL;
}

static bool is_config(const struct grub_step *step)
{
    return step->kind == GRUB_STEP_FILE &&
           strcmp(step->text.data, "/grub/grub.cfg") == 0;
}

static struct sha256_digest digest_of(struct world *world,
                                      const struct grub_step *step)
{
    struct bytes measured =
        step->kind == GRUB_STEP_FILE ? step->file : text_bytes(&step->text);
    if (is_config(step)) {
        measured = world->whole_config;
    }
    return hash_bytes(&world->hasher, measured);
}

/* Every step is the log's next event of GRUB's, in the right PCR. */
static void test_real_log(void **state)
{
    struct world *world = *state;
    const struct grub_files files = {world, read_file};
    world->paths[0] = strdup("/grub/grub.cfg");
    world->files[0] = read_config(world);
    world->count = 1;
    assert_reason(replay_log(&world->hasher, world->log, &world->replay),
                  REASON_NONE);
    bool is_done = grub_predict(world->embedded, &files, &world->trace);
    assert_string_equal(world->trace.error, "");
    assert_true(is_done);
    size_t next = 0, compared = 0;
    for (size_t i = 0; i < world->trace.step_count; i++) {
        const struct grub_step *step = &world->trace.steps[i];
        const struct tcg_event *event;
        do {
            assert_true(next < world->replay.count);
            event = &world->replay.events[next++].event;
        } while (event->type != EV_IPL);
        struct sha256_digest digest = digest_of(world, step);
        assert_int_equal(event->pcr, step->kind == GRUB_STEP_FILE ? 9 : 8);
        if (!is_changed(step)) {
            assert_memory_equal(event->digest, &digest, SHA256_SIZE);
            compared++;
        }
    }
    assert_int_equal(compared, world->trace.step_count - 1);
    assert_int_equal(world->trace.step_count, 32);
}

/* ---- scripts of one line ---- */

static const char *predict(struct world *world, const char *script)
{
    const struct grub_files files = {world, read_file};
    grub_trace_free(&world->trace);
    bool is_done = grub_predict(bytes_of_text(script), &files, &world->trace);
    assert_int_equal(is_done, world->trace.error[0] == 0);
    return world->trace.error;
}

static void test_refused(void **state)
{
    static const struct {
        const char *script, *error;
    } cases[] = {
        {"if true; then echo a; fi", "embedded:1: if is not predicted"},
        {"\nfunction f {\n}", "embedded:2: function is not predicted"},
        {"echo \\a", "embedded:1: backslashes"},
        {"echo *", "embedded:1: backslashes"},
        {"echo \"a", "embedded:1: a quote is not closed"},
        {"menuentry a { echo", "embedded:1: a block is not closed"},
        {"echo $1", "embedded:1: only $name"},
        {"echo ${a", "embedded:1: only $name"},
        {"echo $root", "embedded:1: a variable whose value"},
        {"search --set=x --file /boot/policy\necho $x",
         "embedded:2: a variable whose value"},
        {"search --fs-uuid 1234", "embedded:1: search --fs-uuid"},
        {"source /nothing", "embedded:1: no file /nothing"},
        {"multiboot2", "embedded:1: a file name is missing"},
        {"module2 --nounzip", "embedded:1: a file name is missing"},
        {"module2 --strange /boot/policy", "embedded:1: a file name is"},
        {"set a", "embedded:1: NAME=VALUE expected"},
        {"menuentry a b { echo\n}", "embedded:1: only menuentry TITLE"},
        {"menuentry a {\n}\nset default=7", "embedded:1: default is not"},
        {"chainloader /x", "embedded:1: chainloader is not predicted"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *error = predict(*state, cases[i].script);
        char start[128];
        snprintf(start, sizeof(start), "%.*s", (int)strlen(cases[i].error),
                 error);
        assert_string_equal(start, cases[i].error);
    }
}

static void test_nothing_after_boot(void **state)
{
    struct world *world = *state;
    assert_string_equal(predict(world, "boot\nnonsense"), "");
    assert_int_equal(world->trace.step_count, 1);
}

static void test_recursion(void **state)
{
    struct world *world = *state;
    world->paths[0] = strdup("/loop");
    world->files[0] = bytes_of(strdup("source /loop"), 12);
    world->count = 1;
    const char *error = predict(world, "source /loop");
    assert_non_null(strstr(error, "too many files"));
}

static void test_many_steps(void **state)
{
    char *script = calloc(1, 8 * GRUB_MAX_STEPS);
    for (size_t i = 0; i < GRUB_MAX_STEPS + 1; i++) {
        memcpy(script + 5 * i, "echo\n", 5);
    }
    const char *error = predict(*state, script);
    assert_non_null(strstr(error, "too many steps"));
    free(script);
}

/* Who a variable is for, if one or several loaders use it. */
static void test_owners(void **state)
{
    struct world *world = *state;
    assert_string_equal(predict(world, "set a=1\nset b=2\nset c=3\nset d=4\n"
                                       "# a comment\n\n # another\n"
                                       "multiboot2 /boot/hypervisor $a $c\n"
                                       "module2 /boot/policy $b $c"),
                        "");
    assert_int_equal(world->trace.steps[0].owner, GRUB_OWNER_HYPERVISOR);
    assert_int_equal(world->trace.steps[0].fixed, 6);
    assert_int_equal(world->trace.steps[1].owner, 1);
    assert_int_equal(world->trace.steps[2].owner, GRUB_OWNER_NONE);
    assert_int_equal(world->trace.steps[3].owner, GRUB_OWNER_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_real_log),           TEST(test_refused),
        TEST(test_nothing_after_boot), TEST(test_recursion),
        TEST(test_many_steps),         TEST(test_owners),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
