#include "store/sftp.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "store/sftp-line.h"

#define AT_ONCE     8
#define PIECE       (32u * 1024) /* every server gives out so much at once */
#define WINDOW      16           /* pieces of one file that are on their way */
#define HANDLE_MAX  256
#define MESSAGE_MAX 200
#define READ        1u /* how a file is opened */
#define HAS_SIZE    1u /* among the attributes */
#define OK          0u
#define NOT_THERE   2u
#define DENIED      3u

/* One piece of a file. */
typedef struct Piece {
    uint32_t id; /* of what it was asked with; 0: it is here */
    uint64_t offset;
    uint32_t wanted;
    GByteArray *bytes;
} Piece;

/* A file that is being fetched. */
typedef struct Slot {
    bool is_busy;
    FaFetch fetch;
    uint32_t stat_id; /* 0: answered */
    uint32_t open_id;
    bool is_open;
    bool is_missing;
    uint8_t handle[HANDLE_MAX];
    size_t handle_length;
    uint64_t next;   /* offset of the next piece to ask for */
    uint64_t end;    /* behind the last byte that is wanted */
    GQueue pieces;   /* of Piece, in the order of the file */
    unsigned window; /* grows with what comes, so that small files cost little */
} Slot;

struct FaSftp {
    char *shown;
    GPtrArray *argv;  /* of char, NULL-ended */
    char *folder;     /* on the other side */
    FaSftpLine *line; /* (nullable) */
    unsigned patience;
    FaCancel *cancel;
    uint32_t last_id;
    uint32_t closing; /* replies to come that say nothing */
    uint64_t bytes_before;
    uint64_t requests;
    Slot slots[AT_ONCE];
};

/* ~ is the folder that the other side starts in. */
static char *
folder_of(const char *path)
{
    if (g_str_has_prefix(path, "/~/"))
        return g_strdup(path + strlen("/~/"));
    return strcmp(path, "/~") == 0 ? g_strdup(".") : g_strdup(path);
}

FaSftp *
fa_sftp_open(const char *address, unsigned patience, FaCancel *cancel, GError **error)
{
    g_autofree char *user = NULL, *password = NULL, *host = NULL, *path = NULL;
    int port = -1;
    if (!g_uri_split_with_user(address, G_URI_FLAGS_HAS_PASSWORD, NULL, &user, &password, NULL,
                               &host, &port, &path, NULL, NULL, NULL) ||
        host == NULL || *host == '\0' || *host == '-' || (user != NULL && *user == '-') ||
        password != NULL || path == NULL || *path == '\0') {
        fa_fail(error, FA_ERROR_USAGE,
                "cannot pull from '%s'\nhelp: write ssh://[USER@]HOST[:PORT]/PATH",
                password != NULL ? "ssh://...: an address has no password" : address);
        return NULL;
    }

    FaSftp *sftp = g_new0(FaSftp, 1);
    sftp->shown = g_strdup(address);
    sftp->patience = patience;
    sftp->cancel = cancel;
    sftp->folder = folder_of(path);
    sftp->argv = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(sftp->argv, g_strdup("ssh"));
    g_ptr_array_add(sftp->argv, g_strdup("-oBatchMode=yes"));
    g_ptr_array_add(sftp->argv, g_strdup_printf("-oConnectTimeout=%u", patience));
    if (port > 0) {
        g_ptr_array_add(sftp->argv, g_strdup("-p"));
        g_ptr_array_add(sftp->argv, g_strdup_printf("%d", port));
    }
    g_ptr_array_add(sftp->argv, g_strdup("-s"));
    g_ptr_array_add(sftp->argv, g_strdup("--"));
    g_ptr_array_add(sftp->argv,
                    user != NULL ? g_strdup_printf("%s@%s", user, host) : g_strdup(host));
    g_ptr_array_add(sftp->argv, g_strdup("sftp"));
    g_ptr_array_add(sftp->argv, NULL);
    return sftp;
}

static void
free_piece(gpointer data)
{
    Piece *piece = data;
    g_clear_pointer(&piece->bytes, g_byte_array_unref);
    g_free(piece);
}

