#include "domain/settings.h"

#include <string.h>

#include "base/text.h"

#define SECRET_PREFIX "secret:"

typedef enum State { STATE_NEW, STATE_OPEN, STATE_DONE } State;

/* A value on its way: FaValue first, so that one is the other. */
typedef struct Entry {
    FaValue value;
    State state;
} Entry;

struct FaValues {
    const FaProduct *product;
    GHashTable
        *by_name; /* "component.setting", or the bare name of what every component sees, to Entry */
    FaScope *all; /* the same names, with what they expand to */
};

typedef struct Resolver {
    FaValues *values;
    const FaProduct *product;
    FaDiags *diags;
    GPtrArray *path; /* of Entry: those that wait for the one at hand */
    bool is_partial; /* without site and environment: what has no value yet may get one later */
} Resolver;

static const char *const origins[] = {
    [FA_ORIGIN_BUILT_IN] = "built-in",
    [FA_ORIGIN_COMPONENT] = "component",
    [FA_ORIGIN_INHERITED] = "inherited",
    [FA_ORIGIN_PRODUCT] = "product",
    [FA_ORIGIN_SITE] = "site",
    [FA_ORIGIN_ENVIRONMENT] = "environment",
    [FA_ORIGIN_COMMAND_LINE] = "command line",
};

const char *
fa_origin_to_string(FaOrigin origin)
{
    return origins[origin];
}

static void
entry_free(gpointer data)
{
    Entry *entry = data;
    g_free(entry->value.component);
    g_free(entry->value.setting);
    g_free(entry->value.raw);
    g_free(entry->value.text);
    g_free(entry);
}

void
fa_values_free(FaValues *values)
{
    if (values == NULL)
        return;
    g_hash_table_unref(values->by_name);
    fa_scope_free(values->all);
    g_free(values);
}

static Entry *
find(const FaValues *values, const char *component, const char *setting)
{
    g_autofree char *full = g_strconcat(component, ".", setting, NULL);
    return g_hash_table_lookup(values->by_name, full);
}

/* NULL when exactly this was said before: one list may be used for several environments. */
static FaDiag *
say(Resolver *resolver, const FaPlace *place, char *message)
{
    g_autofree char *owned = message;
    for (size_t i = 0; i < fa_diags_length(resolver->diags); i++) {
        const FaDiag *diag = fa_diags_get(resolver->diags, i);
        if (diag->place.line == place->line && diag->place.column == place->column &&
            g_strcmp0(diag->place.file, place->file) == 0 && strcmp(diag->message, owned) == 0)
            return NULL;
    }
    return fa_diags_error(resolver->diags, place, "%s", owned);
}

static void
suggest(FaDiag *diag, const char *word, const char *const *words)
{
    const char *nearest = fa_text_nearest(word, words);
    if (diag != NULL && nearest != NULL)
        fa_diag_help(diag, "did you mean '%s'?", nearest);
}

static void
declare(Resolver *resolver, const FaRecipe *recipe, const FaSetting *setting)
{
    Entry *entry = g_new0(Entry, 1);
    char *name = g_strconcat(recipe->name, ".", setting->name, NULL);

    entry->value = (FaValue){
        .component = g_strdup(recipe->name),
        .setting = g_strdup(setting->name),
        .raw = g_strdup(setting->value.text),
        .origin = FA_ORIGIN_COMPONENT,
        .place = setting->value.text != NULL ? setting->value.place : setting->place,
        .declared = setting,
    };
    fa_scope_set(resolver->values->all, name, NULL);
    g_hash_table_replace(resolver->values->by_name, name, entry);
}

static void
declare_built_in(FaValues *values, const char *name, const char *text)
{
    Entry *entry = g_new0(Entry, 1);
    const char *dot = strchr(name, '.');

    entry->state = STATE_DONE;
    entry->value.component = dot != NULL ? g_strndup(name, (size_t)(dot - name)) : NULL;
    entry->value.setting = g_strdup(dot != NULL ? dot + 1 : name);
    entry->value.raw = g_strdup(text);
    entry->value.text = g_strdup(text);
    entry->value.origin = FA_ORIGIN_BUILT_IN;
    g_hash_table_replace(values->by_name, g_strdup(name), entry);
}

