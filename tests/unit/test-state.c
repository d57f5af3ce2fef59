#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervise/handover.h"
#include "supervise/server.h"
#include "supervise/state-format.h"
#include "supervise/state.h"

#define PADDING_MAX 7 /* bytes; tools/check-state knows the members by their names */

static void
check_table(const SvFields *fields)
{
    g_autofree unsigned char *seen = g_malloc0(fields->size);
    size_t unknown = 0;

    for (size_t i = 0; i < fields->count; i++)
        for (size_t j = 0; j < fields->list[i].size; j++)
            if (seen[fields->list[i].offset + j]++ > 0)
                g_error("%s.%s is twice in state-fields.c", fields->name, fields->list[i].name);
    for (size_t i = 0; i < fields->size; i++) {
        unknown = seen[i] ? 0 : unknown + 1;
        if (unknown <= PADDING_MAX)
            continue;
        const char *before = "its beginning";
        for (size_t j = 0, end = 0; j < fields->count; j++)
            if (fields->list[j].offset <= i && fields->list[j].offset >= end) {
                before = fields->list[j].name;
                end = fields->list[j].offset;
            }
        g_error("a member of %s behind '%s' is in no line of state-fields.c", fields->name, before);
    }
}

/* Law: the lines of a table are members of its struct, each once, and all of it. */
static void
every_member_has_a_line(void)
{
    size_t count = 0;

    for (const SvFields *const *fields = sv_fields_all; *fields; fields++, count++)
        check_table(*fields);
    g_assert_cmpuint(count, >, 10);
}

/* Law: names are what a later version finds members by, so each is there once. */
static void
names_are_unique(void)
{
    for (const SvFields *const *fields = sv_fields_all; *fields; fields++)
        for (size_t i = 0; i < (*fields)->count; i++)
            for (size_t j = 0; j < i; j++)
                g_assert_cmpstr((*fields)->list[i].name, !=, (*fields)->list[j].name);
}

static const char text[] = "[supervisord]\n"
                           "logfile=%s/log\n"
                           "loglevel=blather\n"
                           "[unix_http_server]\n"
                           "file=%s/sock\n"
                           "[program:web]\n"
                           "command=/bin/web\n"
                           "numprocs=2\n"
                           "process_name=web%%(process_num)d\n"
                           "stdout_capture_maxbytes=100\n"
                           "ready=notify\n"
                           "healthcheck=tcp:127.0.0.1:1\n"
                           "sockets=tcp://127.0.0.1:8000\n"
                           "[eventlistener:pool]\n"
                           "command=/bin/pool\n"
                           "events=TICK_5\n"
                           "[include]\n"
                           "files=%s/*.ini none.conf\n";

typedef struct Fixture {
    char *directory;
    SvOverrides overrides;
    char *buffer;
    SvSuper super, next;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autofree char *part = NULL;
    char *problem = NULL;

    fixture->directory = g_dir_make_tmp("state-XXXXXX", NULL);
    fixture->buffer = g_malloc(SV_READ_MAX);
    g_autofree char *path = g_build_filename(fixture->directory, "conf", NULL);
    g_autofree char *more = g_build_filename(fixture->directory, "more.ini", NULL);
    part = g_strdup_printf(text, fixture->directory, fixture->directory, fixture->directory);
    g_assert_true(g_file_set_contents(path, part, -1, NULL));
    g_assert_true(g_file_set_contents(more, "[program:more]\ncommand=/bin/more\n", -1, NULL));
    SvSuper *super = &fixture->super;
    *super = (SvSuper){.stdout_fd = -1, .mood = SV_MOOD_RUNNING};
    super->overrides = fixture->next.overrides = &fixture->overrides;
    super->read_buffer = fixture->next.read_buffer = fixture->buffer;
    super->log.fd = -1;
    if (sv_config_read(path, &fixture->overrides, &super->config, &problem) < 0)
        g_error("%s", problem);
    g_assert_cmpint(sv_super_prepare(super->config, &super->runtime), ==, 0);
    super->candidate = super->config;
    super->candidate_runtime = super->runtime;
    for (size_t i = 0; i < super->config->group_count; i++)
        sv_group_resume(super, &super->runtime->groups[i]);
    /* The files change: what runs does not. */
    g_assert_true(g_file_set_contents(path, "[supervisord]\n", -1, NULL));
    g_unlink(more);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_build_filename(fixture->directory, "conf", NULL);

    sv_handover_drop(&fixture->super);
    if (fixture->next.config)
        sv_handover_drop(&fixture->next);
    g_unlink(path);
    g_rmdir(fixture->directory);
    g_free(fixture->directory);
    g_free(fixture->buffer);
}

