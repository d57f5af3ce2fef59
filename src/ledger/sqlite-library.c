#include "ledger/sqlite-library.h"

#include <dlfcn.h>

#include "base/error.h"

#define LIBRARY "libsqlite3.so.0"

static bool
find_all(FaSqliteLibrary *library)
{
    const struct {
        void *slot;
        const char *name;
    } symbols[] = {
#define FIND(name) {&library->name, "sqlite3_" #name},
        FA_SQLITE_FUNCTIONS(FIND)
#undef FIND
    };
    for (size_t i = 0; i < G_N_ELEMENTS(symbols); i++) {
        void *found = dlsym(library->handle, symbols[i].name);
        if (found == NULL)
            return false;
        *(void **)symbols[i].slot = found;
    }
    return true;
}

bool
fa_sqlite_library_load(FaSqliteLibrary *library, GError **error)
{
    library->handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library->handle != NULL && find_all(library))
        return true;
    const char *why = dlerror();
    return fa_fail(error, FA_ERROR_FAILED, "cannot load '%s': %s", LIBRARY,
                   why != NULL ? why : "it is too old");
}

void
fa_sqlite_library_clear(FaSqliteLibrary *library)
{
    if (library->handle != NULL)
        dlclose(library->handle);
    library->handle = NULL;
}
