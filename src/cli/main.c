#include <fcntl.h>
#include <locale.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/dispatch.h"
#include "cli/interrupt.h"

/* Started without one of the first three descriptors, a file opened later would get its number, and our output. */
static void
fill_standard_descriptors(void)
{
    int fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDWR);
    if (fd > STDERR_FILENO)
        close(fd);
}

int
main(int argc, char **argv)
{
    fill_standard_descriptors();
    setlocale(LC_CTYPE, "");
    g_autoptr(FaCancel) cancel = fa_cancel_new();
    fa_interrupt_watch(cancel);
    return fa_dispatch(fa_commands_all(), (const char *const *)argv + MIN(argc, 1), cancel);
}
