#pragma once
/*
 * The answer of a command, which is all that goes to stdout. A stdout that cannot be written (a full disk) fails the
 * command; a reader that has left ends it silently, as SIGPIPE does.
 */
#include "base/json.h"
#include "cli/command.h"
#include "cli/table.h"

bool fa_answer_text(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Indented, for one document. */
bool fa_answer_json(JsonObject *object, GError **error);
bool fa_answer_json_node(JsonNode *node, GError **error);
/* As wide as the terminal, coloured if @invocation says so. */
bool fa_answer_table(const FaInvocation *invocation, const FaTable *table, GError **error);
/* The sign before what is well or is not, in characters that the locale has. */
const char *fa_answer_mark(bool is_good);
/* To stderr, however quiet it is to be; nothing for NULL. */
void fa_warn(const FaInvocation *invocation, const char *warning);
/* To stderr, unless --quiet: what was done, what to do next. */
void fa_say(const FaInvocation *invocation, const char *format, ...) G_GNUC_PRINTF(2, 3);
