#include "site/edits.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "site/merge.h"

#define ANSWERS_MAX 100

struct FaEdits {
    FaEditPolicy policy;
    FaEditDialogue dialogue;
};

static const char *const policies[] = {
    [FA_EDIT_ASK] = "ask",       [FA_EDIT_KEEP] = "keep",   [FA_EDIT_REPLACE] = "replace",
    [FA_EDIT_BACKUP] = "backup", [FA_EDIT_MERGE] = "merge",
};

static const char *const outcomes[] = {
    [FA_EDIT_NEW] = "new",       [FA_EDIT_SAME] = "same",         [FA_EDIT_RENDERED] = "rendered",
    [FA_EDIT_KEPT] = "kept",     [FA_EDIT_REPLACED] = "replaced", [FA_EDIT_BACKED_UP] = "backed-up",
    [FA_EDIT_MERGED] = "merged",
};

static const char help_text[] =
    "  y  yes, write the new rendering over it\n"
    "  n  no, keep it as it was edited\n"
    "  d  show what would change\n"
    "  b  keep the edited file as a backup beside the new one (also: Return)\n"
    "  m  merge both by hand\n"
    "  all y, all n, all b  the same for this file and all that follow\n";

const char *
fa_edit_policy_to_string(FaEditPolicy policy)
{
    return policies[policy];
}

bool
fa_edit_policy_from_string(const char *text, FaEditPolicy *ret_policy)
{
    for (size_t i = 0; i < G_N_ELEMENTS(policies); i++)
        if (strcmp(text, policies[i]) == 0) {
            *ret_policy = (FaEditPolicy)i;
            return true;
        }
    return false;
}

const char *
fa_edit_outcome_to_string(FaEditOutcome outcome)
{
    return outcomes[outcome];
}

FaEdits *
fa_edits_new(FaEditPolicy policy, const FaEditDialogue *dialogue)
{
    FaEdits *edits = g_new0(FaEdits, 1);
    edits->policy = policy;
    if (dialogue != NULL)
        edits->dialogue = *dialogue;
    return edits;
}

void
fa_edits_free(FaEdits *edits)
{
    g_free(edits);
}

FaEditPolicy
fa_edits_get_policy(const FaEdits *edits)
{
    return edits->policy;
}

static FaMergeText
text_of(GBytes *bytes, const char *label)
{
    FaMergeText text = {.bytes = "", .label = label};

    if (bytes != NULL && g_bytes_get_size(bytes) > 0)
        text.bytes = g_bytes_get_data(bytes, &text.length);
    return text;
}

static bool
is_text(GBytes *bytes)
{
    FaMergeText text = text_of(bytes, NULL);
    return memchr(text.bytes, '\0', text.length) == NULL;
}

/* (transfer full) Safe to show on a terminal, and "" for what is no text. */
static char *
diff_of(const FaEditFile *file)
{
    FaMergeText current = text_of(file->current, "as edited");
    FaMergeText rendered = text_of(file->rendered, "as rendered");

    if (!is_text(file->current) || !is_text(file->rendered))
        return g_strdup("");
    g_autofree char *diff = fa_merge_diff(&current, &rendered);
    return fa_text_sanitize(diff, strlen(diff));
}

static bool
refuse(const FaEditFile *file, FaEditPolicy policy, GError **error)
{
    g_autofree char *diff = file->is_private ? g_strdup("") : diff_of(file);
    g_autofree char *path = fa_text_sanitize(file->path, strlen(file->path));

    g_strchomp(diff);
    return fa_fail(
        error, FA_ERROR_REFUSED,
        "'%s' was edited since it was rendered, and a merge with what is rendered now is "
        "a conflict%s%s%s\n"
        "help: %s",
        path, file->is_private ? " (it holds secrets, so that it is not shown)" : "",
        diff[0] != '\0' ? "\n" : "", diff,
        policy == FA_EDIT_MERGE ? "take one side's lines yourself, or decide with --on-edit "
                                  "keep|replace|backup"
                                : "decide with --on-edit keep|replace|backup|merge");
}

/* (transfer full) (nullable) NULL where both sides changed the same lines; *ret_marked then has both, with marks. */
static GBytes *
merge_file(const FaEditFile *file, char **ret_marked)
{
    FaMergeText base = text_of(file->base, "rendered before");
    FaMergeText current = text_of(file->current, "edited");
    FaMergeText rendered = text_of(file->rendered, "rendered now");
    g_auto(FaMerge) merge = {0};

    *ret_marked = NULL;
    if (!is_text(file->current) || !is_text(file->rendered))
        return NULL;
    fa_merge_texts(&base, &current, &rendered, &merge);
    if (merge.conflicts == 0 && file->base != NULL)
        return g_bytes_new_take(g_steal_pointer(&merge.text), merge.length);
    *ret_marked = g_steal_pointer(&merge.text);
    return NULL;
}

typedef struct Decision {
    FaEditOutcome outcome;
    GBytes *content;
} Decision;

static void
take(Decision *decision, FaEditOutcome outcome, GBytes *content)
{
    decision->outcome = outcome;
    decision->content = g_bytes_ref(content);
}

/* True when @policy alone decides. */
static bool
decide_by_policy(FaEditPolicy policy, const FaEditFile *file, Decision *decision)
{
    switch (policy) {
    case FA_EDIT_KEEP:
        take(decision, FA_EDIT_KEPT, file->current);
        return true;
    case FA_EDIT_REPLACE:
        take(decision, FA_EDIT_REPLACED, file->rendered);
        return true;
    case FA_EDIT_BACKUP:
        take(decision, FA_EDIT_BACKED_UP, file->rendered);
        return true;
    case FA_EDIT_ASK:
    case FA_EDIT_MERGE:
        break;
    }
    return false;
}

