#include "sys/tty.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_UNKNOWN  80
#define HEIGHT_UNKNOWN 24

bool
fa_tty_is_terminal(int fd)
{
    return isatty(fd) == 1;
}

unsigned
fa_tty_get_width(int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return WIDTH_UNKNOWN;
    return size.ws_col;
}

unsigned
fa_tty_get_height(int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0)
        return HEIGHT_UNKNOWN;
    return size.ws_row;
}

bool
fa_tty_wants_colour(int fd)
{
    const char *no_colour = g_getenv("NO_COLOR");
    const char *terminal = g_getenv("TERM");

    if (no_colour != NULL && *no_colour != '\0')
        return false;
    if (terminal == NULL || *terminal == '\0' || strcmp(terminal, "dumb") == 0)
        return false;
    return fa_tty_is_terminal(fd);
}

bool
fa_tty_is_foreground(int fd)
{
    return fa_tty_is_terminal(fd) && tcgetpgrp(fd) == getpgrp();
}

char *
fa_tty_ask(const char *prompt)
{
    g_autofree char *answer = NULL;
    size_t size = 0;

    fputs(prompt, stderr);
    fflush(stderr);
    /* getline() takes memory from malloc(), which is what g_free() gives back. */
    ssize_t length = getline(&answer, &size, stdin);
    if (length < 0)
        return NULL;
    if (length > 0 && answer[length - 1] == '\n')
        answer[length - 1] = '\0';
    return g_steal_pointer(&answer);
}
