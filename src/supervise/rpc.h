#pragma once
/*
 * The methods of supervisord's XML-RPC interface, and one of our own for a quick status.
 *
 * A method writes its value and is done, or fails with a fault, or waits: then its client's bit is in the waiters of each
 * process that it waits for, and sv_rpc_wake() is called when one of them changes.
 */
#include "supervise/super.h"
#include "supervise/xml.h"

enum {
    SV_FAULT_UNKNOWN_METHOD = 1,
    SV_FAULT_INCORRECT_PARAMETERS = 2,
    SV_FAULT_BAD_ARGUMENTS = 3,
    SV_FAULT_SIGNATURE_UNSUPPORTED = 4,
    SV_FAULT_SHUTDOWN_STATE = 6,
    SV_FAULT_BAD_NAME = 10,
    SV_FAULT_BAD_SIGNAL = 11,
    SV_FAULT_NO_FILE = 20,
    SV_FAULT_NOT_EXECUTABLE = 21,
    SV_FAULT_FAILED = 30,
    SV_FAULT_ABNORMAL_TERMINATION = 40,
    SV_FAULT_SPAWN_ERROR = 50,
    SV_FAULT_ALREADY_STARTED = 60,
    SV_FAULT_NOT_RUNNING = 70,
    SV_FAULT_SUCCESS = 80,
    SV_FAULT_ALREADY_ADDED = 90,
    SV_FAULT_STILL_RUNNING = 91,
    SV_FAULT_CANT_REREAD = 92
};

typedef enum SvOutcome { SV_DONE, SV_FAILED, SV_WAITS } SvOutcome;

typedef struct SvRpc {
    SvSuper *super;
    SvBuf *out;
    uint64_t bit;   /* of the client, in SvProc.waiters */
    bool upgrading; /* what is waited for is another supervisor */
    bool starting;  /* what is waited for: a start or a stop */
    bool many;      /* the answer is a list of results */
    bool building;  /* the list of those to wait for is not complete yet */
    unsigned pending;
    char name[512]; /* as the client wrote it */
    int fault;
    bool explained;
    char text[4096]; /* what stands behind the fault's name, where it is @explained */
} SvRpc;

SvOutcome sv_rpc_call(SvRpc *rpc, const char *method, const SvValue *params);
/* A process that the call waits for has changed. */
SvOutcome sv_rpc_wake(SvRpc *rpc, SvProc *proc);
const char *sv_fault_name(int code);
/* "NAME: text", as a faultString. */
void sv_rpc_fault_string(const SvRpc *rpc, char *buffer, size_t size);

/* For the parts of it. */
typedef struct SvMethod {
    const char *name;
    const char *signature; /* types, that of the answer first */
    unsigned min, max;     /* parameters */
    SvOutcome (*run)(SvRpc *rpc, const SvValue *params);
    const char *help;
} SvMethod;

SvOutcome sv_rpc_fail(SvRpc *rpc, int fault, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A fault that is its name and no more. */
SvOutcome sv_rpc_refuse(SvRpc *rpc, int fault);
const SvValue *sv_rpc_param(const SvValue *params, unsigned index);
/* The string parameter at @index, or NULL after a fault was set. */
const char *sv_rpc_string(SvRpc *rpc, const SvValue *params, unsigned index);
/* A number, as int() makes one of numbers, truth values and texts. */
bool sv_rpc_number(SvRpc *rpc, const SvValue *params, unsigned index, int64_t *ret_number);
bool sv_rpc_flag(const SvValue *params, unsigned index, bool fallback);
/* Finds "group:process". *ret_proc is NULL for all of the group. */
SvOutcome sv_rpc_find(SvRpc *rpc, const char *name, SvGroup **ret_group, SvProc **ret_proc);
void sv_rpc_result(SvRpc *rpc, const SvProc *proc, int status, const char *description);

/* "name", or "group:name" where they differ. */
void sv_rpc_namespec(const SvProc *proc, char *buffer, size_t size);
/* Sorts all processes by group and name into the unused end of @out's buffer; returns how many. */
size_t sv_rpc_sorted_procs(const SvSuper *super, SvBuf *out, const SvProc ***ret_list);
/* What status says of a process. */
void sv_rpc_describe(const SvSuper *super, const SvProc *proc, SvBuf *out);

SvOutcome sv_rpc_process_info(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_all_process_info(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_all_config_info(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_compact_status(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_changes(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_replace_group(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_crashes(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_read_log(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_clear_log(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_read_stdout(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_read_stderr(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_tail_stdout(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_tail_stderr(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_clear_process_logs(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_clear_all_logs(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_start(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_start_group(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_start_all(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_stop(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_stop_group(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_stop_all(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_signal(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_signal_group(SvRpc *rpc, const SvValue *params);
SvOutcome sv_rpc_signal_all(SvRpc *rpc, const SvValue *params);
/* Writes the answer to who asked for the upgrade that brought us here. */
void sv_rpc_describe_upgrade(const SvSuper *super, SvBuf *out);
SvOutcome sv_rpc_upgrade(SvRpc *rpc, const SvValue *params);
