#pragma once
/*
 * The same for many things, on as many threads as the machine has processors, the caller's among them.
 *
 * The order in which they are done is not said. @func may be called by several threads at once, for another @index
 * each. For few things a thread costs more than it saves: there is one for each @worth of them.
 */
#include <stddef.h>

typedef void (*FaParallelFunc)(size_t index, void *data);

void fa_parallel_run(size_t count, size_t worth, FaParallelFunc func, void *data);
