#include "view/diags.h"

#include "view/text.h"

JsonObject *
fa_view_diags(const FaDiags *diags)
{
    JsonObject *document = json_object_new();
    JsonArray *list = json_array_new();

    json_object_set_int_member(document, "errors",
                               (gint64)fa_diags_count(diags, FA_SEVERITY_ERROR));
    json_object_set_int_member(document, "warnings",
                               (gint64)fa_diags_count(diags, FA_SEVERITY_WARNING));
    for (size_t i = 0; i < fa_diags_length(diags); i++) {
        const FaDiag *diag = fa_diags_get(diags, i);
        JsonObject *entry = json_object_new();
        json_object_set_string_member(entry, "severity",
                                      diag->severity == FA_SEVERITY_ERROR ? "error" : "warning");
        fa_view_set_text(entry, "file", diag->place.file);
        json_object_set_int_member(entry, "line", diag->place.line);
        json_object_set_int_member(entry, "column", diag->place.column);
        json_object_set_string_member(entry, "message", diag->message);
        fa_view_set_text(entry, "help", diag->help);
        json_array_add_object_element(list, entry);
    }
    json_object_set_array_member(document, "diagnostics", list);
    return document;
}