static SvProc *
find(SvSuper *super, const char *group, const char *name)
{
    SvGroup *found = sv_super_group(super, group);

    g_assert_nonnull(found);
    g_assert_nonnull(sv_group_proc(found, name));
    return sv_group_proc(found, name);
}

static void
set_text(char *at, const char *words)
{
    memcpy(at, words, strlen(words) + 1);
}

static void
fill_program(SvSuper *super)
{
    SvProc *proc = find(super, "web", "web1");
    SvGroup *group = proc->group;

    proc->machine = (SvMachine){.state = SV_STOPPING, .up = true, .ready = true, .failures = 3};
    proc->problem = SV_PROBLEM_BAD_EXIT;
    proc->problem_detail = -7;
    proc->pid = 4711;
    proc->exit.fd = 50;
    proc->timer = (SvTimer){.armed = true, .when = UINT64_MAX - 1};
    proc->started = 12345;
    proc->killing = proc->wanted = true;
    proc->input_start = 10;
    proc->input_length = 5;
    memcpy(proc->input_data + 10, "input", 5);
    for (int i = 0; i < 300; i++)
        sv_crash_hear(proc, "a line of output", 16);
    sv_crash_record(proc, 256);
    SvChannel *channel = &proc->channels[SV_STDOUT];
    channel->pipe = (SvWatch){.fd = 51, .events = 1};
    channel->capturing = true;
    channel->captured = 8;
    memcpy(channel->capture, "captured", 8);
    memcpy(channel->held, "<!--XSUP", 8);
    channel->held_length = 8;
    channel->log.size = INT64_C(1) << 40;
    set_text(channel->auto_path, "/made/up.log");
    proc->health->attempts = 2;
    proc->health->timer = (SvTimer){.armed = true, .when = 77};
    proc->check->notify = (SvWatch){.fd = 52, .events = 1};
    group->held_count = 0;
    SvHeld *held = sv_held_resume(group, "tcp://127.0.0.1:8000");
    g_assert_nonnull(held);
    held->fd = 53;
}

static void
fill_pool(SvSuper *super)
{
    SvProc *proc = find(super, "pool", "pool");
    SvGroup *pool = proc->group;

    for (int i = 0; i < 3; i++) {
        SvEvent *event = &pool->slots[i];
        event->used = true;
        event->type = SV_EVENT_TICK_5;
        event->serial = 100 + (uint64_t)i;
        event->length = event->characters = 6;
        memcpy(event->payload, "when:1", 6);
    }
    proc->event = 1;
    pool->queue[0] = 2;
    pool->queue[1] = 0;
    pool->queued = 2;
    pool->next_serial = 9;
    proc->listener = SV_LISTENER_BUSY;
    memcpy(proc->result, "RESULT", 6);
    proc->result_length = 6;
}

static void
fill_server(SvSuper *super)
{
    SvServer *server;

    g_assert_cmpint(sv_server_prepare(super), ==, 0);
    server = super->server;
    server->listeners[server->listener_count++] =
        (SvListeningSocket){.watch = {.fd = 54, .events = 1}, .conf = &super->config->servers[0]};
    SvClient *client = sv_server_client(super, 3);
    client->conf = &super->config->servers[0];
    client->watch = (SvWatch){.fd = 55, .events = 1};
    client->in_length = 4;
    memcpy(client->in, "POST", 4);
    client->waiting = client->busy = true;
    sv_buf_puts(&client->out, "<array>");
    client->mark = 7;
    client->rpc.pending = 1;
    set_text(client->rpc.name, "web:*");
    find(super, "web", "web1")->waiters = UINT64_C(1) << 3;
    client = sv_server_client(super, 1);
    client->conf = &super->config->servers[0];
    client->watch.fd = 56;
    client->follow_fd = 57;
    client->follow = sv_client_follow_path(client);
    set_text(client->follow, "/some/log");
}

