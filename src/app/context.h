#pragma once
/*
 * Where a command works: the product folder around it and the home that holds what is built and run. Things are wired
 * together here; everything else in app/ is given a context.
 *
 * The product is the nearest folder, from the working directory up, that holds fassembler.yaml. The home is the one given,
 * else $FASSEMBLER_HOME, else `home` beside fassembler.yaml if it is there, else /srv/fassembler.
 *
 * Root who works in a home of somebody else goes on as that user, so that nothing in it becomes root's.
 */
#include <glib.h>
#include <stdbool.h>

#include "base/diag.h"
#include "domain/product.h"

typedef struct FaContext FaContext;

/*
 * (transfer full) (nullable) Finds the product and reads all its files. @home may be NULL. NOT_FOUND when there is no
 * product around. Mistakes in its files are in the diags, not an error; the product then holds what could be read.
 */
FaContext *fa_context_open(const char *home, GError **error);
void fa_context_free(FaContext *context);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaContext, fa_context_free)

/* (transfer full) The home that would be worked in, with or without a product around. */
char *fa_context_find_home(const char *given);

const FaProduct *fa_context_get_product(const FaContext *context);
const char *fa_context_get_home(const FaContext *context);
/* What the home's store.yaml says; empty where there is none. */
const FaStoreSpec *fa_context_get_home_store(const FaContext *context);
/*
 * (transfer full) (nullable) The same home and actor, with the product as it is in @directory: its components, recipes and
 * files; sites, environments and all that belongs to this host are as in @context. @label is what it is called; where
 * @is_frozen, its sources are exactly what its lock says.
 */
FaContext *fa_context_open_release(const FaContext *context, const char *directory,
                                   const char *label, bool is_frozen, GError **error);

/* What is worked with: a label, the product's version where it has one, else "trunk". */
const char *fa_context_get_release(const FaContext *context);
/* Who an event is recorded for: who is acted for (app/acting.h), else the user who began the command, before root went on as the home's owner. */
const char *fa_context_get_actor(const FaContext *context);
/* (transfer none) What was wrong with the files so far; later steps add theirs. */
FaDiags *fa_context_get_diags(FaContext *context);
/* False with CONFIG, the whole listing as its message, when there is any mistake. */
bool fa_context_check(const FaContext *context, GError **error);

/* (transfer full) Every ENVIRONMENT.SITE of the product, NULL-ended. */
char **fa_context_list_environments(const FaContext *context);
/* (transfer full) Those of them that the home has something of. */
char **fa_context_list_in_home(const FaContext *context);

/* CONFIG for a path that cannot be written into commands; DENIED, with the ways on, unless files can be made in the home, or the home itself where it is to be. */
bool fa_context_require_home(const FaContext *context, GError **error);

/* (transfer none) (nullable) NOT_FOUND, with the nearest name or all of them. */
const FaRecipe *fa_context_find_component(const FaContext *context, const char *name,
                                          GError **error);

/* One environment of one site. Borrowed from the product. */
typedef struct FaChoice {
    const FaSiteSpec *site;
    const FaEnvironmentSpec *environment;
} FaChoice;

/*
 * Reads @name, written ENVIRONMENT.SITE; NULL means the only one of the product, else the only one in the home. USAGE when it is not of that form or
 * when there are several, NOT_FOUND with the nearest name when there is no such site or environment.
 */
bool fa_context_choose(const FaContext *context, const char *name, FaChoice *ret_choice,
                       GError **error);
