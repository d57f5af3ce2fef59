#pragma once
/*
 * Unix sockets below a folder, however long its path, and who is at their other end. Descriptors do not block and are not inherited.
 */
#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * A socket @name in @directory that anybody may connect to; -1 on failure. What has that name already is removed: the caller
 * sees to it that nobody uses it (by a lock).
 */
int fa_unix_listen(const char *directory, const char *name, GError **error);
/* The next who connects, or -1: nobody, or nobody more for now. */
int fa_unix_accept(int listening);
/* -1 with NOT_FOUND when there is no such socket, UNREACHABLE when nobody listens. */
int fa_unix_connect(const char *directory, const char *name, GError **error);

/*
 * Who made the other end: its user, as the kernel knows them. False with DENIED for one whose user cannot be told here, since
 * it is of another user namespace.
 */
bool fa_unix_get_peer(int fd, uid_t *ret_uid, pid_t *ret_pid, GError **error);
