#include "sys/launch.h"

#include <signal.h>
#include <spawn.h>
#include <unistd.h>

static int
describe_files(posix_spawn_file_actions_t *actions, const int files[3])
{
    int number = 0;
    for (int i = 0; number == 0 && i < 3; i++) {
        if (files[i] >= 0)
            number = posix_spawn_file_actions_adddup2(actions, files[i], i);
    }
    return number != 0 ? number
                       : posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
}

int
fa_launch(pid_t *ret_pid, const char *path, const char *const *argv, const char *const *environment,
          const int files[3])
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all, none;

    sigfillset(&all);
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    int number = describe_files(&actions, files);
    if (number == 0)
        number =
            posix_spawn(ret_pid, path, &actions, &attributes, (char **)argv, (char **)environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return number;
}
