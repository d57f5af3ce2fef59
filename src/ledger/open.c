#include <string.h>

#include "ledger/backend.h"

FaLedger *
fa_ledger_open(const char *address, bool make, GError **error)
{
    if (strcmp(address, FA_LEDGER_MEMORY) == 0)
        return fa_ledger_open_memory();
    return fa_ledger_open_sqlite(address, make, error);
}
