#pragma once
/*
 * The file systems of a sandbox, made in a mount namespace of one's own: what fassembler-sandbox does, and nobody else.
 *
 * A step's root is new and empty; /usr, the devices and what the order names are mounted into it, and at the end the
 * rest of the machine is taken away. Everything is opened before the root is exchanged, so that no path of an order is
 * ever looked up inside of what a step can write.
 *
 * What fails ends the process: a sandbox is whole, or it is not there.
 */
#include <stddef.h>

typedef enum FaBindKind {
    FA_BIND_READ_ONLY,
    FA_BIND_READ_ONLY_IF_THERE,
    FA_BIND_WRITABLE,
} FaBindKind;

typedef struct FaBind {
    FaBindKind kind;
    const char *from; /* absolute, outside */
    const char *to;   /* absolute, inside */
} FaBind;

#define FA_BINDS_MAX 256

/* Ends the process with "cannot WHAT 'ON': why" in @fd. */
_Noreturn void fa_sandbox_give_up(int fd, const char *what, const char *on);
/* Once, in a new mount namespace, before any of the others: what all sandboxes share. Errors go to @fd, as below. */
void fa_sandbox_prepare_mounts(int fd);
/* In a new mount and a new process namespace: what there is but for @binds, in their order, is the root and /usr, /dev,
 * /proc and /tmp. */
void fa_sandbox_make_mounts(const FaBind *binds, size_t length, int fd);
