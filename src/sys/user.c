#include "sys/user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define USER_BUFFER 4096

/* Folders that only root may use would be in the way of git and its like. */
static const char *const of_root[] = {"XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME",
                                      "XDG_RUNTIME_DIR", "XDG_STATE_HOME", NULL};

static bool
become(uid_t uid, gid_t gid, const struct passwd *user, GError **error)
{
    bool has_groups =
        (user != NULL ? initgroups(user->pw_name, user->pw_gid) : setgroups(0, NULL)) == 0;
    if (!has_groups || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
        return fa_fail_errno(error, errno, "cannot go on as user %u", (unsigned)uid);
    /* Lost with the ids; without it /proc/self is closed to our own children. */
    prctl(PR_SET_DUMPABLE, 1);
    return true;
}

char *
fa_user_get_name(uid_t uid)
{
    char buffer[USER_BUFFER];
    struct passwd entry, *found = NULL;
    if (getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) != 0 || found == NULL)
        return g_strdup_printf("user %u", (unsigned)uid);
    return g_strdup(found->pw_name);
}

char *
fa_user_get_own_name(void)
{
    return fa_user_get_name(geteuid());
}

char *
fa_user_get_owner_name(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? fa_user_get_name(status.st_uid) : g_strdup("nobody");
}

bool
fa_user_is_owner(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && status.st_uid == geteuid();
}

bool
fa_user_become_owner(const char *path, GError **error)
{
    struct stat status;
    if (geteuid() != 0 || stat(path, &status) != 0 || status.st_uid == 0)
        return true;

    const struct passwd *user = getpwuid(status.st_uid);
    gid_t gid = user != NULL ? user->pw_gid : status.st_gid;
    if (!become(status.st_uid, gid, user, error))
        return false;
    for (const char *const *name = of_root; *name != NULL; name++)
        g_unsetenv(*name);
    g_setenv("HOME", user != NULL ? user->pw_dir : "/nonexistent", TRUE);
    if (user != NULL) {
        g_setenv("USER", user->pw_name, TRUE);
        g_setenv("LOGNAME", user->pw_name, TRUE);
    } else {
        g_unsetenv("USER");
        g_unsetenv("LOGNAME");
    }
    return true;
}

bool
fa_user_is_root(void)
{
    return geteuid() == 0;
}
