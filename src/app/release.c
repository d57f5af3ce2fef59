#include "app/release.h"

#include <string.h>

#include "app/change.h"
#include "app/frozen.h"
#include "app/kept.h"
#include "app/note.h"
#include "base/error.h"
#include "base/text.h"
#include "config/lock.h"
#include "source/source.h"
#include "sys/fs.h"

#define TRUNK     "trunk"
#define NO_SOURCE "packages" /* in place of the revision of what comes from packages alone */
#define UNKNOWN   "-"
#define DIRECTORY "directory"

void
fa_cut_result_clear(FaCutResult *result)
{
    g_clear_pointer(&result->label, g_free);
    g_clear_pointer(&result->parent, g_free);
    g_clear_pointer(&result->line, g_free);
    g_clear_pointer(&result->changes, g_ptr_array_unref);
    g_clear_pointer(&result->notes, fa_notes_found_free);
}

/* One component that is being cut. */
typedef struct Part {
    const FaRecipe *recipe;
    FaSource *source; /* (nullable) */
    char *revision;
    char *digest;
    char *version; /* (nullable) */
    char *branch;  /* (nullable) as are the next three */
    char *branch_now;
    char *tag;
    char *tag_now;
} Part;

static void
part_free(Part *part)
{
    g_clear_pointer(&part->source, fa_source_free);
    g_free(part->revision);
    g_free(part->digest);
    g_free(part->version);
    g_free(part->branch);
    g_free(part->branch_now);
    g_free(part->tag);
    g_free(part->tag_now);
    g_free(part);
}

/* One cut. */
typedef struct Cut {
    FaContext *context;
    const FaProduct *product;
    const FaCutOptions *options;
    FaState *state;
    FaStore *store;
    FaReleaseKind kind;
    const FaRelease *parent; /* (nullable) */
    char *label;
    char *line;          /* the label whose branches it is cut from, or makes */
    char *directory;     /* (nullable) the copy of the product's folder */
    char *settings;      /* digest of that */
    GPtrArray *parts;    /* of Part */
    GPtrArray *changes;  /* (nullable) of FaChange */
    FaNotesFound *notes; /* (nullable) */
} Cut;

static void
cut_clear(Cut *cut)
{
    if (cut->directory != NULL)
        fa_fs_remove_tree(cut->directory, NULL);
    g_clear_pointer(&cut->state, fa_state_free);
    g_clear_pointer(&cut->store, fa_store_free);
    g_clear_pointer(&cut->parts, g_ptr_array_unref);
    g_clear_pointer(&cut->changes, g_ptr_array_unref);
    g_clear_pointer(&cut->notes, fa_notes_found_free);
    g_free(cut->label);
    g_free(cut->line);
    g_free(cut->directory);
    g_free(cut->settings);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Cut, cut_clear)

static void
say(const FaCutOptions *options, const char *format, const char *what)
{
    g_autofree char *text = g_strdup_printf("%s%s", format, what);
    if (options->say != NULL)
        options->say(text, options->data);
}

/* (transfer none) The newest release of the line of @release. */
static const FaRelease *
find_newest_of_line(const FaReleases *releases, const FaRelease *release)
{
    const GPtrArray *list = fa_releases_list(releases);
    const FaRelease *newest = release;
    for (guint i = 0; i < list->len; i++) {
        const FaRelease *other = g_ptr_array_index(list, i);
        if (strcmp(other->line, release->line) == 0 && !other->is_rejected)
            newest = other;
    }
    return newest;
}

static FaReleaseKind
kind_of(const FaLabel *label)
{
    if (label->build > 0)
        return FA_RELEASE_REBUILD;
    return fa_label_is_leapfrog(label) ? FA_RELEASE_LEAPFROG : FA_RELEASE_TRAIN;
}

/* What it goes on from, what kind that makes it, and its label. */
static bool
settle_label(Cut *cut, GError **error)
{
    const FaCutOptions *options = cut->options;
    const FaReleases *releases = cut->state->releases;
    bool is_from_trunk = options->from == NULL || strcmp(options->from, TRUNK) == 0;
    FaLabel label;

    if (is_from_trunk) {
        cut->kind = FA_RELEASE_TRAIN;
        cut->parent = fa_releases_newest_train(releases);
    } else {
        const FaRelease *release = fa_state_find_release(cut->state, options->from, error);
        if (release == NULL)
            return false;
        cut->parent = find_newest_of_line(releases, release);
        cut->kind = fa_release_was_live(cut->parent) ? FA_RELEASE_LEAPFROG : FA_RELEASE_REBUILD;
    }
    if (options->label != NULL) {
        if (!fa_label_parse(options->label, &label, error))
            return false;
        cut->label = fa_label_to_string(&label);
        cut->kind = kind_of(&label);
    } else {
        if (cut->parent != NULL)
            cut->label = fa_releases_propose(releases, cut->kind, cut->parent->label);
        if (cut->label == NULL)
            return fa_fail(error, FA_ERROR_USAGE,
                           "which label is it to have?\nhelp: fassembler release cut 0.1");
    }
    cut->line = g_strdup(is_from_trunk ? cut->label : cut->parent->line);
    return true;
}

