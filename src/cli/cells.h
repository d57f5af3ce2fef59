#pragma once
/*
 * What is in the cells of tables and in lines for people, made of the documents that `view` makes: moments as how long ago
 * they were, revisions as their first digits.
 */
#include "base/json.h"
#include "base/time.h"
#include "cli/command.h"

/* (transfer none) The member, or "". */
const char *fa_cell_text(JsonObject *object, const char *member);
/* (transfer full) "5 min ago"; "" when there is no such moment. */
char *fa_cell_ago(JsonObject *object, const char *member, FaTime now);
/* (transfer full) "2026-11-25 13:27", in UTC; "" when there is no such moment. */
char *fa_cell_minute(JsonObject *object, const char *member);
/* (transfer full) Of a digest or a commit, however it is said, twelve digits; of anything else (nullable) all of it. */
char *fa_cell_revision(const char *revision);
/* (transfer full) Of a text of several lines the first, without the words that announce the others. */
char *fa_cell_first_line(const char *text);
