#pragma once
/*
 * The tests of components: unit tests of what was built, functional tests of a running environment.
 */
#include <stdbool.h>

#include "app/assemble.h"

typedef struct FaTested {
    const char *component;
    const char *kind; /* "unit", "functional" */
    const char *text; /* the command as written */
    int status;       /* 0: passed */
    int64_t elapsed;  /* microseconds */
    const char *output;
} FaTested;

typedef struct FaTestOptions {
    FaAssembleOptions assemble;
    const char *const *components; /* NULL-ended; empty: all */
    bool unit;
    bool functional;
    /* Told of each test when it has ended. */
    void (*tested)(const FaTested *test, void *data);
    void *data;
} FaTestOptions;

typedef struct FaTestCount {
    unsigned passed;
    unsigned failed;
} FaTestCount;

/*
 * Builds what is missing and runs the tests, one after the other. True also when tests failed: @ret_count tells. NOT_FOUND
 * for an unknown component; functional tests want a running environment: UNREACHABLE without.
 */
bool fa_test(FaContext *context, const FaChoice *choice, const FaTestOptions *options,
             FaTestCount *ret_count, GError **error);
