#pragma once
/*
 * What a setting's value is and where it came from.
 *
 * Later beats earlier: built-in < component (the recipe's default) < product < site < environment < command line.
 * A value may use other settings, `${setting}` or `${component.setting}`; a cycle is a mistake that names its members.
 */
#include <glib.h>
#include <stdbool.h>
#include "base/diag.h"
#include "domain/product.h"
#include "domain/template.h"

typedef enum FaOrigin {
    FA_ORIGIN_BUILT_IN,
    FA_ORIGIN_COMPONENT,
    FA_ORIGIN_INHERITED, /* from another component's setting */
    FA_ORIGIN_PRODUCT,
    FA_ORIGIN_SITE,
    FA_ORIGIN_ENVIRONMENT,
    FA_ORIGIN_COMMAND_LINE,
} FaOrigin;

typedef struct FaValue {
    char *component;
    char *setting;
    char *raw;  /* as written */
    char *text; /* (nullable) expanded; NULL when it has none */
    FaOrigin origin;
    FaPlace place;
    const FaSetting *declared; /* (nullable) NULL for built-in names */
} FaValue;

typedef struct FaValues FaValues;

/*
 * (transfer full) (not nullable) All settings of all components of @product for one environment of one site. @site and
 * @environment may be NULL (building needs neither unless a recipe reads them). @command_line: of FaGiven (nullable).
 * @built_in: names that every component sees (domain, host, url, home ...) and COMPONENT.NAME for single ones (port,
 * out, var ...). A command line or file cannot change them. Without site or environment a setting may be without a
 * value, and one that uses names not known yet has none. @product must outlive the answer. A mistake that @diags holds
 * already is not added again, so that one list serves many environments. Mistakes (unknown setting, wrong type, missing value, cycle) go to @diags.
 */
FaValues *fa_values_resolve(const FaProduct *product, const FaSiteSpec *site,
                            const FaEnvironmentSpec *environment, const GPtrArray *command_line,
                            const FaScope *built_in, FaDiags *diags);
void fa_values_free(FaValues *values);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaValues, fa_values_free)
/* (transfer none) (nullable) Its setting, else what is built in for it, else what every component sees. */
const FaValue *fa_values_get(const FaValues *values, const char *component, const char *setting);
/* (transfer container) of FaValue, in the recipe's order. */
GPtrArray *fa_values_list(const FaValues *values, const char *component);
/* (transfer full) What templates of @component see: its own settings by bare name, all others as COMPONENT.NAME. It
 * reads from @values, which must outlive it. */
FaScope *fa_values_scope(const FaValues *values, const char *component);
const char *fa_origin_to_string(FaOrigin origin);
