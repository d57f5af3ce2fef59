#include "supervise/cgroup-find.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PATH_SIZE 4096

bool
sv_cgroup_lists(const char *text, const char *word)
{
    size_t length = strlen(word);

    while (*text != '\0') {
        size_t n = strcspn(text, " ,\n");
        if (n == length && strncmp(text, word, n) == 0)
            return true;
        text += n + (text[n] != '\0');
    }
    return false;
}

/* Blanks and backslashes of a path are written as \ooo. */
static int
unescape(const char *text, size_t length, char *out, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '\\' && i + 3 < length) {
            c = (char)((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
            i += 3;
        }
        if (n + 1 >= size)
            return -ENAMETOOLONG;
        out[n++] = c;
    }
    out[n] = '\0';
    return 0;
}

typedef struct Mount {
    char root[PATH_SIZE];
    char place[PATH_SIZE];
    char type[16];
    char options[256];
} Mount;

/* 38 31 0:35 / /sys/fs/cgroup/blkio rw,relatime shared:9 - cgroup cgroup rw,blkio */
static int
read_mount(const char *line, size_t length, Mount *mount)
{
    const char *words[32];
    size_t lengths[32];
    size_t count = 0;
    size_t dash = 0;

    for (size_t i = 0; i < length && count < 32; i++) {
        size_t n = 0;
        while (i + n < length && line[i + n] != ' ')
            n++;
        words[count] = line + i;
        lengths[count] = n;
        if (count >= 6 && dash == 0 && n == 1 && line[i] == '-')
            dash = count;
        count++;
        i += n;
    }
    if (dash == 0 || dash + 3 >= count)
        return -EINVAL;
    int r = unescape(words[3], lengths[3], mount->root, sizeof mount->root);
    if (r == 0)
        r = unescape(words[4], lengths[4], mount->place, sizeof mount->place);
    if (r == 0)
        r = unescape(words[dash + 1], lengths[dash + 1], mount->type, sizeof mount->type);
    if (r == 0)
        r = unescape(words[dash + 3], lengths[dash + 3], mount->options, sizeof mount->options);
    return r;
}

/* 4:memory:/a/b, or 0::/a/b for version 2. */
static int
own_group(const char *members, const char *controller, char *path, size_t size)
{
    for (const char *line = members; *line != '\0';
         line += strcspn(line, "\n"), line += *line == '\n') {
        size_t length = strcspn(line, "\n");
        char list[256];
        const char *first = memchr(line, ':', length);
        const char *second =
            first ? memchr(first + 1, ':', length - (size_t)(first + 1 - line)) : NULL;
        if (!second || (size_t)(second - first) > sizeof list)
            continue;
        memcpy(list, first + 1, (size_t)(second - first - 1));
        list[second - first - 1] = '\0';
        if (controller ? !sv_cgroup_lists(list, controller) : list[0] != '\0')
            continue;
        size_t n = length - (size_t)(second + 1 - line);
        if (n >= size)
            return -ENAMETOOLONG;
        memcpy(path, second + 1, n);
        path[n] = '\0';
        return 0;
    }
    return -ENOENT;
}

/* What of @path is below @root, or NULL: a group outside of what is mounted cannot be reached. */
static const char *
below(const char *path, const char *root)
{
    size_t n = strcmp(root, "/") == 0 ? 0 : strlen(root);

    if (strncmp(path, root, n) != 0 || (path[n] != '/' && path[n] != '\0') ||
        strncmp(path, "/..", 3) == 0)
        return NULL;
    return strcmp(path + n, "/") == 0 ? "" : path + n;
}

int
sv_cgroup_find(const SvCgroupTexts *texts, const char *controller, char *path, size_t size)
{
    char group[PATH_SIZE];
    Mount mount;
    int r = own_group(texts->members, controller, group, sizeof group);

    if (r < 0)
        return r;
    for (const char *line = texts->mounts; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        const char *here = line;
        line += length + (line[length] == '\n');
        if (read_mount(here, length, &mount) < 0 ||
            strcmp(mount.type, controller ? "cgroup" : "cgroup2") != 0 ||
            (controller && !sv_cgroup_lists(mount.options, controller)))
            continue;
        const char *rest = below(group, mount.root);
        if (!rest)
            continue;
        int n = snprintf(path, size, "%s%s", mount.place, rest);
        return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
    }
    return -ENOENT;
}