static GBytes *
give(SvSuper *super)
{
    int fd = memfd_create("state", MFD_CLOEXEC);
    struct stat st;

    g_assert_cmpint(sv_handover_give(super, fd, false), ==, 0);
    fstat(fd, &st);
    char *data = g_malloc((size_t)st.st_size);
    g_assert_cmpint(pread(fd, data, (size_t)st.st_size, 0), ==, st.st_size);
    close(fd);
    return g_bytes_new_take(data, (size_t)st.st_size);
}

static void
take(SvSuper *super, GBytes *state)
{
    char why[512] = "";

    if (sv_handover_take(super, g_bytes_get_data(state, NULL), g_bytes_get_size(state), false, why,
                         sizeof why) < 0)
        g_error("%s", why);
}

/* Law: what was written and read is written the same again, by the configuration that ran and not by that of the files. */
static void
what_was_written_is_read_the_same(Fixture *fixture, gconstpointer data)
{
    fill_program(&fixture->super);
    fill_pool(&fixture->super);
    fill_server(&fixture->super);
    fixture->super.next_event_serial = 103;
    fixture->super.tick_slices[2] = 5;
    set_text(fixture->super.upgrade.binary, "/bin/supervisor");
    g_autoptr(GBytes) first = give(&fixture->super);
    take(&fixture->next, first);
    g_autoptr(GBytes) second = give(&fixture->next);
    g_assert_cmpmem(g_bytes_get_data(first, NULL), g_bytes_get_size(first),
                    g_bytes_get_data(second, NULL), g_bytes_get_size(second));

    const SvProc *proc = find(&fixture->next, "web", "web1");
    const SvProc *old = find(&fixture->super, "web", "web1");
    g_assert_true(proc != old);
    g_assert_cmpint(proc->machine.state, ==, SV_STOPPING);
    g_assert_cmpint(proc->problem_detail, ==, -7);
    g_assert_cmpuint(proc->timer.when, ==, UINT64_MAX - 1);
    g_assert_cmpmem(proc->input_data, proc->input_length, "input", 5);
    g_assert_cmpmem(proc->tail, SV_TAIL_MAX, old->tail, SV_TAIL_MAX);
    g_assert_cmpmem(proc->crash.output, proc->crash.length, old->crash.output, old->crash.length);
    g_assert_cmpmem(proc->channels[0].capture, proc->channels[0].captured, "captured", 8);
    g_assert_cmpstr(proc->channels[0].auto_path, ==, "/made/up.log");
    g_assert_cmpint(proc->channels[1].pipe.fd, ==, -1);
    g_assert_cmpint(proc->sockets[0], ==, 53);
    g_assert_cmpint(find(&fixture->next, "web", "web0")->sockets[0], ==, 53);
    g_assert_cmpint(find(&fixture->next, "more", "more")->pid, ==, 0);
    const SvClient *client = &fixture->next.server->clients[1];
    g_assert_cmpstr(client->follow, ==, "/some/log");
    g_assert_cmpuint(fixture->next.config->source.parts->length, ==,
                     fixture->super.config->source.parts->length);
    g_assert_cmpstr(fixture->next.upgrade.binary, ==, "/bin/supervisor");
}

