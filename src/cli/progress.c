#include "cli/progress.h"

#include <langinfo.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "sys/clock.h"
#include "sys/tty.h"

#define SECOND        1000000
#define TICK          (SECOND / 5)
#define FIRST_DRAW    SECOND
#define ROWS_MAX      16
#define QUIET_SECONDS 5  /* that a step nobody asks for may take untold */
#define FEW_STEPS     20 /* up to so many, those that were cached have a line too */

struct FaProgress {
    FaProgressOptions options;
    char *title;
    GMutex mutex; /* guards all below, and the stream */
    GPtrArray *steps;
    GHashTable *by_name; /* into steps */
    int64_t started;
    unsigned drawn; /* rows of the live view on the screen */
    bool is_paused;
    GString *held; /* told while it was paused */
    bool is_finished;
    GCond finished;
    GThread *drawer; /* NULL but on a terminal */
};

static void
step_free(gpointer data)
{
    FaProgressStep *step = data;
    g_free(step->name);
    g_free(step->note);
    g_free(step->log);
    g_free(step->log_path);
    g_free(step);
}

static FaProgressFrame
make_frame(const FaProgress *progress)
{
    int fd = fileno(progress->options.stream);
    unsigned height = fa_tty_get_height(fd);

    return (FaProgressFrame){
        .title = progress->title,
        .steps = progress->steps,
        .started = progress->started,
        .now = progress->options.clock(),
        .jobs = progress->options.jobs,
        .width = MAX(fa_tty_get_width(fd), 20),
        .rows = CLAMP(height / 3, 2, ROWS_MAX),
        .colour = progress->options.colour,
        .is_utf8 = progress->options.is_utf8,
    };
}

/* Everything for the stream in one write, so that nothing comes between. */
static void
put(FaProgress *progress, const GString *text)
{
    if (progress->is_paused) {
        g_string_append_len(progress->held, text->str, (gssize)text->len);
        return;
    }
    fwrite(text->str, 1, text->len, progress->options.stream);
    fflush(progress->options.stream);
}

/* Appends what takes the live view off the screen. */
static void
erase(FaProgress *progress, GString *out)
{
    if (progress->drawn > 0)
        g_string_append_printf(out, "\r\033[%uA\033[J", progress->drawn);
    progress->drawn = 0;
}

static void
draw(FaProgress *progress)
{
    if (progress->is_paused || !fa_tty_is_foreground(fileno(progress->options.stream)))
        return;

    g_autoptr(GString) out = g_string_new(NULL);
    FaProgressFrame frame = make_frame(progress);
    erase(progress, out);
    progress->drawn = fa_progress_view_frame(&frame, out);
    put(progress, out);
}

static gpointer
draw_until_finished(gpointer data)
{
    FaProgress *progress = data;
    int64_t next = g_get_monotonic_time() + FIRST_DRAW;

    g_mutex_lock(&progress->mutex);
    while (!progress->is_finished) {
        if (g_cond_wait_until(&progress->finished, &progress->mutex, next))
            continue;
        draw(progress);
        next = g_get_monotonic_time() + TICK;
    }
    g_mutex_unlock(&progress->mutex);
    return NULL;
}

FaProgress *
fa_progress_new_with(const FaProgressOptions *options)
{
    FaProgress *progress = g_new0(FaProgress, 1);
    progress->options = *options;
    progress->title = g_strdup(options->title);
    progress->held = g_string_new(NULL);
    progress->steps = g_ptr_array_new_with_free_func(step_free);
    progress->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    progress->started = options->clock();
    g_mutex_init(&progress->mutex);
    g_cond_init(&progress->finished);
    if (options->mode == FA_PROGRESS_TERMINAL)
        progress->drawer = g_thread_new("progress", draw_until_finished, progress);
    return progress;
}

static FaProgressMode
mode_for(const FaInvocation *invocation)
{
    const char *terminal = g_getenv("TERM");

    if (invocation->json)
        return FA_PROGRESS_JSON;
    if (invocation->is_quiet)
        return FA_PROGRESS_QUIET;
    if (!fa_tty_is_terminal(STDERR_FILENO) || terminal == NULL || strcmp(terminal, "dumb") == 0)
        return FA_PROGRESS_LINES;
    return FA_PROGRESS_TERMINAL;
}

