#pragma once
/*
 * Locks between processes: flock on a file that names its owner. They die with their owner, so they are never stale.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "sys/cancel.h"

typedef struct FaLock FaLock;

typedef enum FaLockMode { FA_LOCK_SHARED, FA_LOCK_EXCLUSIVE } FaLockMode;

/* Called once when the lock has to be waited for, with who holds it. */
typedef void (*FaLockWaitFunc)(const char *owner, void *data);

/*
 * (transfer full) (nullable) Takes the lock at @path (made 0600 if missing). @what is written into it for who comes
 * second ("building tasktracker"). Waits at most @wait seconds (0: not at all, -1: for ever). Fails with CONFLICT,
 * naming pid, user, age and purpose of the owner.
 */
FaLock *fa_lock_take(const char *path, FaLockMode mode, const char *what, int64_t wait,
                     FaLockWaitFunc on_wait, void *data, FaCancel *cancel, GError **error);
/* For a program to hold as well (FaSpawn.held_fd): then the lock lasts until that has ended, too. */
int fa_lock_get_fd(const FaLock *lock);
void fa_lock_release(FaLock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaLock, fa_lock_release)
