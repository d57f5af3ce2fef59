#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "source/backend.h"
#include "sys/fd.h"
#include "sys/spawn.h"

bool
fa_source_pack(const char *directory, const char *name, const char *file, FaCancel *cancel,
               GError **error)
{
    g_autofree char *packer = fa_spawn_find_helper("fassembler-pack", error);
    if (packer == NULL)
        return false;
    fa_autofd int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return fa_fail_errno(error, errno, "cannot make '%s'", file);

    const char *const argv[] = {packer, directory, name, NULL};
    const FaSpawn spawn = {.argv = argv, .output_fd = fd, .cancel = cancel};
    g_auto(FaSpawnResult) result = {0};
    if (!fa_spawn_run(&spawn, &result, error))
        return false;
    if (result.status != 0) {
        g_autofree char *message = g_strdup(result.error_output);
        return fa_fail(error, FA_ERROR_FAILED, "%s", g_strchomp(message));
    }
    return fsync(fd) == 0 || fa_fail_errno(error, errno, "cannot write '%s'", file);
}
