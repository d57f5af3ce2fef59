#pragma once
/*
 * The part of a plan that is pulled: which components others built already, and fetching those, several at once.
 */
#include "app/assemble.h"
#include "app/pulls.h"

/*
 * (transfer full) (nullable) What is to be built in @plan (of FaAssembled) and is found where builds are pulled from becomes
 * FA_PLAN_PULL.
 */
FaPulls *fa_pull_plan_find(const FaContext *context, const FaAssembleOptions *options,
                           GPtrArray *plan, GError **error);
/*
 * What was pulled becomes FA_PLAN_THERE; what could not be had is told and becomes FA_PLAN_BUILD. Two runs that want the
 * same share the work. Only CANCELLED is an error.
 */
bool fa_pull_plan_run(FaPulls *pulls, FaStore *store, const FaAssembleOptions *options,
                      GPtrArray *plan, GError **error);