static void
set_given(Entry *entry, const FaGiven *given, FaOrigin origin)
{
    g_free(entry->value.raw);
    entry->value.raw = g_strdup(given->value.text);
    entry->value.origin = origin;
    entry->value.place = given->value.place;
}

static bool
is_declared(const Entry *entry)
{
    return entry != NULL && entry->value.declared != NULL;
}

static void
give_one(Resolver *resolver, const FaGiven *given, FaOrigin origin)
{
    const FaRecipe *recipe = fa_product_find_component(resolver->product, given->component);
    if (recipe == NULL) {
        g_autofree const char **names = fa_product_component_names(resolver->product);
        suggest(say(resolver, &given->value.place,
                    g_strdup_printf("there is no component '%s'", given->component)),
                given->component, names);
        return;
    }
    Entry *entry = find(resolver->values, given->component, given->setting);
    if (is_declared(entry)) {
        set_given(entry, given, origin);
        return;
    }
    g_autofree const char **names = g_new0(const char *, recipe->settings->len + 1);
    for (unsigned i = 0; i < recipe->settings->len; i++)
        names[i] = ((const FaSetting *)g_ptr_array_index(recipe->settings, i))->name;
    suggest(say(resolver, &given->value.place,
                g_strdup_printf("'%s' has no setting '%s'", given->component, given->setting)),
            given->setting, names);
}

static void
give_all(Resolver *resolver, const FaGiven *given, FaOrigin origin)
{
    bool is_used = false;

    for (unsigned i = 0; i < resolver->product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(resolver->product->components, i);
        Entry *entry = find(resolver->values, recipe->name, given->setting);
        if (!is_declared(entry))
            continue;
        set_given(entry, given, origin);
        is_used = true;
    }
    if (!is_used)
        say(resolver, &given->value.place,
            g_strdup_printf("no component has a setting '%s'", given->setting));
}

/* What is given for every component first: what is given for one beats it in the same place. */
static void
give(Resolver *resolver, const GPtrArray *list, FaOrigin origin)
{
    for (int pass = 0; list != NULL && pass < 2; pass++) {
        for (unsigned i = 0; i < list->len; i++) {
            const FaGiven *given = g_ptr_array_index(list, i);
            bool is_for_all = strcmp(given->component, "*") == 0;
            if (pass == 0 && is_for_all)
                give_all(resolver, given, origin);
            else if (pass == 1 && !is_for_all)
                give_one(resolver, given, origin);
        }
    }
}

static bool
is_number(const char *text)
{
    const char *at = text + (*text == '-');
    size_t whole = strspn(at, "0123456789");
    if (whole == 0)
        return false;
    at += whole;
    if (*at == '.') {
        size_t part = strspn(at + 1, "0123456789");
        at += part > 0 ? part + 1 : 0;
    }
    return *at == '\0';
}

/* (nullable) What is expected where @text is wrong. */
static const char *
expected(FaSettingType type, const char *text)
{
    bool ignored;
    switch (type) {
    case FA_SETTING_TEXT:
        return NULL;
    case FA_SETTING_NUMBER:
        return is_number(text) ? NULL : "a number";
    case FA_SETTING_BOOLEAN:
        return fa_parse_bool(text, &ignored) ? NULL : "true or false";
    case FA_SETTING_PATH:
        return *text != '\0' && strpbrk(text, "\n\r") == NULL ? NULL : "a path";
    case FA_SETTING_SECRET:
        return g_str_has_prefix(text, SECRET_PREFIX) &&
                       fa_text_is_name(text + strlen(SECRET_PREFIX))
                   ? NULL
                   : "a reference 'secret:NAME'";
    }
    g_assert_not_reached();
}