static void
clear_slot(Slot *slot)
{
    g_queue_clear_full(&slot->pieces, free_piece);
    g_clear_pointer(&slot->fetch.path, g_free);
    *slot = (Slot){0};
}

static void
hang_up(FaSftp *sftp)
{
    if (sftp->line == NULL)
        return;
    sftp->bytes_before += fa_sftp_line_get_bytes(sftp->line);
    g_clear_pointer(&sftp->line, fa_sftp_line_free);
    sftp->closing = 0;
}

void
fa_sftp_free(FaSftp *sftp)
{
    if (sftp == NULL)
        return;
    for (size_t i = 0; i < AT_ONCE; i++)
        clear_slot(&sftp->slots[i]);
    hang_up(sftp);
    g_ptr_array_unref(sftp->argv);
    g_free(sftp->folder);
    g_free(sftp->shown);
    g_free(sftp);
}

static uint32_t
new_id(FaSftp *sftp)
{
    sftp->last_id = sftp->last_id == UINT32_MAX ? 1 : sftp->last_id + 1;
    return sftp->last_id;
}

/* Asks how large the file is and opens it, both at once. */
static void
begin(FaSftp *sftp, Slot *slot)
{
    g_autofree char *path = g_build_filename(sftp->folder, slot->fetch.path, NULL);
    slot->is_busy = true;
    slot->window = 1;
    slot->next = slot->fetch.first;
    slot->stat_id = new_id(sftp);
    fa_sftp_line_begin(sftp->line, FA_SFTP_STAT, slot->stat_id);
    fa_sftp_line_add_string(sftp->line, path, strlen(path));
    fa_sftp_line_end(sftp->line);
    slot->open_id = new_id(sftp);
    fa_sftp_line_begin(sftp->line, FA_SFTP_OPEN, slot->open_id);
    fa_sftp_line_add_string(sftp->line, path, strlen(path));
    fa_sftp_line_add_number(sftp->line, READ);
    fa_sftp_line_add_number(sftp->line, 0);
    fa_sftp_line_end(sftp->line);
    sftp->requests++;
}

static void
ask_for(FaSftp *sftp, const Slot *slot, Piece *piece)
{
    uint32_t got = piece->bytes->len;
    piece->id = new_id(sftp);
    fa_sftp_line_begin(sftp->line, FA_SFTP_READ, piece->id);
    fa_sftp_line_add_string(sftp->line, slot->handle, slot->handle_length);
    fa_sftp_line_add_long(sftp->line, piece->offset + got);
    fa_sftp_line_add_number(sftp->line, piece->wanted - got);
    fa_sftp_line_end(sftp->line);
}

static void
close_file(FaSftp *sftp, const Slot *slot)
{
    fa_sftp_line_begin(sftp->line, FA_SFTP_CLOSE, new_id(sftp));
    fa_sftp_line_add_string(sftp->line, slot->handle, slot->handle_length);
    fa_sftp_line_end(sftp->line);
    sftp->closing++;
}

static bool
fail_strange(const FaSftp *sftp, GError **error)
{
    return fa_fail(error, FA_ERROR_FAILED, "'%s' answers something else than was asked",
                   sftp->shown);
}

/* Gives on what has come, asks for more, and ends when all is there. */
static bool
go_on(FaSftp *sftp, Slot *slot, GError **error)
{
    g_autoptr(GError) problem = NULL;
    for (Piece *head; (head = g_queue_peek_head(&slot->pieces)) != NULL && head->id == 0;) {
        bool ok = slot->fetch.take(head->bytes->data, head->bytes->len, slot->fetch.data, &problem);
        free_piece(g_queue_pop_head(&slot->pieces));
        slot->window = MIN(slot->window + 1, WINDOW);
        if (!ok) {
            g_propagate_prefixed_error(error, g_steal_pointer(&problem),
                                       "cannot take '%s' from '%s': ", slot->fetch.path,
                                       sftp->shown);
            return false;
        }
    }
    while (slot->next < slot->end && slot->pieces.length < slot->window) {
        Piece *piece = g_new0(Piece, 1);
        piece->bytes = g_byte_array_new();
        piece->offset = slot->next;
        piece->wanted = (uint32_t)MIN(slot->end - slot->next, PIECE);
        slot->next += piece->wanted;
        g_queue_push_tail(&slot->pieces, piece);
        ask_for(sftp, slot, piece);
    }
    if (slot->pieces.length > 0)
        return true;
    close_file(sftp, slot);
    if (slot->fetch.end != NULL && !slot->fetch.end(slot->fetch.data, &problem)) {
        g_propagate_prefixed_error(error, g_steal_pointer(&problem),
                                   "cannot take '%s' from '%s': ", slot->fetch.path, sftp->shown);
        return false;
    }
    clear_slot(slot);
    return true;
}