/* Before anything is read. */
static bool
check_is_new(const Cut *cut, GError **error)
{
    FaLabel label;
    if (!fa_label_parse(cut->label, &label, error))
        return false;
    const FaRelease *other = fa_releases_find_number(cut->state->releases, &label);
    g_autoptr(GPtrArray) reasons = fa_reasons_new();
    if (other != NULL)
        fa_reasons_add(reasons, FA_REASON_LABEL_USED, cut->label, other->label);
    return fa_state_check(reasons, error);
}

/* (nullable) What --pin says of @component. */
static const char *
find_pin(const Cut *cut, const char *component)
{
    const char *const *pin = cut->options->pins;
    size_t length = strlen(component);
    for (; pin != NULL && *pin != NULL; pin++) {
        if (strncmp(*pin, component, length) == 0 && (*pin)[length] == '=')
            return *pin + length + 1;
    }
    return NULL;
}

static bool
check_pin_words(const Cut *cut, GError **error)
{
    const char *const *pin = cut->options->pins;
    for (; pin != NULL && *pin != NULL; pin++) {
        const char *equals = strchr(*pin, '=');
        if (equals == NULL || equals[1] == '\0')
            return fa_fail(error, FA_ERROR_USAGE,
                           "'%s' is no pin\nhelp: write --pin COMPONENT=REVISION", *pin);
        g_autofree char *name = g_strndup(*pin, (gsize)(equals - *pin));
        if (fa_product_find_component(cut->product, name) != NULL)
            continue;
        g_autofree const char **names = fa_product_component_names(cut->product);
        const char *nearest = fa_text_nearest(name, names);
        return fa_fail(error, FA_ERROR_NOT_FOUND,
                       nearest != NULL ? "no component '%s'\nhelp: did you mean '%s'?"
                                       : "no component '%s'%s",
                       name, nearest != NULL ? nearest : "");
    }
    return true;
}

/* Where branch and tag are now, as far as they are there. */
static bool
look_at_marks(const Cut *cut, Part *part, GError **error)
{
    g_autoptr(GPtrArray) refs = fa_source_list(part->source, false, cut->options->cancel, error);
    if (refs == NULL)
        return false;
    part->branch = fa_source_branch_name(part->source, cut->line);
    part->tag = g_strdup_printf("%s-%s", cut->product->name, cut->label);
    for (guint i = 0; i < refs->len; i++) {
        const FaSourceRef *ref = g_ptr_array_index(refs, i);
        if (ref->is_tag && strcmp(ref->name, part->tag) == 0)
            part->tag_now = g_strdup(ref->revision);
        if (!ref->is_tag && g_strcmp0(ref->name, part->branch) == 0)
            part->branch_now = g_strdup(ref->revision);
    }
    return true;
}

static const char *
parent_revision(const Cut *cut, const Part *part)
{
    const FaPin *pin =
        cut->parent != NULL ? fa_release_find_pin(cut->parent, part->recipe->name) : NULL;
    return pin != NULL ? pin->revision : NULL;
}

/* From the trunk: its tip. From a line: the tip of the line's branch; what has none stays where it was. */
static bool
find_revision(const Cut *cut, Part *part, GError **error)
{
    const char *pin = find_pin(cut, part->recipe->name);
    bool is_from_line = strcmp(cut->line, cut->label) != 0;
    FaCancel *cancel = cut->options->cancel;
    if (part->source == NULL) {
        part->revision = g_strdup(NO_SOURCE);
        return true;
    }
    if (pin != NULL || !fa_source_has_history(part->source))
        return fa_source_resolve(part->source, pin, false, cancel, &part->revision, error);
    if (!is_from_line)
        return fa_source_tip(part->source, NULL, false, cancel, &part->revision, error);
    if (part->branch_now != NULL)
        part->revision = g_strdup(part->branch_now);
    else
        part->revision = g_strdup(parent_revision(cut, part));
    return part->revision != NULL || fa_fail(error, FA_ERROR_NOT_FOUND, "'%s' has no branch '%s'",
                                             part->recipe->name, part->branch);
}

