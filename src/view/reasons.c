#include "view/reasons.h"

#include <string.h>

#include "view/text.h"

/* $s is the subject, $d the detail; what is in brackets is left out without a detail. */
static const char *const texts[] = {
    [FA_REASON_LABEL_MALFORMED] = "$d",
    [FA_REASON_LABEL_USED] = "there is a release '$d' already",
    [FA_REASON_LABEL_NOT_OF_KIND] = "'$s' is no label of a $d",
    [FA_REASON_LABEL_NOT_OF_PARENT] = "'$s' does not go on from '$d'",
    [FA_REASON_PARENT_MISSING] = "'$s' needs the release that it is made from",
    [FA_REASON_PARENT_UNKNOWN] = "there is no release '$s' to go on from",
    [FA_REASON_PARENT_WENT_LIVE] = "'$s' went live already: what repairs it is a leapfrog",
    [FA_REASON_COMPONENT_NOT_PINNED] = "component '$s' is not pinned",
    [FA_REASON_COMPONENT_UNKNOWN] = "the product has no component '$s'",
    [FA_REASON_COMPONENT_PINNED_TWICE] = "component '$s' is pinned twice",
    [FA_REASON_PIN_INCOMPLETE] = "the pin of component '$s' lacks its revision, digest or location",
    [FA_REASON_BRANCH_MOVED] = "the branch of component '$s' moved meanwhile[ to $d]",
    [FA_REASON_TAG_ELSEWHERE] = "the tag of component '$s' exists with another revision[: $d]",
    [FA_REASON_RELEASE_UNKNOWN] = "there is no release '$s'",
    [FA_REASON_RELEASE_REJECTED] = "release '$s' was rejected[: $d]",
    [FA_REASON_REJECTED_ALREADY] = "release '$s' was rejected already[: $d]",
    [FA_REASON_WHY_MISSING] = "it has to be said why",
    [FA_REASON_BITS_DIFFER] = "component '$s' was built of other bytes than the first time",
    [FA_REASON_BITS_MISSING] = "component '$s' was not built",
    [FA_REASON_NOT_BUILT] = "release '$s' was not built yet",
    [FA_REASON_TRACK_FORBIDS] = "the track of '$s' is '$d', which this is not for",
    [FA_REASON_NOT_WHAT_LIVE_RUNS] = "'$s' is neither what live runs[ ($d)] nor a leapfrog from it",
    [FA_REASON_FIX_LOST] = "the change '$s', which runs there now, would be lost",
    [FA_REASON_FIXES_UNKNOWN] = "whether changes of component '$s' would be lost is not known",
    [FA_REASON_NEVER_RAN_HERE] = "[release '$d' ]never ran in '$s'",
    [FA_REASON_DEPLOYMENT_OPEN] = "a deployment to '$s' is under way[: $d]",
    [FA_REASON_NO_DEPLOYMENT_OPEN] = "no deployment to '$s' is under way",
    [FA_REASON_MOVED] = "'$s' does not run any more what this was planned for[, but build $d]",
    [FA_REASON_IRREVERSIBLE] = "the migration '$s' was made[ by release '$d'] and cannot be undone",
    [FA_REASON_MIGRATION_CHANGED] =
        "the migration '$s' was made[ by release '$d'], and does something else by now",
    [FA_REASON_MIGRATION_LOST] = "what would undo the migration '$s' is not to be found[: $d]",
    [FA_REASON_BACKUP_MISSING] = "there is no backup to undo the migration '$s'[: $d]",
    [FA_REASON_RETIRED] = "environment '$s' is retired",
    [FA_REASON_STEP_OUT_OF_TURN] = "'$s' is not what is next[: $d]",
    [FA_REASON_NOTE_MISSING] =
        "component '$s' changes what migrates its data[ in $d], and no note says how",
    [FA_REASON_NOTE_OPEN] = "a note of component '$s' has to be carried out by hand[: $d]",
    [FA_REASON_ROLE_MISSING] = "this needs the role '$s'[, and yours is '$d']",
};
G_STATIC_ASSERT(G_N_ELEMENTS(texts) == FA_REASON_ROLE_MISSING + 1);

