#pragma once
/*
 * The time in which an environment serves nobody: from the making of `var/maintenance`, while which the edge answers 503
 * with Retry-After, until it is gone. The file holds when it began and where the edge's log was then, so that whoever ends
 * it, also after a crash, can say how long it was and how many requests were answered so.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "site/layout.h"

/*
 * @log: the edge's access log, which need not be there. One that was begun already goes on; one that somebody else made, by
 * hand or for another purpose, is left as it is.
 */
bool fa_maintenance_begin(const FaLayout *layout, const char *log, const char *purpose,
                          GError **error);

typedef struct FaMaintenance {
    bool was_there;       /* false: it had ended already, or was not ours */
    int64_t microseconds; /* that it lasted */
    int64_t requests;     /* that the edge answered 503; -1: its log does not say */
} FaMaintenance;

/* Ends the one that was begun for @purpose. */
bool fa_maintenance_end(const FaLayout *layout, const char *log, const char *purpose,
                        FaMaintenance *ret_ended, GError **error);

/* How many lines of @log from @offset on say that @environment (ENV.SITE) answered 503; -1 when it cannot be read. */
int64_t fa_maintenance_count(const char *log, int64_t offset, const char *environment);