static void
check_value(Resolver *resolver, const FaValue *value)
{
    const FaSetting *setting = value->declared;
    const char *wanted = expected(setting->type, value->text);

    if (wanted != NULL) {
        /* What was written in place of a reference is perhaps the secret itself: it is not repeated. */
        bool is_secret = setting->type == FA_SETTING_SECRET;
        char *message = is_secret
                            ? g_strdup_printf("the value of '%s.%s' is not %s", value->component,
                                              value->setting, wanted)
                            : g_strdup_printf("'%s' is not %s, as '%s.%s' must be", value->text,
                                              wanted, value->component, value->setting);
        FaDiag *diag = say(resolver, &value->place, message);
        if (diag != NULL && is_secret)
            fa_diag_hide_line(diag);
        if (diag != NULL && is_secret)
            fa_diag_help(diag, "list the name under 'secrets:'; its value is made once for each "
                               "environment and never written here");
        return;
    }
    if (setting->type != FA_SETTING_SECRET && g_str_has_prefix(value->text, SECRET_PREFIX)) {
        FaDiag *diag =
            say(resolver, &value->place,
                g_strdup_printf("'%s.%s' cannot hold a secret", value->component, value->setting));
        if (diag != NULL)
            fa_diag_help(diag, "say 'type: secret' where the setting is declared");
        return;
    }
    if (setting->choices != NULL &&
        !g_strv_contains((const char *const *)setting->choices, value->text)) {
        g_autofree char *words = g_strjoinv("', '", setting->choices);
        FaDiag *diag = say(resolver, &value->place,
                           g_strdup_printf("'%s' is not a choice of '%s.%s'", value->text,
                                           value->component, value->setting));
        if (diag != NULL)
            fa_diag_help(diag, "one of '%s'", words);
    }
}

static void resolve(Resolver *resolver, Entry *entry);

static void
say_cycle(Resolver *resolver, const Entry *again)
{
    g_autoptr(GString) members = g_string_new(NULL);
    bool is_inside = false;

    for (unsigned i = 0; i < resolver->path->len; i++) {
        const Entry *entry = g_ptr_array_index(resolver->path, i);
        is_inside = is_inside || entry == again;
        if (is_inside)
            g_string_append_printf(members, "'%s.%s' uses ", entry->value.component,
                                   entry->value.setting);
    }
    const Entry *last = g_ptr_array_index(resolver->path, resolver->path->len - 1);
    say(resolver, &last->value.place,
        g_strdup_printf("%s'%s.%s'", members->str, again->value.component, again->value.setting));
}

/* False when @entry is one of those that wait for it. */
static bool
need(Resolver *resolver, Entry *entry)
{
    if (entry->state == STATE_OPEN) {
        say_cycle(resolver, entry);
        return false;
    }
    if (entry->state == STATE_NEW)
        resolve(resolver, entry);
    return true;
}

static bool
need_names(Resolver *resolver, const FaValue *value)
{
    g_autoptr(GPtrArray) names = fa_template_names(value->raw);

    for (unsigned i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        Entry *entry = find(resolver->values, value->component, name);
        if (entry == NULL)
            entry = g_hash_table_lookup(resolver->values->by_name, name);
        if (entry != NULL && !need(resolver, entry))
            return false;
    }
    return true;
}

static void
inherit(Resolver *resolver, Entry *entry)
{
    FaValue *value = &entry->value;
    if (value->origin != FA_ORIGIN_COMPONENT || value->declared->inherit == NULL)
        return;
    Entry *source = g_hash_table_lookup(resolver->values->by_name, value->declared->inherit);
    if (source == NULL) {
        say(resolver, &value->declared->place,
            g_strdup_printf("'%s.%s' inherits from '%s', which does not exist", value->component,
                            value->setting, value->declared->inherit));
        return;
    }
    if (!need(resolver, source) || source->value.text == NULL)
        return;
    g_free(value->raw);
    value->raw = g_strdup_printf("${%s}", value->declared->inherit);
    value->origin = FA_ORIGIN_INHERITED;
    value->place = source->value.place;
}