static bool
fail_status(const FaSftp *sftp, const Slot *slot, FaSftpReply *reply, GError **error)
{
    size_t length;
    uint32_t code = fa_sftp_get_number(reply);
    const char *message = (const char *)fa_sftp_get_string(reply, &length);
    g_autofree char *said = fa_text_sanitize(message, MIN(length, MESSAGE_MAX));
    if (code == NOT_THERE)
        return fa_fail(error, FA_ERROR_NOT_FOUND, "'%s' has no '%s'", sftp->shown,
                       slot->fetch.path);
    if (code == DENIED)
        return fa_fail(error, FA_ERROR_DENIED, "'%s' does not give out '%s'", sftp->shown,
                       slot->fetch.path);
    return fa_fail(error, FA_ERROR_FAILED, "cannot fetch '%s' from '%s': %s", slot->fetch.path,
                   sftp->shown, code == OK || *said == '\0' ? "it was cut off" : said);
}

/* Once both have been answered. */
static bool
begin_to_read(FaSftp *sftp, Slot *slot, GError **error)
{
    if (slot->stat_id != 0 || slot->open_id != 0)
        return true;
    return slot->is_missing ? fail_strange(sftp, error) : go_on(sftp, slot, error);
}

/* Of a whole file no more than the limit may be there; of a part just that is read. */
static bool
take_size(const FaSftp *sftp, Slot *slot, FaSftpReply *reply, GError **error)
{
    const FaFetch *fetch = &slot->fetch;
    uint32_t has = fa_sftp_get_number(reply);
    uint64_t size = fa_sftp_get_long(reply);
    if (reply->is_bad || (has & HAS_SIZE) == 0)
        return fail_strange(sftp, error);
    if (fetch->first == 0 && size > fetch->limit)
        return fa_fail(error, FA_ERROR_FAILED,
                       "cannot take '%s' from '%s': it is larger than it should be", fetch->path,
                       sftp->shown);
    slot->stat_id = 0;
    slot->end =
        size <= fetch->first ? fetch->first : fetch->first + MIN(size - fetch->first, fetch->limit);
    return true;
}

static bool
take_handle(const FaSftp *sftp, Slot *slot, FaSftpReply *reply, GError **error)
{
    const uint8_t *handle = fa_sftp_get_string(reply, &slot->handle_length);
    if (reply->is_bad || slot->handle_length == 0 || slot->handle_length > HANDLE_MAX)
        return fail_strange(sftp, error);
    memcpy(slot->handle, handle, slot->handle_length);
    slot->is_open = true;
    slot->open_id = 0;
    return true;
}

/* A server may give less than was asked for. */
static bool
take_piece(FaSftp *sftp, Slot *slot, Piece *piece, FaSftpReply *reply, GError **error)
{
    size_t length;
    const uint8_t *bytes = fa_sftp_get_string(reply, &length);
    if (reply->is_bad || length == 0 || length > piece->wanted - piece->bytes->len)
        return fail_strange(sftp, error);
    g_byte_array_append(piece->bytes, bytes, (guint)length);
    if (piece->bytes->len < piece->wanted) {
        ask_for(sftp, slot, piece);
        return true;
    }
    piece->id = 0;
    return go_on(sftp, slot, error);
}

static Piece *
find_piece(const Slot *slot, uint32_t id)
{
    for (GList *item = slot->pieces.head; item != NULL; item = item->next) {
        if (((Piece *)item->data)->id == id)
            return item->data;
    }
    return NULL;
}

