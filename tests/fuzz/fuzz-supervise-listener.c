#include "fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "supervise/super.h"

#define LISTENERS 2
#define BUFFER    3
#define SLOTS     (BUFFER + LISTENERS + 1)

typedef struct Pool {
    SvSuper super;
    SvConfig config;
    SvGroupConf group_conf;
    SvProgram programs[LISTENERS];
    SvProc procs[LISTENERS];
    SvEvent slots[SLOTS];
    int queue[SLOTS + 1];
    SvGroup group;
} Pool;

static void
set_up(Pool *pool, char *payloads, char *results)
{
    pool->config = (SvConfig){.identifier = "supervisor", .logfile = "", .loglevel = 1000};
    pool->group_conf =
        (SvGroupConf){.name = "pool", .class = SV_CLASS_LISTENER, .buffer_size = BUFFER};
    pool->group = (SvGroup){.conf = &pool->group_conf,
                            .config = &pool->config,
                            .procs = pool->procs,
                            .count = LISTENERS,
                            .types = UINT32_MAX,
                            .slots = pool->slots,
                            .slot_count = SLOTS,
                            .queue = pool->queue};
    pool->super = (SvSuper){
        .config = &pool->config, .groups = &pool->group, .types = UINT32_MAX, .stdout_fd = -1};
    for (size_t i = 0; i < SLOTS; i++)
        pool->slots[i] = (SvEvent){.payload = payloads + i * SV_EVENT_MAX};
    for (size_t i = 0; i < LISTENERS; i++) {
        pool->programs[i] = (SvProgram){.name = "listener", .class = SV_CLASS_LISTENER};
        pool->procs[i] = (SvProc){.conf = &pool->programs[i],
                                  .group = &pool->group,
                                  .pid = 1,
                                  .event = -1,
                                  .result = results + i * 512,
                                  .result_expected = -1};
        pool->procs[i].machine.state = SV_RUNNING;
        pool->procs[i].input.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    }
}

/* Law: every event that is kept waits in the queue or is in the hand of one listener, which is busy with it. */
static void
check_pool(const Pool *pool)
{
    unsigned owners[SLOTS] = {0};

    g_assert_cmpuint(pool->group.queued, <=, BUFFER);
    for (size_t i = 0; i < pool->group.queued; i++)
        owners[pool->queue[i]]++;
    for (size_t i = 0; i < LISTENERS; i++) {
        const SvProc *proc = &pool->procs[i];
        if (proc->event >= 0)
            owners[proc->event]++;
        if (proc->listener == SV_LISTENER_BUSY)
            g_assert_cmpint(proc->event, >=, 0);
        else
            g_assert_cmpint(proc->event, ==, -1);
    }
    for (size_t i = 0; i < SLOTS; i++)
        g_assert_cmpuint(owners[i], ==, pool->slots[i].used ? 1 : 0);
}

/* Each step: who, how much, and then so many bytes; or an event with them; or a listener that is gone. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    g_autofree char *payloads = g_malloc(SLOTS * SV_EVENT_MAX);
    g_autofree char *results = g_malloc(LISTENERS * (size_t)512);
    Pool pool = {0};

    set_up(&pool, payloads, results);
    while (length >= 2) {
        SvProc *proc = &pool.procs[bytes[0] % LISTENERS];
        unsigned what = bytes[0] / LISTENERS % 8;
        size_t n = MIN((size_t)bytes[1], length - 2);
        if (what == 0) {
            sv_notify(&pool.super, SV_EVENT_REMOTE_COMMUNICATION, "type:x\n", bytes + 2, n);
        } else if (what == 1) {
            sv_listener_gone(&pool.super, proc);
            proc->listener = SV_LISTENER_ACKNOWLEDGED;
            proc->result_length = 0;
            proc->result_expected = -1;
        } else {
            sv_listener_read(&pool.super, proc, (const char *)bytes + 2, n);
        }
        check_pool(&pool);
        bytes += 2 + n;
        length -= 2 + n;
    }
    for (size_t i = 0; i < LISTENERS; i++)
        close(pool.procs[i].input.fd);
    return 0;
}