FaProgress *
fa_progress_new(const FaInvocation *invocation, const char *title, unsigned jobs)
{
    FaProgressMode mode = mode_for(invocation);

    return fa_progress_new_with(&(FaProgressOptions){
        .mode = mode,
        .stream = mode == FA_PROGRESS_JSON ? stdout : stderr,
        .title = title,
        .jobs = MAX(jobs, 1),
        .colour = invocation->colour_err,
        .is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
        .is_verbose = invocation->is_verbose,
        .clock = fa_clock_monotonic,
    });
}

static void
stop_drawing(FaProgress *progress)
{
    g_mutex_lock(&progress->mutex);
    progress->is_finished = true;
    g_cond_signal(&progress->finished);
    g_mutex_unlock(&progress->mutex);
    if (progress->drawer != NULL)
        g_thread_join(g_steal_pointer(&progress->drawer));
}

void
fa_progress_free(FaProgress *progress)
{
    if (progress == NULL)
        return;
    stop_drawing(progress);
    g_hash_table_unref(progress->by_name);
    g_ptr_array_unref(progress->steps);
    g_mutex_clear(&progress->mutex);
    g_cond_clear(&progress->finished);
    g_string_free(progress->held, TRUE);
    g_free(progress->title);
    g_free(progress);
}

/* (transfer none) Made when it is new, so that nobody has to announce a step. */
static FaProgressStep *
get_step(FaProgress *progress, const char *name)
{
    FaProgressStep *step = g_hash_table_lookup(progress->by_name, name);
    if (step != NULL)
        return step;

    step = g_new0(FaProgressStep, 1);
    step->name = g_strdup(name);
    g_ptr_array_add(progress->steps, step);
    g_hash_table_insert(progress->by_name, step->name, step);
    return step;
}

/* One line of JSON; @step may be NULL, @message too. */
static void
put_event(FaProgress *progress, const char *event, const FaProgressStep *step, const char *message)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    JsonObject *object = json_object_new();
    g_autofree char *time = fa_clock_format_utc(fa_clock_now());

    json_node_take_object(node, object);
    json_object_set_string_member(object, "event", event);
    json_object_set_string_member(object, "time", time);
    if (step != NULL) {
        json_object_set_string_member(object, "step", step->name);
        json_object_set_string_member(object, "state", fa_step_state_to_string(step->state));
        if (step->estimate > 0)
            json_object_set_double_member(object, "estimate", (double)step->estimate / SECOND);
        if (step->state == FA_STEP_DONE || step->state == FA_STEP_FAILED)
            json_object_set_double_member(object, "seconds", (double)step->elapsed / SECOND);
        if (step->note != NULL)
            json_object_set_string_member(object, "note", step->note);
        if (step->log_path != NULL)
            json_object_set_string_member(object, "log", step->log_path);
    }
    if (message != NULL)
        json_object_set_string_member(object, "message", message);
    g_autofree char *text = fa_json_to_text(node, false);
    g_autoptr(GString) line = g_string_new(text);
    g_string_append_c(line, '\n');
    put(progress, line);
}

static bool
is_shown(const FaProgress *progress, const FaProgressStep *step)
{
    if (step->is_quiet && !progress->options.is_verbose)
        return step->state == FA_STEP_FAILED || step->elapsed >= QUIET_SECONDS * SECOND;
    return step->state != FA_STEP_CACHED || progress->options.is_verbose ||
           progress->steps->len <= FEW_STEPS;
}

/* Tells of a step that has begun or ended. */
static void
tell(FaProgress *progress, const FaProgressStep *step)
{
    g_autoptr(GString) out = g_string_new(NULL);
    FaProgressFrame frame = make_frame(progress);

    switch (progress->options.mode) {
    case FA_PROGRESS_QUIET:
        return;
    case FA_PROGRESS_JSON:
        put_event(progress, step->state == FA_STEP_RUNNING ? "started" : "ended", step, NULL);
        return;
    case FA_PROGRESS_LINES:
        if (is_shown(progress, step))
            fa_progress_view_line(step, out);
        break;
    case FA_PROGRESS_TERMINAL:
        if (step->state == FA_STEP_RUNNING || !is_shown(progress, step))
            return;
        erase(progress, out);
        fa_progress_view_ended(&frame, step, out);
        break;
    }
    put(progress, out);
}