/* A file that is not there may be all right: then the slot is free again once both replies have come. */
static bool
take_missing(FaSftp *sftp, Slot *slot, uint32_t id, FaSftpReply *reply, GError **error)
{
    g_autoptr(GError) problem = NULL;
    fail_status(sftp, slot, reply, &problem);
    if (slot->fetch.missing == NULL || !fa_error_is(problem, FA_ERROR_NOT_FOUND) || slot->is_open) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    if (slot->stat_id == id)
        slot->stat_id = 0;
    else
        slot->open_id = 0;
    slot->is_missing = true;
    if (slot->stat_id != 0 || slot->open_id != 0)
        return true;
    slot->fetch.missing(slot->fetch.data);
    clear_slot(slot);
    return true;
}

static bool
take_reply_of(FaSftp *sftp, Slot *slot, uint8_t type, uint32_t id, FaSftpReply *reply,
              GError **error)
{
    Piece *piece = find_piece(slot, id);
    if (type == FA_SFTP_STATUS && piece == NULL)
        return take_missing(sftp, slot, id, reply, error);
    if (type == FA_SFTP_STATUS)
        return fail_status(sftp, slot, reply, error);
    if (slot->stat_id == id && type == FA_SFTP_ATTRIBUTES)
        return take_size(sftp, slot, reply, error) && begin_to_read(sftp, slot, error);
    if (slot->open_id == id && type == FA_SFTP_HANDLE)
        return take_handle(sftp, slot, reply, error) && begin_to_read(sftp, slot, error);
    return piece != NULL && type == FA_SFTP_DATA ? take_piece(sftp, slot, piece, reply, error)
                                                 : fail_strange(sftp, error);
}

static bool
take_reply(FaSftp *sftp, GError **error)
{
    FaSftpReply reply;
    if (!fa_sftp_line_receive(sftp->line, &reply, error))
        return false;
    uint8_t type = fa_sftp_get_byte(&reply);
    uint32_t id = fa_sftp_get_number(&reply);
    for (size_t i = 0; !reply.is_bad && id != 0 && i < AT_ONCE; i++) {
        Slot *slot = &sftp->slots[i];
        if (slot->is_busy &&
            (slot->stat_id == id || slot->open_id == id || find_piece(slot, id) != NULL))
            return take_reply_of(sftp, slot, type, id, &reply, error);
    }
    if (reply.is_bad || type != FA_SFTP_STATUS || sftp->closing == 0)
        return fail_strange(sftp, error);
    sftp->closing--;
    return true;
}

static bool
is_busy(const FaSftp *sftp)
{
    for (size_t i = 0; i < AT_ONCE; i++) {
        if (sftp->slots[i].is_busy)
            return true;
    }
    return false;
}

static bool
run(FaSftp *sftp, FaFetchNextFunc next, void *data, GError **error)
{
    bool has_more = true;
    if (sftp->line == NULL)
        sftp->line = fa_sftp_line_open((const char *const *)sftp->argv->pdata, sftp->shown,
                                       sftp->patience, sftp->cancel, error);
    if (sftp->line == NULL)
        return false;
    fa_sftp_line_start_clock(sftp->line);
    for (;;) {
        for (size_t i = 0; has_more && i < AT_ONCE; i++) {
            Slot *slot = &sftp->slots[i];
            if (slot->is_busy)
                continue;
            has_more = next(data, &slot->fetch);
            if (has_more)
                begin(sftp, slot);
        }
        if (!is_busy(sftp))
            return true;
        if (!take_reply(sftp, error))
            return false;
    }
}

bool
fa_sftp_run(FaSftp *sftp, FaFetchNextFunc next, void *data, GError **error)
{
    bool ok = run(sftp, next, data, error);
    if (ok)
        return true;
    /* Replies to what was asked would come still. */
    hang_up(sftp);
    for (size_t i = 0; i < AT_ONCE; i++)
        clear_slot(&sftp->slots[i]);
    return false;
}

uint64_t
fa_sftp_get_bytes(const FaSftp *sftp)
{
    return sftp->bytes_before + (sftp->line != NULL ? fa_sftp_line_get_bytes(sftp->line) : 0);
}

uint64_t
fa_sftp_get_requests(const FaSftp *sftp)
{
    return sftp->requests;
}