/* In a dry run nothing is read into the store; what a folder holds is looked at all the same. */
static bool
look_at_folder(const Cut *cut, Part *part, GError **error)
{
    static const char *const not_source[] = {".git", ".svn", NULL};
    const FaImportOptions options = {.cancel = cut->options->cancel, .leave_out = not_source};
    const char *local = part->source != NULL ? fa_source_local_directory(part->source) : NULL;
    FaDigest tree;
    if (!cut->options->dry_run || local == NULL)
        return true;
    fa_store_leave_untouched(cut->store);
    if (!fa_store_digest(cut->store, local, &options, &tree, NULL, error))
        return false;
    part->digest = fa_digest_to_string(&tree);
    return true;
}

static bool
add_part(Cut *cut, const FaRecipe *recipe, GError **error)
{
    Part *part = g_new0(Part, 1);
    part->recipe = recipe;
    g_ptr_array_add(cut->parts, part);
    if (recipe->source.kind != FA_SOURCE_NONE) {
        part->source = fa_source_open(&recipe->source, cut->product->sources,
                                      fa_context_get_home(cut->context), error);
        if (part->source == NULL ||
            (fa_source_has_history(part->source) && !look_at_marks(cut, part, error)))
            return g_prefix_error(error, "component '%s': ", recipe->name), false;
    }
    if (!find_revision(cut, part, error) || !look_at_folder(cut, part, error))
        return g_prefix_error(error, "component '%s': ", recipe->name), false;
    /* A pin that is not the tip of its line leaves the line alone. */
    if (find_pin(cut, recipe->name) != NULL && part->branch_now != NULL &&
        strcmp(part->branch_now, part->revision) != 0)
        g_clear_pointer(&part->branch_now, g_free);
    return true;
}

/* The lock of the release: exact revisions, whose content is found out by reading them. */
static bool
write_lock(const Cut *cut, GError **error)
{
    g_autoptr(FaLockFile) lock = fa_lock_file_new();
    g_autofree char *path = g_build_filename(cut->directory, FA_LOCK_FILE_NAME, NULL);
    for (guint i = 0; i < cut->parts->len; i++) {
        const Part *part = g_ptr_array_index(cut->parts, i);
        FaSourceKind kind = part->recipe->source.kind;
        if (kind != FA_SOURCE_NONE && kind != FA_SOURCE_DIRECTORY)
            fa_lock_file_set(lock, part->recipe->name, kind, part->revision, NULL);
    }
    return fa_lock_file_write(lock, path, NULL, error);
}

/* All sources come into the store; the lock gets their digests, those of folders too. */
static bool
read_sources(const Cut *cut, const FaPins *pins, GError **error)
{
    g_autofree char *path = g_build_filename(cut->directory, FA_LOCK_FILE_NAME, NULL);
    g_autoptr(FaDiags) diags = fa_diags_new();
    g_autoptr(FaLockFile) lock = fa_lock_file_read(path, NULL, diags, error);
    if (lock == NULL)
        return false;
    for (guint i = 0; i < cut->parts->len; i++) {
        Part *part = g_ptr_array_index(cut->parts, i);
        const FaSourcePin *pin = fa_pins_get(pins, part->recipe->name);
        if (!pin->has_tree) {
            part->digest = g_strdup(UNKNOWN);
            continue;
        }
        if (!fa_pins_keep(pins, pin, cut->store, cut->options->cancel, error))
            return false;
        part->digest = fa_digest_to_string(&pin->tree);
        part->version = g_strdup(pin->version);
        if (part->recipe->source.kind == FA_SOURCE_DIRECTORY)
            fa_lock_file_set(lock, part->recipe->name, FA_SOURCE_DIRECTORY, DIRECTORY, &pin->tree);
    }
    return fa_lock_file_write(lock, path, NULL, error);
}

static bool
freeze(Cut *cut, GError **error)
{
    const FaPinOptions options = {.cancel = cut->options->cancel};
    FaDigest digest;
    cut->directory = fa_frozen_copy(cut->context, error);
    if (cut->directory == NULL || !write_lock(cut, error))
        return false;
    g_autoptr(FaContext) copy =
        fa_context_open_release(cut->context, cut->directory, cut->label, false, error);
    if (copy == NULL)
        return false;
    g_autoptr(FaPins) pins =
        fa_pins_take(copy, cut->store, fa_context_get_product(copy)->components, &options, error);
    if (pins == NULL || !read_sources(cut, pins, error) ||
        !fa_frozen_keep(cut->store, cut->label, cut->directory, pins, &digest, error))
        return false;
    cut->settings = fa_digest_to_string(&digest);
    return true;
}