/* Law: a state that is not whole to the last bit is refused. */
static void
a_damaged_state_is_refused(Fixture *fixture, gconstpointer data)
{
    SvStateReader reader;

    fill_program(&fixture->super);
    g_autoptr(GBytes) state = give(&fixture->super);
    size_t length = g_bytes_get_size(state);
    g_autofree char *bytes = g_memdup2(g_bytes_get_data(state, NULL), length);
    g_assert_cmpint(sv_state_open(&reader, bytes, length), ==, 0);
    for (size_t i = 0; i < length; i++) {
        if (i >= offsetof(SvStateHead, reserved) && i < offsetof(SvStateHead, length))
            continue;
        bytes[i] ^= 1;
        g_assert_cmpint(sv_state_open(&reader, bytes, length), <, 0);
        g_assert_cmpstr(reader.problem, !=, "");
        bytes[i] ^= 1;
    }
    for (size_t i = 0; i < length; i += 37)
        g_assert_cmpint(sv_state_open(&reader, bytes, i), <, 0);
    ((SvStateHead *)(void *)bytes)->version = SV_STATE_VERSION + 1;
    g_assert_cmpint(sv_state_open(&reader, bytes, length), <, 0);
    g_assert_nonnull(strstr(reader.problem, "version"));
}

/* Law: what a program does not know it does not drop. */
static void
an_unknown_member_is_refused_by_its_name(void)
{
    SvStateWriter writer;
    SvStateReader reader;
    SvHeld held = {.fd = -1};
    SvItem item;
    char buffer[512];
    int fd = memfd_create("state", MFD_CLOEXEC);

    sv_state_begin(&writer, fd, buffer, 64);
    sv_state_put_number(&writer, "fd", 1);
    sv_state_put_number(&writer, "from_the_future", 1);
    g_assert_cmpint(sv_state_end(&writer), ==, 0);
    ssize_t length = pread(fd, buffer, sizeof buffer, 0);
    close(fd);
    g_assert_cmpint(sv_state_open(&reader, buffer, (size_t)length), ==, 0);
    g_assert_cmpint(sv_state_next(&reader, &item), ==, 1);
    g_assert_cmpint(sv_state_take_field(&reader, &sv_fields_held, &held, &item), ==, 0);
    g_assert_cmpint(held.fd, ==, 1);
    g_assert_cmpint(sv_state_next(&reader, &item), ==, 1);
    g_assert_cmpint(sv_state_take_field(&reader, &sv_fields_held, &held, &item), <, 0);
    g_assert_nonnull(strstr(reader.problem, "from_the_future"));
}

/* Law: a number that its member cannot hold is refused, and no index is taken that leads nowhere. */
static void
a_number_out_of_range_is_refused(Fixture *fixture, gconstpointer data)
{
    SvProc *proc = find(&fixture->super, "pool", "pool");
    char why[512] = "";

    fill_pool(&fixture->super);
    proc->event = 1000;
    g_autoptr(GBytes) state = give(&fixture->super);
    g_assert_cmpint(sv_handover_take(&fixture->next, g_bytes_get_data(state, NULL),
                                     g_bytes_get_size(state), false, why, sizeof why),
                    <, 0);
    g_assert_nonnull(strstr(why, "pool"));
    proc->event = 1;
    proc->machine.state = (SvState)77;
    g_autoptr(GBytes) other = give(&fixture->super);
    g_assert_cmpint(sv_handover_take(&fixture->next, g_bytes_get_data(other, NULL),
                                     g_bytes_get_size(other), false, why, sizeof why),
                    <, 0);
    g_assert_cmpstr(why, ==, "SvMachine.state cannot be 77");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/state/every-member-has-a-line", every_member_has_a_line);
    g_test_add_func("/state/names-are-unique", names_are_unique);
    g_test_add("/state/what-was-written-is-read-the-same", Fixture, NULL, set_up,
               what_was_written_is_read_the_same, tear_down);
    g_test_add("/state/a-damaged-state-is-refused", Fixture, NULL, set_up,
               a_damaged_state_is_refused, tear_down);
    g_test_add_func("/state/an-unknown-member-is-refused-by-its-name",
                    an_unknown_member_is_refused_by_its_name);
    g_test_add("/state/a-number-out-of-range-is-refused", Fixture, NULL, set_up,
               a_number_out_of_range_is_refused, tear_down);
    return g_test_run();
}
