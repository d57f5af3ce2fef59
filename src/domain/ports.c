#include "domain/ports.h"

#include <string.h>

#define PORT_MAX 65535

typedef struct Range {
    unsigned first;
    const FaSiteSpec *site;
    const FaEnvironmentSpec *environment;
} Range;

unsigned
fa_ports_get(const FaSiteSpec *site, const FaEnvironmentSpec *environment, unsigned slot,
             unsigned offset)
{
    return site->base_port + environment->ports + slot * FA_PORTS_PER_SLOT + offset;
}

/* The components with a port of their own; two may not claim the same. */
static bool
take_claims(const FaProduct *product, FaDiags *diags, const FaRecipe **holders)
{
    bool is_right = true;

    for (unsigned i = 0; i < product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(product->components, i);
        if (recipe->port_offset < 0)
            continue;
        if (recipe->port_offset >= FA_PORTS_PER_SLOT) {
            fa_diags_error(diags, &recipe->place, "port %d of '%s' is not between 0 and %d",
                           recipe->port_offset, recipe->name, FA_PORTS_PER_SLOT - 1);
            is_right = false;
            continue;
        }
        const FaRecipe *holder = holders[recipe->port_offset];
        if (holder != NULL) {
            FaDiag *diag = fa_diags_error(diags, &recipe->place, "'%s' and '%s' both claim port %d",
                                          holder->name, recipe->name, recipe->port_offset);
            fa_diag_note(diag, &holder->place, "'%s' is here", holder->name);
            fa_diag_help(diag, "without 'port:' a component gets the next free one");
            is_right = false;
            continue;
        }
        holders[recipe->port_offset] = recipe;
    }
    return is_right;
}

static bool
give_rest(const FaProduct *product, FaDiags *diags, const FaRecipe **holders)
{
    unsigned next = 0;

    for (unsigned i = 0; i < product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(product->components, i);
        /* Only what runs listens; a component without processes would use up the few ports there are. */
        if (recipe->port_offset >= 0 || recipe->processes->len == 0)
            continue;
        while (next < FA_PORTS_PER_SLOT && holders[next] != NULL)
            next++;
        if (next == FA_PORTS_PER_SLOT) {
            fa_diags_error(diags, &recipe->place,
                           "there is no port left for '%s': an environment has %d of them",
                           recipe->name, FA_PORTS_PER_SLOT);
            return false;
        }
        holders[next] = recipe;
    }
    return true;
}

static int
compare_ranges(gconstpointer a, gconstpointer b)
{
    const Range *left = a;
    const Range *right = b;
    return (left->first > right->first) - (left->first < right->first);
}

static bool
check_ranges(const FaProduct *product, FaDiags *diags)
{
    g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(Range));
    bool is_right = true;

    for (unsigned i = 0; i < product->sites->len; i++) {
        for (unsigned j = 0; j < product->environments->len; j++) {
            Range range = {.site = g_ptr_array_index(product->sites, i),
                           .environment = g_ptr_array_index(product->environments, j)};
            range.first = fa_ports_get(range.site, range.environment, 0, 0);
            g_array_append_val(ranges, range);
            if (range.first > PORT_MAX - FA_PORTS_PER_ENVIRONMENT + 1) {
                fa_diags_error(diags, &range.site->place, "the ports of '%s.%s' end above %d",
                               range.environment->name, range.site->name, PORT_MAX);
                is_right = false;
            }
        }
    }
    g_array_sort(ranges, compare_ranges);
    for (unsigned i = 1; i < ranges->len; i++) {
        const Range *left = &g_array_index(ranges, Range, i - 1);
        const Range *right = &g_array_index(ranges, Range, i);
        if (right->first - left->first >= FA_PORTS_PER_ENVIRONMENT)
            continue;
        FaDiag *diag = fa_diags_error(diags, &right->environment->place,
                                      "'%s.%s' and '%s.%s' share ports, from %u on",
                                      left->environment->name, left->site->name,
                                      right->environment->name, right->site->name, right->first);
        fa_diag_note(diag, &right->site->place, "with the base port of this site");
        fa_diag_help(diag, "each environment of each site has %d ports of its own",
                     FA_PORTS_PER_ENVIRONMENT);
        is_right = false;
    }
    return is_right;
}

bool
fa_ports_assign(const FaProduct *product, FaDiags *diags, GHashTable **ret_offsets)
{
    const FaRecipe *holders[FA_PORTS_PER_SLOT] = {0};
    bool is_right = take_claims(product, diags, holders);
    is_right = give_rest(product, diags, holders) && is_right;
    is_right = check_ranges(product, diags) && is_right;
    if (!is_right)
        return false;

    GHashTable *offsets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (unsigned i = 0; i < FA_PORTS_PER_SLOT; i++) {
        if (holders[i] != NULL)
            g_hash_table_insert(offsets, g_strdup(holders[i]->name), GUINT_TO_POINTER(i));
    }
    *ret_offsets = offsets;
    return true;
}