static const char *
parent_label(const Cut *cut)
{
    return cut->parent != NULL ? cut->parent->label : NULL;
}

static FaDecision *
decide(const Cut *cut)
{
    g_autofree const char **names = fa_product_component_names(cut->product);
    g_autoptr(GArray) pins = g_array_new(FALSE, TRUE, sizeof(FaCutPin));
    for (guint i = 0; i < cut->parts->len; i++) {
        const Part *part = g_ptr_array_index(cut->parts, i);
        const char *location =
            part->source != NULL ? fa_source_get_location(part->source) : UNKNOWN;
        FaCutPin pin = {
            .pin = {.component = part->recipe->name,
                    .revision = part->revision,
                    .digest = part->digest,
                    .version = part->version,
                    .branch = part->branch,
                    .tag = part->tag,
                    .location = (char *)location},
            .branch_now = part->branch_now,
            .tag_now = part->tag_now,
        };
        g_array_append_val(pins, pin);
    }
    const FaCut facts = {
        .label = cut->label,
        .kind = cut->kind,
        .parent = parent_label(cut),
        .line = cut->line,
        .from = cut->options->from != NULL ? cut->options->from : TRUNK,
        .components = names,
        .pins = (const FaCutPin *)(const void *)pins->data,
        .pin_count = pins->len,
        .tool = FA_VERSION,
        .settings = cut->settings,
        .is_pushed = cut->options->push,
        .why = cut->options->why,
    };
    FaAsker asker = fa_state_asker(cut->context);
    return fa_release_decide_cut(cut->state->releases, &facts, &asker);
}

/* May be repeated: a cut that was killed behind this is done again. */
static bool
mark(const Cut *cut, GError **error)
{
    const FaCutOptions *options = cut->options;
    for (guint i = 0; i < cut->parts->len; i++) {
        const Part *part = g_ptr_array_index(cut->parts, i);
        FaSourceMade made;
        if (part->source == NULL || !fa_source_has_history(part->source))
            continue;
        bool is_marked = (part->branch == NULL || part->branch_now != NULL ||
                          fa_source_branch(part->source, part->branch, part->revision,
                                           options->push, options->cancel, &made, error)) &&
                         fa_source_tag(part->source, part->tag, part->revision, options->push,
                                       options->cancel, &made, error);
        if (!is_marked)
            return g_prefix_error(error, "component '%s': ", part->recipe->name), false;
    }
    return true;
}

static GPtrArray *
list_cut_changes(const Cut *cut)
{
    GPtrArray *changes = g_ptr_array_new_with_free_func((GDestroyNotify)fa_change_free);
    for (guint i = 0; i < cut->parts->len; i++) {
        const Part *part = g_ptr_array_index(cut->parts, i);
        const FaPin *old =
            cut->parent != NULL ? fa_release_find_pin(cut->parent, part->recipe->name) : NULL;
        const char *before =
            old != NULL ? fa_change_tell_revision(old->revision, old->digest) : NULL;
        g_ptr_array_add(changes,
                        fa_change_new(cut->context, part->recipe->name, before,
                                      fa_change_tell_revision(part->revision, part->digest),
                                      cut->options->cancel));
    }
    return changes;
}

/* What it would bring, and what its deployer would have to know. */
static bool
look_ahead(Cut *cut, GError **error)
{
    bool is_from_trunk = strcmp(cut->line, cut->label) == 0;
    cut->changes = list_cut_changes(cut);
    cut->notes = fa_notes_find_for_cut(cut->state, is_from_trunk, cut->changes, error);
    return cut->notes != NULL && fa_cancel_check(cut->options->cancel, error);
}

/* The notes of its commits come into the ledger with it. */
static bool
carry_out(Cut *cut, GError **error)
{
    say(cut->options, "freezing the sources of ", cut->label);
    if (!freeze(cut, error))
        return false;
    g_autoptr(FaDecision) decision = decide(cut);
    g_autoptr(FaNotes) known =
        fa_state_check(decision->reasons, error) ? fa_notes_read(cut->state, error) : NULL;
    if (known == NULL)
        return false;
    FaAsker asker = fa_state_asker(cut->context);
    cut->changes = list_cut_changes(cut);
    fa_notes_add_trailers(cut->state, known, cut->label, cut->changes, &asker, decision);
    say(cut->options, "making branches and tags of ", cut->label);
    if (!mark(cut, error) || !fa_state_commit(cut->state, decision, error))
        return false;
    cut->notes = fa_notes_find(cut->state, parent_label(cut), cut->label, cut->changes, error);
    return cut->notes != NULL;
}

