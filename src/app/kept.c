#include "app/kept.h"

void
fa_kept_key(const char *what, const FaDigest *tree, FaDigest *ret_key)
{
    g_autoptr(FaKeyHasher) hasher = fa_key_hasher_new(what);
    fa_key_hasher_add_digest(hasher, "tree", tree);
    fa_key_hasher_finish(hasher, ret_key);
}

bool
fa_kept_source_is_there(FaStore *store, const FaDigest *tree)
{
    FaDigest key;
    fa_kept_key(FA_KEPT_SOURCE, tree, &key);
    return fa_store_lookup(store, &key, NULL, NULL);
}
