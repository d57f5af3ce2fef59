#pragma once
/*
 * What a supplier is inside this folder: a fetcher.
 */
#include "store/fetch.h"
#include "store/store.h"

/* (transfer none) */
FaFetcher *fa_supplier_get_fetcher(FaSupplier *supplier);