/* Before anything is read: what is refused for its label alone. */
static bool
begin_cut(Cut *cut, FaContext *context, const FaCutOptions *options, GError **error)
{
    cut->context = context;
    cut->product = fa_context_get_product(context);
    cut->options = options;
    cut->parts = g_ptr_array_new_with_free_func((GDestroyNotify)part_free);
    cut->state = fa_state_open(context, error);
    if (cut->state == NULL || !settle_label(cut, error) || !check_is_new(cut, error) ||
        !check_pin_words(cut, error))
        return false;
    cut->store = fa_store_open(fa_context_get_home(context), error);
    for (guint i = 0; cut->store != NULL && i < cut->product->components->len; i++) {
        if (!add_part(cut, g_ptr_array_index(cut->product->components, i), error))
            return false;
    }
    return cut->store != NULL;
}

bool
fa_release_cut(FaContext *context, const FaCutOptions *options, FaCutResult *ret_result,
               GError **error)
{
    g_auto(Cut) cut = {0};
    if (!begin_cut(&cut, context, options, error) ||
        (options->dry_run ? !look_ahead(&cut, error) : !carry_out(&cut, error)))
        return false;
    *ret_result = (FaCutResult){
        .label = g_strdup(cut.label),
        .parent = g_strdup(parent_label(&cut)),
        .line = g_strdup(cut.line),
        .is_pushed = options->push,
        .changes = g_steal_pointer(&cut.changes),
        .notes = g_steal_pointer(&cut.notes),
    };
    return true;
}

bool
fa_release_reject(FaContext *context, const char *label, const char *why, GError **error)
{
    g_autoptr(FaState) state = fa_state_open(context, error);
    if (state == NULL || fa_state_find_release(state, label, error) == NULL)
        return false;
    FaAsker asker = fa_state_asker(context);
    g_autoptr(FaDecision) decision = fa_release_decide_reject(state->releases, label, why, &asker);
    return fa_state_commit(state, decision, error);
}

static void
check_free(FaReleaseCheck *check)
{
    g_free(check->component);
    g_free(check->problem);
    g_free(check);
}

static void
add_check(GPtrArray *checks, const char *component, const char *problem)
{
    FaReleaseCheck *check = g_new0(FaReleaseCheck, 1);
    check->component = g_strdup(component);
    check->problem = g_strdup(problem);
    g_ptr_array_add(checks, check);
}

static const char *
check_pin(FaStore *store, const FaPin *pin)
{
    FaDigest tree;
    if (strcmp(pin->digest, UNKNOWN) == 0)
        return NULL;
    const char *hex = strchr(pin->digest, ':');
    if (!fa_digest_from_hex(hex != NULL ? hex + 1 : pin->digest, &tree))
        return "its digest is none";
    return fa_kept_source_is_there(store, &tree) ? NULL : "its source is not in the store";
}

bool
fa_release_verify(FaContext *context, const char *label, FaCancel *cancel, GPtrArray **ret_checks,
                  GError **error)
{
    g_autoptr(FaState) state = fa_state_open(context, error);
    const FaRelease *release = state != NULL ? fa_state_find_release(state, label, error) : NULL;
    g_autoptr(FaStore) store =
        release != NULL ? fa_store_open(fa_context_get_home(context), error) : NULL;
    if (store == NULL)
        return false;
    g_autoptr(GPtrArray) checks = g_ptr_array_new_with_free_func((GDestroyNotify)check_free);
    g_autoptr(GError) failure = NULL;
    g_autoptr(FaContext) frozen = fa_frozen_open(context, label, release->settings, &failure);
    add_check(checks, "pins",
              fa_release_is_whole(release) ? NULL : "they are not what their digest says");
    add_check(checks, "product", frozen == NULL ? failure->message : NULL);
    for (guint i = 0; i < release->pins->len; i++) {
        const FaPin *pin = g_ptr_array_index(release->pins, i);
        add_check(checks, pin->component, check_pin(store, pin));
    }
    *ret_checks = g_steal_pointer(&checks);
    return fa_cancel_check(cancel, error);
}
