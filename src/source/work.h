#pragma once
/*
 * What a person did in a checkout that is worked on.
 */
#include <glib.h>
#include <stdbool.h>

#include "sys/cancel.h"

typedef struct FaWork {
    char *branch; /* (nullable) git: the branch, svn: the path below the repository */
    unsigned
        changed; /* files that were changed, added or removed, those of no revision control among them */
    unsigned ahead; /* commits that the real repository does not have, as far as is known here */
} FaWork;

void fa_work_clear(FaWork *work);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaWork, fa_work_clear)

/* Asks git or svn, whichever made @checkout; neither the network nor anything in the checkout is touched. */
bool fa_work_look(const char *checkout, FaCancel *cancel, FaWork *ret_work, GError **error);
