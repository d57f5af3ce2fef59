#pragma once
/*
 * An event as a document: { "position", "time", "actor", "kind", "version", "subject", "payload": {}, "hash" }.
 */
#include "base/json.h"
#include "domain/event.h"

/* (transfer full) */
JsonObject *fa_view_event(const FaEvent *event);