static void
expand(Resolver *resolver, Entry *entry)
{
    FaValue *value = &entry->value;
    if (value->raw == NULL) {
        if (resolver->is_partial)
            return;
        FaDiag *diag =
            say(resolver, &value->place,
                g_strdup_printf("'%s.%s' has no value", value->component, value->setting));
        if (diag != NULL)
            fa_diag_help(diag, "give it under 'settings:' in fassembler.yaml, or of a site");
        return;
    }
    if (!need_names(resolver, value))
        return;
    g_autoptr(FaDiags) unsaid = fa_diags_new();
    g_autoptr(FaScope) scope = fa_scope_new_view(resolver->values->all, value->component);
    value->text = fa_template_expand(value->raw, &value->place, scope, unsaid);
    for (size_t i = 0; i < fa_diags_length(unsaid) && !resolver->is_partial; i++) {
        const FaDiag *diag = fa_diags_get(unsaid, i);
        FaDiag *said = say(resolver, &diag->place, g_strdup(diag->message));
        if (said == NULL)
            continue;
        said->length = diag->length;
        if (diag->help != NULL)
            fa_diag_help(said, "%s", diag->help);
    }
    if (value->text != NULL)
        check_value(resolver, value);
}

static void
resolve(Resolver *resolver, Entry *entry)
{
    entry->state = STATE_OPEN;
    g_ptr_array_add(resolver->path, entry);
    inherit(resolver, entry);
    expand(resolver, entry);
    g_ptr_array_set_size(resolver->path, (int)resolver->path->len - 1);
    entry->state = STATE_DONE;

    g_autofree char *name = g_strconcat(entry->value.component, ".", entry->value.setting, NULL);
    fa_scope_set(resolver->values->all, name, entry->value.text);
}

static void
for_each_setting(Resolver *resolver, void (*act)(Resolver *, const FaRecipe *, const FaSetting *))
{
    for (unsigned i = 0; i < resolver->product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(resolver->product->components, i);
        for (unsigned j = 0; j < recipe->settings->len; j++)
            act(resolver, recipe, g_ptr_array_index(recipe->settings, j));
    }
}

static void
resolve_declared(Resolver *resolver, const FaRecipe *recipe, const FaSetting *setting)
{
    Entry *entry = find(resolver->values, recipe->name, setting->name);
    if (entry->state == STATE_NEW)
        resolve(resolver, entry);
}

FaValues *
fa_values_resolve(const FaProduct *product, const FaSiteSpec *site,
                  const FaEnvironmentSpec *environment, const GPtrArray *command_line,
                  const FaScope *built_in, FaDiags *diags)
{
    FaValues *values = g_new0(FaValues, 1);
    g_autoptr(GPtrArray) path = g_ptr_array_new();
    Resolver resolver = {.values = values,
                         .product = product,
                         .diags = diags,
                         .path = path,
                         .is_partial = site == NULL || environment == NULL};

    values->product = product;
    values->all = built_in != NULL ? fa_scope_copy(built_in) : fa_scope_new();
    values->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    g_autoptr(GPtrArray) names = fa_scope_names(values->all);
    for (unsigned i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        const char *text = fa_scope_get(values->all, name);
        if (text != NULL)
            declare_built_in(values, name, text);
    }
    for_each_setting(&resolver, declare);
    give(&resolver, product->given, FA_ORIGIN_PRODUCT);
    if (site != NULL)
        give(&resolver, site->given, FA_ORIGIN_SITE);
    if (site != NULL && environment != NULL)
        give(&resolver, g_hash_table_lookup(site->environments, environment->name),
             FA_ORIGIN_ENVIRONMENT);
    give(&resolver, command_line, FA_ORIGIN_COMMAND_LINE);
    for_each_setting(&resolver, resolve_declared);
    return values;
}

const FaValue *
fa_values_get(const FaValues *values, const char *component, const char *setting)
{
    const Entry *entry = find(values, component, setting);
    if (entry == NULL)
        entry = g_hash_table_lookup(values->by_name, setting);
    return entry != NULL ? &entry->value : NULL;
}

GPtrArray *
fa_values_list(const FaValues *values, const char *component)
{
    GPtrArray *list = g_ptr_array_new();
    const FaRecipe *recipe = fa_product_find_component(values->product, component);

    for (unsigned i = 0; recipe != NULL && i < recipe->settings->len; i++) {
        const FaSetting *setting = g_ptr_array_index(recipe->settings, i);
        g_ptr_array_add(list, find(values, component, setting->name));
    }
    return list;
}

FaScope *
fa_values_scope(const FaValues *values, const char *component)
{
    return fa_scope_new_view(values->all, component);
}
