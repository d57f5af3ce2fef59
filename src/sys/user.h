#pragma once
/*
 * Who this process is.
 */
#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * Root becomes the owner of @path for good: ids, groups, and HOME, USER and LOGNAME of the environment, so that all that is
 * made there is that user's. Nothing happens for anybody else, nor when @path is root's or does not exist.
 */
bool fa_user_become_owner(const char *path, GError **error);
bool fa_user_is_root(void);
/* (transfer full) The name of user @uid, or "user 1234". */
char *fa_user_get_name(uid_t uid);
/* (transfer full) The same of who this process is now. */
char *fa_user_get_own_name(void);
/* (transfer full) The same of who @path belongs to; "nobody" where it is not there. */
char *fa_user_get_owner_name(const char *path);
/* True when @path is there and belongs to who this process is. */
bool fa_user_is_owner(const char *path);
