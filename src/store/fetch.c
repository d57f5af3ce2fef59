#include "store/fetch.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <string.h>

#include "base/error.h"
#include "store/sftp.h"
#include "sys/fs.h"

#define LIBRARY       "libcurl.so.4"
#define AT_ONCE       8
#define CONNECT_MAX   20L   /* seconds */
#define RATE_MIN      1000L /* bytes a second */
#define POLL          1000  /* milliseconds; curl wakes earlier for what it waits for */
#define REDIRECT_FROM 300
#define REDIRECT_TO   399

typedef struct Slot {
    FaFetcher *fetcher;
    CURL *easy;
    FaFetch fetch;
    bool is_busy;
    bool has_begun;
    uint64_t skip; /* bytes that a server sends though they are not wanted */
    uint64_t left; /* of the limit */
    GError *error;
} Slot;

struct FaFetcher {
    FaSftp *sftp; /* (nullable) then all is done by it */
    void *library;
    CURLM *multi;
    char *base;  /* ends without a slash */
    char *shown; /* without a password */
    bool is_folder;
    unsigned patience;
    FaCancel *cancel;
    uint64_t bytes;
    uint64_t requests;
    Slot slots[AT_ONCE];
    __typeof__(&curl_easy_init) easy_new;
    __typeof__(&curl_easy_cleanup) easy_free;
    __typeof__(&curl_easy_setopt) set;
    __typeof__(&curl_easy_getinfo) get;
    __typeof__(&curl_easy_strerror) say;
    __typeof__(&curl_multi_init) multi_new;
    __typeof__(&curl_multi_cleanup) multi_free;
    __typeof__(&curl_multi_add_handle) add;
    __typeof__(&curl_multi_remove_handle) remove;
    __typeof__(&curl_multi_perform) perform;
    __typeof__(&curl_multi_poll) poll;
    __typeof__(&curl_multi_info_read) read;
};

