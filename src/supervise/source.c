#include "supervise/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "supervise/ini.h"

int
sv_source_init(SvSource *source, SvArena *arena, const SvSource *replayed)
{
    char directory[PATH_MAX];
    struct utsname host;

    *source = (SvSource){.arena = arena, .replayed = replayed};
    if (replayed) {
        source->directory = sv_arena_strdup(arena, replayed->directory);
        source->host = sv_arena_strdup(arena, replayed->host);
        source->next = replayed->parts;
    } else {
        uname(&host);
        source->directory =
            sv_arena_strdup(arena, getcwd(directory, sizeof directory) ? directory : "/");
        source->host = sv_arena_strdup(arena, host.nodename);
    }
    return source->directory && source->host ? 0 : -ENOMEM;
}

int
sv_source_add(SvSource *source, const SvSourcePart *part)
{
    SvSourcePart *copy = sv_arena_alloc(source->arena, sizeof *copy);

    if (!copy)
        return -ENOMEM;
    *copy = *part;
    copy->next = NULL;
    copy->path = sv_arena_strdup(source->arena, part->path);
    copy->text = part->text ? sv_arena_strndup(source->arena, part->text, part->length) : NULL;
    if (!copy->path || (part->text && !copy->text))
        return -ENOMEM;
    if (source->last)
        source->last->next = copy;
    else
        source->parts = copy;
    source->last = copy;
    return 0;
}

static int
slurp(SvArena *arena, const char *path, char **ret_text, size_t *ret_length)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0 || S_ISDIR(st.st_mode) || (size_t)st.st_size > SV_INI_FILE_MAX) {
        close(fd);
        return S_ISDIR(st.st_mode) ? -EISDIR : -EFBIG;
    }
    size_t room = S_ISREG(st.st_mode) ? (size_t)st.st_size + 1 : SV_INI_FILE_MAX;
    char *text = sv_arena_alloc(arena, room + 1);
    size_t used = 0;
    ssize_t n = 0;
    while (text && used < room && (n = read(fd, text + used, room - used)) > 0)
        used += (size_t)n;
    close(fd);
    if (!text || n < 0)
        return -EFBIG;
    size_t length = memchr(text, '\r', used) ? 0 : used;
    for (size_t i = length; i < used; i++) {
        if (text[i] == '\r' && i + 1 < used && text[i + 1] == '\n')
            continue;
        text[length++] = text[i] == '\r' ? '\n' : text[i];
    }
    text[length] = '\0';
    *ret_text = text;
    *ret_length = length;
    return 0;
}

static const SvSourcePart *
take_next(SvSource *source, bool pattern, const char *path)
{
    const SvSourcePart *part = source->next;

    if (!part || part->pattern != pattern || strcmp(part->path, path) != 0)
        return NULL;
    source->next = part->next;
    return part;
}

static int
read_again(SvSource *source, SvArena *scratch, const char *path, char **ret_text,
           size_t *ret_length)
{
    const SvSourcePart *part = take_next(source, false, path);

    if (!part)
        return -ESTALE;
    if (part->result < 0)
        return part->result;
    *ret_text = sv_arena_strndup(scratch, part->text, part->length);
    *ret_length = part->length;
    return *ret_text ? 0 : -EFBIG;
}

int
sv_source_read(SvSource *source, SvArena *scratch, const char *path, char **ret_text,
               size_t *ret_length)
{
    if (!source)
        return slurp(scratch, path, ret_text, ret_length);
    int r = source->replayed ? read_again(source, scratch, path, ret_text, ret_length)
                             : slurp(scratch, path, ret_text, ret_length);
    if (r == -ESTALE)
        return r;
    SvSourcePart part = {.path = path, .result = r};
    if (r == 0) {
        part.text = *ret_text;
        part.length = *ret_length;
    }
    return sv_source_add(source, &part) < 0 ? -EFBIG : r;
}

int
sv_source_pattern(SvSource *source, const char *pattern)
{
    if (source->replayed && !take_next(source, true, pattern))
        return -ESTALE;
    return sv_source_add(source, &(SvSourcePart){.pattern = true, .path = pattern});
}

const char *
sv_source_next_file(const SvSource *source)
{
    return source->next && !source->next->pattern ? source->next->path : NULL;
}