/* NULL where the sentence says it all. */
static const char *const helps[FA_REASON_ROLE_MISSING + 1] = {
    [FA_REASON_LABEL_MALFORMED] =
        "0.6 and 0.6.1 are trains, 0.6.1.1 a leapfrog, 0.6.2-b2 a rebuild",
    [FA_REASON_LABEL_USED] = "'fassembler release list' shows all; a label is used once",
    [FA_REASON_LABEL_NOT_OF_KIND] =
        "a train has up to three fields, a leapfrog four, a rebuild ends in -bN",
    [FA_REASON_PARENT_MISSING] = "name it: --from RELEASE",
    [FA_REASON_PARENT_WENT_LIVE] = "fassembler release cut --from $s",
    [FA_REASON_BRANCH_MOVED] =
        "--from RELEASE cuts what is on its branches; another label makes other branches",
    [FA_REASON_TAG_ELSEWHERE] = "choose another label, or move the tag by hand",
    [FA_REASON_RELEASE_UNKNOWN] = "'fassembler release list' shows all",
    [FA_REASON_RELEASE_REJECTED] = "'fassembler release show $s' says by whom",
    [FA_REASON_WHY_MISSING] = "--why TEXT",
    [FA_REASON_BITS_DIFFER] =
        "packages of this host have changed since; 'fassembler release cut --from' makes a rebuild",
    [FA_REASON_TRACK_FORBIDS] = "'fassembler board' shows the environments and their tracks",
    [FA_REASON_NOT_WHAT_LIVE_RUNS] = "'fassembler board' shows what runs where",
    [FA_REASON_FIX_LOST] = "merge it and cut again, or --allow-lost '$s' --why TEXT",
    [FA_REASON_FIXES_UNKNOWN] = "see to it that the repositories of both can be read",
    [FA_REASON_NEVER_RAN_HERE] = "'fassembler history $s' shows what did",
    [FA_REASON_DEPLOYMENT_OPEN] = "wait for it, or finish it: 'fassembler deploy --resume $s'",
    [FA_REASON_MOVED] = "somebody was first: look at 'fassembler board', and try again",
    [FA_REASON_IRREVERSIBLE] =
        "--migration $s=keep where the older code lives with it, =restore for the backup",
    [FA_REASON_MIGRATION_CHANGED] = "what was made is not made again: put the change into another "
                                    "one, with the next number; or "
                                    "--migration $s=keep where what was made will do",
    [FA_REASON_MIGRATION_LOST] = "--migration $s=keep where the other code lives with it",
    [FA_REASON_BACKUP_MISSING] =
        "'fassembler backup list' shows all; --migration $s=keep where the "
        "older code lives with it",
    [FA_REASON_RETIRED] = "'fassembler env create $s' brings it back",
    [FA_REASON_NOTE_MISSING] =
        "fassembler note add --component $s[ --revision $d] --kind migration --text TEXT, or "
        "--kind none",
    [FA_REASON_NOTE_OPEN] = "do what it says, then deploy again with --notes-done",
};

/* (transfer full) */
static char *
fill(const char *words, const FaReason *reason)
{
    GString *text = g_string_new(NULL);
    bool has_detail = reason->detail != NULL && *reason->detail != '\0', is_left_out = false;
    for (const char *at = words; *at != '\0'; at++) {
        if (*at == '[' || *at == ']') {
            is_left_out = *at == '[' && !has_detail;
        } else if (is_left_out) {
            continue;
        } else if (*at == '$') {
            at++;
            g_string_append(text, *at == 's' ? reason->subject : has_detail ? reason->detail : "");
        } else {
            g_string_append_c(text, *at);
        }
    }
    return g_string_free(text, FALSE);
}

char *
fa_view_reason_text(const FaReason *reason)
{
    return fill(texts[reason->code], reason);
}

char *
fa_view_reason_help(const FaReason *reason)
{
    return helps[reason->code] != NULL ? fill(helps[reason->code], reason) : NULL;
}

JsonArray *
fa_view_reasons(const GPtrArray *reasons)
{
    JsonArray *array = json_array_new();
    for (guint i = 0; i < reasons->len; i++) {
        const FaReason *reason = g_ptr_array_index(reasons, i);
        g_autofree char *text = fa_view_reason_text(reason);
        g_autofree char *help = fa_view_reason_help(reason);
        JsonObject *object = json_object_new();
        json_object_set_string_member(object, "code", fa_reason_code_to_string(reason->code));
        json_object_set_string_member(object, "subject", reason->subject);
        fa_view_set_text(object, "detail", reason->detail);
        json_object_set_string_member(object, "text", text);
        fa_view_set_text(object, "help", help);
        json_array_add_object_element(array, object);
    }
    return array;
}
