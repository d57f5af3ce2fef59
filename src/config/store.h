#pragma once
/*
 * Where builds that others made are pulled from: `store` in fassembler.yaml, and the file store.yaml of a home.
 */
#include "config/schema.h"
#include "domain/product.h"

/* NULL-ended, in the order of the reference. */
extern const FaSchema *const fa_store_schemas[];

/* Fills in @store. A relative path in it is relative to @directory. */
void fa_config_read_store(const FaYaml *value, const char *directory, FaStoreSpec *store,
                          FaDiags *diags);
/* Fills in @store from @home's store.yaml, where there is one that can be read. */
bool fa_config_load_store(const char *home, FaStoreSpec *store, FaDiags *diags, GError **error);