static void
say(const FaEdits *edits, const char *text)
{
    if (edits->dialogue.show != NULL)
        edits->dialogue.show(text, edits->dialogue.data);
}

static bool
resolve(const FaEdits *edits, const FaEditFile *file, char **marked, Decision *decision)
{
    if (*marked == NULL || edits->dialogue.resolve == NULL) {
        say(edits, "it cannot be merged by hand here\n");
        return false;
    }
    char *text = edits->dialogue.resolve(file->path, *marked, edits->dialogue.data);
    if (text == NULL) {
        say(edits, "nothing was merged\n");
        return false;
    }
    if (fa_merge_has_marks(text, strlen(text))) {
        say(edits, "marks of the conflict are left in it; 'm' goes on with it\n");
        g_free(*marked);
        *marked = text;
        return false;
    }
    decision->outcome = FA_EDIT_MERGED;
    decision->content = g_bytes_new_take(text, strlen(text));
    return true;
}

/* Which policy an answer stands for; ASK for none. Return backs up, as losing nothing is the safe answer. */
static FaEditPolicy
policy_of_answer(const char *answer)
{
    static const struct {
        const char *word;
        FaEditPolicy policy;
    } words[] = {
        {"y", FA_EDIT_REPLACE}, {"yes", FA_EDIT_REPLACE}, {"n", FA_EDIT_KEEP},
        {"no", FA_EDIT_KEEP},   {"b", FA_EDIT_BACKUP},    {"backup", FA_EDIT_BACKUP},
        {"", FA_EDIT_BACKUP},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strcasecmp(answer, words[i].word) == 0)
            return words[i].policy;
    return FA_EDIT_ASK;
}

/* True when @answer decides. */
static bool
take_answer(FaEdits *edits, const FaEditFile *file, const char *answer, char **marked,
            Decision *decision)
{
    bool is_for_all = g_ascii_strncasecmp(answer, "all ", 4) == 0;
    const char *word = is_for_all ? answer + 4 + strspn(answer + 4, " ") : answer;
    FaEditPolicy policy = is_for_all && word[0] == '\0' ? FA_EDIT_ASK : policy_of_answer(word);

    if (policy != FA_EDIT_ASK) {
        if (is_for_all)
            edits->policy = policy;
        return decide_by_policy(policy, file, decision);
    }
    if (g_ascii_strcasecmp(answer, "m") == 0 || g_ascii_strcasecmp(answer, "merge") == 0)
        return resolve(edits, file, marked, decision);
    if (g_ascii_strcasecmp(answer, "d") == 0 || g_ascii_strcasecmp(answer, "diff") == 0) {
        g_autofree char *diff = diff_of(file);
        say(edits, diff[0] != '\0' ? diff : "they differ, but are no texts\n");
    } else {
        say(edits, help_text);
    }
    return false;
}

static bool
ask(FaEdits *edits, const FaEditFile *file, char **marked, Decision *decision, GError **error)
{
    FaMergeText current = text_of(file->current, NULL), rendered = text_of(file->rendered, NULL);
    g_autofree char *path = fa_text_sanitize(file->path, strlen(file->path));
    size_t removed, added;

    fa_merge_count(&current, &rendered, &removed, &added);
    g_autofree char *intro = g_strdup_printf(
        "'%s' was edited since it was rendered; the new rendering takes %zu %s away and adds %zu\n",
        path, removed, removed == 1 ? "line" : "lines", added);
    say(edits, intro);
    for (int i = 0; i < ANSWERS_MAX; i++) {
        g_autofree char *answer =
            edits->dialogue.ask("overwrite it? [y/n/d/b/m/?] ", edits->dialogue.data);
        if (answer == NULL)
            break;
        if (take_answer(edits, file, g_strstrip(answer), marked, decision))
            return true;
    }
    return refuse(file, edits->policy, error);
}

static bool
decide_edited(FaEdits *edits, const FaEditFile *file, Decision *decision, GError **error)
{
    g_autofree char *marked = NULL;

    if (decide_by_policy(edits->policy, file, decision))
        return true;
    if (file->base != NULL && g_bytes_equal(file->base, file->rendered)) {
        take(decision, FA_EDIT_KEPT, file->current);
        return true;
    }
    decision->content = merge_file(file, &marked);
    if (decision->content != NULL) {
        decision->outcome = FA_EDIT_MERGED;
        return true;
    }
    if (edits->policy == FA_EDIT_ASK && edits->dialogue.ask != NULL)
        return ask(edits, file, &marked, decision, error);
    return refuse(file, edits->policy, error);
}

bool
fa_edits_decide(FaEdits *edits, const FaEditFile *file, FaEditOutcome *ret_outcome,
                GBytes **ret_content, GError **error)
{
    Decision decision = {0};

    if (file->current == NULL)
        take(&decision, FA_EDIT_NEW, file->rendered);
    else if (g_bytes_equal(file->current, file->rendered))
        take(&decision, FA_EDIT_SAME, file->rendered);
    else if (file->base != NULL && g_bytes_equal(file->base, file->current))
        take(&decision, FA_EDIT_RENDERED, file->rendered);
    else if (!decide_edited(edits, file, &decision, error))
        return false;
    *ret_outcome = decision.outcome;
    *ret_content = decision.content;
    return true;
}
