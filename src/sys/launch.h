#pragma once
/*
 * Starts a program of our own that we talk to: a session of its own, so that Ctrl-C is ours to understand, signals as a
 * fresh process has them, and no descriptor but the three.
 */
#include <sys/types.h>

/* @files: its standard input, output and error; -1: ours. Returns 0, or the number of what went wrong. */
int fa_launch(pid_t *ret_pid, const char *path, const char *const *argv,
              const char *const *environment, const int files[3]);