static bool
load(FaFetcher *fetcher)
{
    fetcher->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (fetcher->library == NULL)
        return false;

    const struct {
        void *slot;
        const char *name;
    } symbols[] = {
        {&fetcher->easy_new, "curl_easy_init"},
        {&fetcher->easy_free, "curl_easy_cleanup"},
        {&fetcher->set, "curl_easy_setopt"},
        {&fetcher->get, "curl_easy_getinfo"},
        {&fetcher->say, "curl_easy_strerror"},
        {&fetcher->multi_new, "curl_multi_init"},
        {&fetcher->multi_free, "curl_multi_cleanup"},
        {&fetcher->add, "curl_multi_add_handle"},
        {&fetcher->remove, "curl_multi_remove_handle"},
        {&fetcher->perform, "curl_multi_perform"},
        {&fetcher->poll, "curl_multi_poll"},
        {&fetcher->read, "curl_multi_info_read"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(symbols); i++) {
        void *found = dlsym(fetcher->library, symbols[i].name);
        if (found == NULL)
            return false;
        *(void **)symbols[i].slot = found;
    }
    fetcher->multi = fetcher->multi_new();
    return fetcher->multi != NULL;
}

/* (transfer full) (nullable) */
static char *
address_of(const char *from, GError **error)
{
    if (g_str_has_prefix(from, "http://") || g_str_has_prefix(from, "https://") ||
        g_str_has_prefix(from, "ssh://") || g_str_has_prefix(from, "file:///"))
        return g_strdup(from);
    if (strstr(from, "://") != NULL) {
        fa_fail(error, FA_ERROR_USAGE,
                "cannot pull from '%s': only http, https, ssh, file and folders are known", from);
        return NULL;
    }
    g_autofree char *absolute = fa_fs_absolute(from);
    return g_filename_to_uri(absolute, NULL, error);
}

/* (transfer full) Without what stands before an at sign: it may hold a password. */
static char *
hide_password(const char *address)
{
    const char *host = strstr(address, "://") + strlen("://");
    size_t length = strcspn(host, "/");
    const char *at = memrchr(host, '@', length);
    if (at == NULL)
        return g_strdup(address);
    return g_strdup_printf("%.*s%s", (int)(host - address), address, at + 1);
}

FaFetcher *
fa_fetcher_open(const char *from, unsigned patience, FaCancel *cancel, GError **error)
{
    g_autofree char *base = address_of(from, error);
    if (base == NULL)
        return NULL;
    for (size_t length = strlen(base); length > 0 && base[length - 1] == '/'; length--)
        base[length - 1] = '\0';

    FaFetcher *fetcher = g_new0(FaFetcher, 1);
    fetcher->base = g_steal_pointer(&base);
    fetcher->shown = hide_password(fetcher->base);
    fetcher->is_folder = g_str_has_prefix(fetcher->base, "file:");
    fetcher->patience = patience;
    fetcher->cancel = cancel;
    if (g_str_has_prefix(fetcher->base, "ssh:")) {
        fetcher->sftp = fa_sftp_open(fetcher->base, patience, cancel, error);
        if (fetcher->sftp == NULL)
            g_clear_pointer(&fetcher, fa_fetcher_free);
        return fetcher;
    }
    if (load(fetcher))
        return fetcher;

    const char *why = dlerror();
    fa_fail(error, FA_ERROR_FAILED, "cannot load '%s': %s", LIBRARY,
            why != NULL ? why : "it is too old");
    fa_fetcher_free(fetcher);
    return NULL;
}

static void
clear_slot(Slot *slot)
{
    g_clear_pointer(&slot->fetch.path, g_free);
    g_clear_error(&slot->error);
    slot->is_busy = false;
}

void
fa_fetcher_free(FaFetcher *fetcher)
{
    if (fetcher == NULL)
        return;
    for (size_t i = 0; i < AT_ONCE; i++) {
        Slot *slot = &fetcher->slots[i];
        if (slot->easy != NULL) {
            if (slot->is_busy)
                fetcher->remove(fetcher->multi, slot->easy);
            fetcher->easy_free(slot->easy);
        }
        clear_slot(slot);
    }
    fa_sftp_free(fetcher->sftp);
    if (fetcher->multi != NULL)
        fetcher->multi_free(fetcher->multi);
    if (fetcher->library != NULL)
        dlclose(fetcher->library);
    g_free(fetcher->base);
    g_free(fetcher->shown);
    g_free(fetcher);
}

/* What a server says of the answer; 0 for a folder. */
static long
code_of(const Slot *slot)
{
    long code = 0;
    slot->fetcher->get(slot->easy, CURLINFO_RESPONSE_CODE, &code);
    return code;
}

static size_t
take_bytes(char *bytes, size_t size, size_t count, void *data)
{
    Slot *slot = data;
    size_t length = size * count, all = length;
    if (!slot->has_begun) {
        long code = code_of(slot);
        slot->has_begun = true;
        /* Any other is an error, whose text is of no use to anybody. */
        if (code != 0 && code != 200 && code != 206)
            return 0;
        slot->skip = code == 200 ? slot->fetch.first : 0;
    }
    slot->fetcher->bytes += length;
    size_t skipped = MIN(slot->skip, length);
    slot->skip -= skipped;
    bytes += skipped;
    length -= skipped;
    if (length > slot->left) {
        fa_fail(&slot->error, FA_ERROR_FAILED, "it is larger than it should be");
        return 0;
    }
    slot->left -= length;
    return length == 0 || slot->fetch.take(bytes, length, slot->fetch.data, &slot->error) ? all : 0;
}

static size_t
take_header(char *bytes, size_t size, size_t count, void *data)
{
    ((Slot *)data)->fetcher->bytes += size * count;
    return size * count;
}

static bool
make_easy(Slot *slot, GError **error)
{
    FaFetcher *fetcher = slot->fetcher;
    slot->easy = fetcher->easy_new();
    if (slot->easy == NULL)
        return fa_fail(error, FA_ERROR_FAILED, "cannot start '%s'", LIBRARY);
    fetcher->set(slot->easy, CURLOPT_NOSIGNAL, 1L);
    fetcher->set(slot->easy, CURLOPT_FOLLOWLOCATION, 0L);
    fetcher->set(slot->easy, CURLOPT_CONNECTTIMEOUT, CONNECT_MAX);
    fetcher->set(slot->easy, CURLOPT_LOW_SPEED_LIMIT, RATE_MIN);
    fetcher->set(slot->easy, CURLOPT_LOW_SPEED_TIME, (long)fetcher->patience);
    fetcher->set(slot->easy, CURLOPT_USERAGENT, "fassembler/" FA_VERSION);
    fetcher->set(slot->easy, CURLOPT_WRITEFUNCTION, take_bytes);
    fetcher->set(slot->easy, CURLOPT_WRITEDATA, slot);
    fetcher->set(slot->easy, CURLOPT_HEADERFUNCTION, take_header);
    fetcher->set(slot->easy, CURLOPT_HEADERDATA, slot);
    fetcher->set(slot->easy, CURLOPT_PRIVATE, slot);
    CURLcode code =
        fetcher->set(slot->easy, CURLOPT_PROTOCOLS_STR, fetcher->is_folder ? "file" : "http,https");
    return code == CURLE_OK || fa_fail(error, FA_ERROR_FAILED, "'%s' is too old", LIBRARY);
}

static bool
begin(Slot *slot, GError **error)
{
    FaFetcher *fetcher = slot->fetcher;
    g_autofree char *url = g_strconcat(fetcher->base, "/", slot->fetch.path, NULL);
    g_autofree char *range = NULL;
    slot->is_busy = true;
    slot->has_begun = false;
    slot->left = slot->fetch.limit;
    if (slot->easy == NULL && !make_easy(slot, error))
        return false;
    if (slot->fetch.first > 0)
        range = g_strdup_printf("%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, slot->fetch.first,
                                slot->fetch.first + slot->fetch.limit - 1);
    fetcher->set(slot->easy, CURLOPT_URL, url);
    fetcher->set(slot->easy, CURLOPT_RANGE, range);
    fetcher->requests++;
    if (fetcher->add(fetcher->multi, slot->easy) != CURLM_OK)
        return fa_fail(error, FA_ERROR_FAILED, "cannot ask '%s'", fetcher->shown);
    return true;
}

static bool
fail_code(const Slot *slot, long code, GError **error)
{
    const FaFetcher *fetcher = slot->fetcher;
    const char *path = slot->fetch.path, *elsewhere = NULL;
    if (code == 404 || code == 410)
        return fa_fail(error, FA_ERROR_NOT_FOUND, "'%s' has no '%s'", fetcher->shown, path);
    if (code == 401 || code == 403)
        return fa_fail(error, FA_ERROR_DENIED, "'%s' does not give out '%s'", fetcher->shown, path);
    if (code < REDIRECT_FROM || code > REDIRECT_TO)
        return fa_fail(error, FA_ERROR_FAILED, "'%s' answers %ld for '%s'", fetcher->shown, code,
                       path);
    fetcher->get(slot->easy, CURLINFO_REDIRECT_URL, &elsewhere);
    return fa_fail(error, FA_ERROR_FAILED, "'%s' sends elsewhere for '%s': '%.200s'",
                   fetcher->shown, path, elsewhere != NULL ? elsewhere : "");
}

/* Takes the error of @slot, or makes one of @result. */
static bool
fail_slot(Slot *slot, CURLcode result, GError **error)
{
    const FaFetcher *fetcher = slot->fetcher;
    long code = code_of(slot);
    if (slot->error != NULL) {
        g_propagate_prefixed_error(error, g_steal_pointer(&slot->error),
                                   "cannot take '%s' from '%s': ", slot->fetch.path,
                                   fetcher->shown);
        return false;
    }
    if (code != 0 && code != 200 && code != 206)
        return fail_code(slot, code, error);
    if (fetcher->is_folder && !slot->has_begun)
        return fa_fail(error, FA_ERROR_NOT_FOUND, "'%s' has no '%s'", fetcher->shown,
                       slot->fetch.path);
    bool is_away = !slot->has_begun || result == CURLE_OPERATION_TIMEDOUT;
    return fa_fail(error, is_away ? FA_ERROR_UNREACHABLE : FA_ERROR_FAILED,
                   "cannot fetch '%s' from '%s': %s", slot->fetch.path, fetcher->shown,
                   result == CURLE_OPERATION_TIMEDOUT ? "it takes too long" : fetcher->say(result));
}

static bool
is_missing(const Slot *slot, CURLcode result, long code)
{
    if (slot->fetcher->is_folder)
        return result == CURLE_FILE_COULDNT_READ_FILE;
    return code == 404 || code == 410;
}

/* The transfer of @slot has ended with @result. */
static bool
end(Slot *slot, CURLcode result, GError **error)
{
    long code = code_of(slot);
    slot->fetcher->remove(slot->fetcher->multi, slot->easy);
    if (slot->fetch.missing != NULL && slot->error == NULL && is_missing(slot, result, code)) {
        slot->fetch.missing(slot->fetch.data);
        clear_slot(slot);
        return true;
    }
    if (result != CURLE_OK || slot->error != NULL || (code != 0 && code != 200 && code != 206))
        return fail_slot(slot, result, error);
    if (slot->fetch.end != NULL && !slot->fetch.end(slot->fetch.data, &slot->error))
        return fail_slot(slot, result, error);
    clear_slot(slot);
    return true;
}

static bool
end_finished(FaFetcher *fetcher, bool *ret_any, GError **error)
{
    CURLMsg *message;
    int left;
    *ret_any = false;
    while ((message = fetcher->read(fetcher->multi, &left)) != NULL) {
        char *data = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode result = message->data.result;
        *ret_any = true;
        fetcher->get(message->easy_handle, CURLINFO_PRIVATE, &data);
        if (!end((Slot *)(void *)data, result, error))
            return false;
    }
    return true;
}

/* Gives work to slots that have none. */
static bool
fill(FaFetcher *fetcher, FaFetchNextFunc next, void *data, bool *has_more, GError **error)
{
    for (size_t i = 0; *has_more && i < AT_ONCE; i++) {
        Slot *slot = &fetcher->slots[i];
        if (slot->is_busy)
            continue;
        slot->fetcher = fetcher;
        *has_more = next(data, &slot->fetch);
        if (*has_more && !begin(slot, error))
            return false;
    }
    return true;
}

static bool
is_busy(const FaFetcher *fetcher)
{
    for (size_t i = 0; i < AT_ONCE; i++) {
        if (fetcher->slots[i].is_busy)
            return true;
    }
    return false;
}

static bool
turn(FaFetcher *fetcher, FaFetchNextFunc next, void *data, GError **error)
{
    bool has_more = true, has_ended;
    int running;
    for (;;) {
        if (!fill(fetcher, next, data, &has_more, error))
            return false;
        if (!is_busy(fetcher))
            return true;
        if (fetcher->perform(fetcher->multi, &running) != CURLM_OK)
            return fa_fail(error, FA_ERROR_FAILED, "cannot ask '%s'", fetcher->shown);
        if (!end_finished(fetcher, &has_ended, error) || !fa_cancel_check(fetcher->cancel, error))
            return false;
        int fd = fa_cancel_get_fd(fetcher->cancel);
        struct curl_waitfd wait = {.fd = fd, .events = CURL_WAIT_POLLIN};
        if (running > 0 && !has_ended)
            fetcher->poll(fetcher->multi, &wait, fd >= 0 ? 1 : 0, POLL, NULL);
    }
}

bool
fa_fetcher_run(FaFetcher *fetcher, FaFetchNextFunc next, void *data, GError **error)
{
    if (fetcher->sftp != NULL)
        return fa_sftp_run(fetcher->sftp, next, data, error);
    bool ok = turn(fetcher, next, data, error);
    for (size_t i = 0; !ok && i < AT_ONCE; i++) {
        Slot *slot = &fetcher->slots[i];
        if (slot->is_busy && slot->easy != NULL)
            fetcher->remove(fetcher->multi, slot->easy);
        clear_slot(slot);
    }
    return ok;
}

typedef struct Read {
    const char *path;
    uint64_t limit;
    GByteArray *bytes;
} Read;

static bool
take_all(const void *bytes, size_t length, void *data, GError **error)
{
    g_byte_array_append(((Read *)data)->bytes, bytes, (guint)length);
    return true;
}

static bool
next_read(void *data, FaFetch *fetch)
{
    Read *read = data;
    if (read->path == NULL)
        return false;
    *fetch = (FaFetch){
        .path = g_strdup(read->path), .limit = read->limit, .take = take_all, .data = read};
    read->path = NULL;
    return true;
}

GByteArray *
fa_fetcher_read(FaFetcher *fetcher, const char *path, uint64_t limit, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Read read = {.path = path, .limit = MIN(limit, G_MAXINT32), .bytes = bytes};
    return fa_fetcher_run(fetcher, next_read, &read, error) ? g_steal_pointer(&bytes) : NULL;
}

char *
fa_fetcher_show(const char *from)
{
    g_autofree char *address = address_of(from, NULL);
    return address != NULL ? hide_password(address) : g_strdup(from);
}

const char *
fa_fetcher_get_address(const FaFetcher *fetcher)
{
    return fetcher->shown;
}

uint64_t
fa_fetcher_get_bytes(const FaFetcher *fetcher)
{
    return fetcher->sftp != NULL ? fa_sftp_get_bytes(fetcher->sftp) : fetcher->bytes;
}

uint64_t
fa_fetcher_get_requests(const FaFetcher *fetcher)
{
    return fetcher->sftp != NULL ? fa_sftp_get_requests(fetcher->sftp) : fetcher->requests;
}