void
fa_progress_add(FaProgress *progress, const char *name, int64_t estimate)
{
    g_mutex_lock(&progress->mutex);
    bool is_new = !g_hash_table_contains(progress->by_name, name);
    FaProgressStep *step = get_step(progress, name);
    if (is_new)
        step->estimate = MAX(estimate, 0);
    if (is_new && progress->options.mode == FA_PROGRESS_JSON)
        put_event(progress, "added", step, NULL);
    g_mutex_unlock(&progress->mutex);
}

static void
begin(FaProgress *progress, const char *name, bool is_quiet)
{
    g_mutex_lock(&progress->mutex);
    FaProgressStep *step = get_step(progress, name);
    step->is_quiet = is_quiet;
    step->state = FA_STEP_RUNNING;
    step->started = progress->options.clock();
    tell(progress, step);
    g_mutex_unlock(&progress->mutex);
}

void
fa_progress_begin(FaProgress *progress, const char *name)
{
    begin(progress, name, false);
}

void
fa_progress_begin_quietly(FaProgress *progress, const char *name)
{
    begin(progress, name, true);
}

void
fa_progress_note(FaProgress *progress, const char *name, const char *note)
{
    g_mutex_lock(&progress->mutex);
    FaProgressStep *step = get_step(progress, name);
    g_free(step->note);
    step->note = g_strdup(note);
    if (progress->options.mode == FA_PROGRESS_JSON)
        put_event(progress, "note", step, NULL);
    g_mutex_unlock(&progress->mutex);
}

void
fa_progress_end(FaProgress *progress, const char *name, FaStepState state, const char *note)
{
    g_mutex_lock(&progress->mutex);
    FaProgressStep *step = get_step(progress, name);
    if (step->state == FA_STEP_RUNNING)
        step->elapsed = progress->options.clock() - step->started;
    step->state = state;
    g_free(step->note);
    step->note = g_strdup(note);
    tell(progress, step);
    g_mutex_unlock(&progress->mutex);
}

void
fa_progress_log(FaProgress *progress, const char *name, const char *log, const char *path)
{
    g_mutex_lock(&progress->mutex);
    FaProgressStep *step = get_step(progress, name);
    g_free(step->log);
    g_free(step->log_path);
    step->log = g_strdup(log);
    step->log_path = g_strdup(path);
    g_mutex_unlock(&progress->mutex);
}

void
fa_progress_say(FaProgress *progress, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);

    g_mutex_lock(&progress->mutex);
    if (progress->options.mode == FA_PROGRESS_JSON)
        put_event(progress, "message", NULL, message);
    else if (progress->options.mode != FA_PROGRESS_QUIET) {
        g_autoptr(GString) out = g_string_new(NULL);
        erase(progress, out);
        g_string_append_printf(out, "%s\n", message);
        put(progress, out);
    }
    g_mutex_unlock(&progress->mutex);
}

void
fa_progress_pause(FaProgress *progress)
{
    g_autoptr(GString) out = g_string_new(NULL);

    g_mutex_lock(&progress->mutex);
    erase(progress, out);
    put(progress, out);
    progress->is_paused = true;
    g_mutex_unlock(&progress->mutex);
}

void
fa_progress_resume(FaProgress *progress)
{
    g_mutex_lock(&progress->mutex);
    progress->is_paused = false;
    put(progress, progress->held);
    g_string_truncate(progress->held, 0);
    g_mutex_unlock(&progress->mutex);
}

void
fa_progress_finish(FaProgress *progress)
{
    stop_drawing(progress);

    g_mutex_lock(&progress->mutex);
    if (progress->options.mode == FA_PROGRESS_JSON)
        put_event(progress, "finished", NULL, NULL);
    else {
        g_autoptr(GString) out = g_string_new(NULL);
        FaProgressFrame frame = make_frame(progress);
        erase(progress, out);
        fa_progress_view_failures(&frame, out);
        put(progress, out);
    }
    g_mutex_unlock(&progress->mutex);
}
