#pragma once
/*
 * What commands that show notes share.
 */
#include "app/note.h"
#include "cli/answer.h"

/* One line a note, by component; nothing when there are none. */
bool fa_note_text_print(const FaNotesFound *found, GError **error);
/* Warns of what migrates without a note, and of histories that cannot be read. */
void fa_note_text_warn(const FaInvocation *invocation, const FaNotesFound *found);
/* Sets "notes" and "missing" of @document. */
void fa_note_text_describe(JsonObject *document, const FaNotesFound *found);
/* (transfer full) One line: "tasktracker (migration): 001-due adds a column". */
char *fa_note_text_line(const FaNote *note);
