#pragma once
/*
 * Templates: text with names to fill in. Logic-less but for `for` and `if` lines; no file, no clock, no shell.
 *
 *   ${name}            the value of a name; dotted names reach into others: ${mariadb.socket}
 *   ${name:-text}      text when the name has no value
 *   $${                a literal "${"
 *   %%%                at the start of a line: a literal "%%"
 *   %% for NAME in LIST / %% if NAME / %% if not NAME / %% else / %% end     on lines of their own
 *
 * `$word` without braces is left as it is (nginx, the shell). Every mistake has its line and column. Limits: 1 MiB of
 * result, 16 levels of blocks, 100,000 expansions. `if` asks whether the name has a value other than the empty text, a
 * word for false (`no`, `off`, `false`, `0`) and the empty list; a name that does not exist has none.
 */
#include <glib.h>
#include <stdbool.h>
#include "base/diag.h"

/* Values by name. A value is a text or a list of scopes; (nullable) answers mean "no such name". */
typedef struct FaScope FaScope;
FaScope *fa_scope_new(void);
void fa_scope_free(FaScope *scope);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaScope, fa_scope_free)
/* Looks in itself, then for "@prefix.NAME" in @parent, then for NAME in @parent, which must outlive it. */
FaScope *fa_scope_new_view(const FaScope *parent, const char *prefix);
/* (transfer full) Shares the items of the lists with @scope. The parent of a view stays its parent. */
FaScope *fa_scope_copy(const FaScope *scope);
/* A NULL @value: the name is known, and has no value. */
void fa_scope_set(FaScope *scope, const char *name, const char *value);
/* (transfer full) for @item; makes the list when it is not there yet. */
void fa_scope_append(FaScope *scope, const char *list, FaScope *item);
void fa_scope_ensure_list(FaScope *scope, const char *list);
/* (transfer none) (nullable) */
const char *fa_scope_get(const FaScope *scope, const char *name);
/* (transfer none) (nullable) of FaScope */
const GPtrArray *fa_scope_get_list(const FaScope *scope, const char *name);
/* True for texts (with or without a value) and lists. */
bool fa_scope_has(const FaScope *scope, const char *name);
/* (transfer container) The names of all texts and lists, sorted; those of a view as seen from the view. */
GPtrArray *fa_scope_names(const FaScope *scope);

/* (transfer full) (nullable) NULL when there were mistakes; unknown names get the nearest known one as help. */
char *fa_template_expand(const char *text, const FaPlace *place, const FaScope *scope,
                         FaDiags *diags);
/* (transfer full) The names that @text reads, sorted, each once; needs no scope. */
GPtrArray *fa_template_names(const char *text);
/* (transfer full) A template that expands to @text. */
char *fa_template_escape(const char *text);
