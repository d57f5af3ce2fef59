#pragma once
/*
 * For tests of folds: events out of a few words, at the next position, an hour after the one before.
 */
#include <glib.h>

#include "domain/decision.h"
#include "domain/release.h"

#define FOLD_START 1700000000

static const FaAsker fold_asker = {.actor = "ana", .now = FOLD_START};

static inline FaEvent
fold_event(uint64_t position, const char *kind, const char *subject, const char *payload)
{
    return (FaEvent){.position = position,
                     .time = FOLD_START + (FaTime)position * 3600,
                     .actor = "ana",
                     .kind = kind,
                     .version = 1,
                     .subject = subject,
                     .payload = payload};
}

/* What a decision says must be what its kind demands. */
static inline void
fold_check(const FaEvent *event)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *payload = NULL;
    fa_event_check(event, true, &payload, &error);
    g_assert_no_error(error);
}

static inline const char *
fold_reasons(const FaDecision *decision, GString *text)
{
    g_string_truncate(text, 0);
    for (guint i = 0; i < decision->reasons->len; i++) {
        const FaReason *reason = g_ptr_array_index(decision->reasons, i);
        g_string_append_printf(text, "%s%s %s", i > 0 ? ", " : "",
                               fa_reason_code_to_string(reason->code), reason->subject);
    }
    return text->str;
}
