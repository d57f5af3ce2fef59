#include "site/sqlite-copy.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/fs.h"

#define LIBRARY         "libsqlite3.so.0"
#define MAGIC           "SQLite format 3" /* and a NUL */
#define LOCKED_SECONDS  60                /* that somebody may keep it locked */
#define LOCKED_PAUSE_MS 1

#define FUNCTIONS(X)                                                                               \
    X(backup_finish)                                                                               \
    X(backup_init)                                                                                 \
    X(backup_step)                                                                                 \
    X(close_v2)                                                                                    \
    X(errmsg)                                                                                      \
    X(errstr)                                                                                      \
    X(exec)                                                                                        \
    X(open_v2)

/* Every function under its name without "sqlite3_". */
typedef struct Library {
    void *handle;
#define MEMBER(name) __typeof__(&sqlite3_##name) name;
    FUNCTIONS(MEMBER)
#undef MEMBER
} Library;

static const char *const beside[] = {"-wal", "-shm", "-journal", NULL};

static void
library_clear(Library *library)
{
    if (library->handle != NULL)
        dlclose(library->handle);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Library, library_clear)

static bool
load(Library *library, GError **error)
{
    const struct {
        void *slot;
        const char *name;
    } symbols[] = {
#define FIND(name) {&library->name, "sqlite3_" #name},
        FUNCTIONS(FIND)
#undef FIND
    };
    library->handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; library->handle != NULL && i < G_N_ELEMENTS(symbols); i++) {
        void *found = dlsym(library->handle, symbols[i].name);
        if (found == NULL)
            return fa_fail(error, FA_ERROR_FAILED, "'%s' is too old", LIBRARY);
        *(void **)symbols[i].slot = found;
    }
    return library->handle != NULL ||
           fa_fail(error, FA_ERROR_FAILED, "cannot load '%s': %s", LIBRARY, dlerror());
}

bool
fa_sqlite_is_database(const char *path)
{
    char head[sizeof MAGIC];
    fa_autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    return fd >= 0 && read(fd, head, sizeof head) == (ssize_t)sizeof head &&
           memcmp(head, MAGIC, sizeof head) == 0;
}

char *
fa_sqlite_find_owner(const char *path)
{
    for (const char *const *suffix = beside; *suffix != NULL; suffix++) {
        if (!g_str_has_suffix(path, *suffix))
            continue;
        g_autofree char *owner = g_strndup(path, strlen(path) - strlen(*suffix));
        return fa_sqlite_is_database(owner) ? g_steal_pointer(&owner) : NULL;
    }
    return NULL;
}

static FaErrorCode
code_of(int status)
{
    int basic = status & 0xff;
    return basic == SQLITE_BUSY || basic == SQLITE_LOCKED ? FA_ERROR_CONFLICT : FA_ERROR_FAILED;
}

/* (transfer full) (nullable) */
static sqlite3 *
open_database(const Library *library, const char *path, int flags, GError **error)
{
    sqlite3 *database = NULL;
    int status = library->open_v2(path, &database, flags | SQLITE_OPEN_PRIVATECACHE, NULL);
    if (status == SQLITE_OK)
        return database;
    fa_fail(error, code_of(status), "cannot open '%s': %s", path, library->errstr(status));
    library->close_v2(database);
    return NULL;
}

/* All at one moment. SQLite's own way to wait comes too seldom to find one between writers that follow each other. */
static int
run(const Library *library, sqlite3_backup *backup, FaCancel *cancel, GError **error)
{
    int64_t limit = fa_clock_monotonic() + LOCKED_SECONDS * G_USEC_PER_SEC;
    for (;;) {
        int status = library->backup_step(backup, -1);
        if (code_of(status) != FA_ERROR_CONFLICT || fa_clock_monotonic() > limit ||
            !fa_cancel_check(cancel, error))
            return status;
        struct pollfd fd = {.fd = fa_cancel_get_fd(cancel), .events = POLLIN};
        poll(&fd, 1, LOCKED_PAUSE_MS);
    }
}

static bool
copy(const Library *library, sqlite3 *from, sqlite3 *to, FaCancel *cancel, GError **error)
{
    g_autoptr(GError) cancelled = NULL;
    sqlite3_backup *backup = library->backup_init(to, "main", from, "main");
    if (backup == NULL)
        return fa_fail(error, FA_ERROR_FAILED, "%s", library->errmsg(to));
    int status = run(library, backup, cancel, &cancelled);
    library->backup_finish(backup);
    if (cancelled != NULL) {
        g_propagate_error(error, g_steal_pointer(&cancelled));
        return false;
    }
    return status == SQLITE_DONE || fa_fail(error, code_of(status), "%s", library->errstr(status));
}

/* SQLite would make it readable by others. */
static bool
make_file(const char *path, GError **error)
{
    fa_autofd int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return fd >= 0 || fa_fail_errno(error, errno, "cannot make '%s'", path);
}

static bool
copy_open(const Library *library, const char *from, const char *to, FaCancel *cancel,
          GError **error)
{
    bool is_new = !fa_fs_exists(to);
    if (!make_file(to, error))
        return false;
    /* A database in WAL mode is not read without writing beside it. */
    sqlite3 *source = open_database(library, from, SQLITE_OPEN_READWRITE, error);
    if (source == NULL)
        return false;
    sqlite3 *target = open_database(library, to, SQLITE_OPEN_READWRITE, error);
    bool is_done = target != NULL && copy(library, source, target, cancel, error);
    /* One file alone is all of a copy. */
    if (is_done && is_new)
        is_done =
            library->exec(target, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) == SQLITE_OK ||
            fa_fail(error, FA_ERROR_FAILED, "%s", library->errmsg(target));
    library->close_v2(target);
    library->close_v2(source);
    return is_done;
}

bool
fa_sqlite_copy(const char *from, const char *to, FaCancel *cancel, GError **error)
{
    g_auto(Library) library = {0};
    if (load(&library, error) && copy_open(&library, from, to, cancel, error))
        return true;
    g_prefix_error(error, "cannot copy the database '%s': ", from);
    return false;
}
