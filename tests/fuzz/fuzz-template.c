#include "fuzz.h"

#include "domain/template.h"

/* Laws: any text expands or is refused with a reason; escaped, it expands to itself. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    g_autofree char *text = g_strndup((const char *)bytes, length);
    g_autoptr(FaScope) scope = fa_scope_new();
    g_autoptr(FaDiags) diags = fa_diags_new();
    FaPlace place = {"input", 1, 1};

    fa_scope_set(scope, "port", "8000");
    fa_scope_set(scope, "a.b", NULL);
    for (int i = 0; i < 3; i++) {
        FaScope *item = fa_scope_new();
        fa_scope_set(item, "path", "/");
        fa_scope_append(item, "inner", fa_scope_new());
        fa_scope_append(scope, "routes", item);
    }
    g_autofree char *result = fa_template_expand(text, &place, scope, diags);
    g_assert_true((result == NULL) == (fa_diags_length(diags) > 0));
    g_autoptr(GPtrArray) names = fa_template_names(text);
    g_assert_nonnull(names);

    g_autofree char *escaped = fa_template_escape(text);
    g_autofree char *again = fa_template_expand(escaped, &place, scope, diags);
    if (length < 100000)
        g_assert_cmpstr(again, ==, text);
    return 0;
}
