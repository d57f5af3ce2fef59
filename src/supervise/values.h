#pragma once
/*
 * Values of a configuration: what supervisor's datatypes.py makes of a text, with its errors.
 */
#include <stdint.h>

#include "supervise/error.h"

int sv_value_int(const char *text, int64_t *ret_number, SvError *error);
int sv_value_bool(const char *text, bool *ret_value, SvError *error);
int sv_value_bytes(const char *text, int64_t *ret_number, SvError *error);
int sv_value_octal(const char *text, int64_t *ret_number, SvError *error);
int sv_value_level(const char *text, int *ret_level, SvError *error);
int sv_value_signal(const char *text, int *ret_signal, SvError *error);
int sv_value_exitcodes(SvArena *arena, const char *text, const int64_t **ret_codes,
                       size_t *ret_count, SvError *error);
/* A user's name or number must exist. */
int sv_value_uid(const char *text, int64_t *ret_uid, SvError *error);
/* user or user:group; gid is -1 where only a user is named. */
int sv_value_owner(const char *text, int64_t *ret_uid, int64_t *ret_gid, SvError *error);
int sv_value_name(SvArena *arena, const char *text, const char **ret_name, SvError *error);
int sv_value_existing_directory(SvArena *arena, const char *text, const char **ret_path,
                                SvError *error);
int sv_value_existing_dirpath(SvArena *arena, const char *text, const char **ret_path,
                              SvError *error);
/* [host:]port; the host is "" for all addresses. */
int sv_value_address(SvArena *arena, const char *text, const char **ret_host, int64_t *ret_port,
                     SvError *error);
int sv_value_port(const char *text, int64_t *ret_port, SvError *error);

const char *sv_expanduser(SvArena *arena, const char *path);
/* expanduser, abspath and normpath. */
const char *sv_normalize_path(SvArena *arena, const char *path);
/* Splits at commas and strips each; NULL-terminated. An empty text is an empty list. */
const char *const *sv_split_list(SvArena *arena, const char *text);
/* SIGTERM and so on; "signal 99" for one without a name. */
const char *sv_signal_name(int number, char *buffer, size_t size);
/* The name of an errno as Python's errno.errorcode has it, or the number. */
const char *sv_errno_name(int number, char *buffer, size_t size);

enum {
    SV_BLAT = 3,
    SV_TRAC = 5,
    SV_DEBG = 10,
    SV_INFO = 20,
    SV_WARN = 30,
    SV_ERRO = 40,
    SV_CRIT = 50
};
