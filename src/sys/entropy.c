#include "sys/entropy.h"

#include <errno.h>
#include <sys/random.h>

#include "base/error.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

bool
fa_entropy_bytes(void *bytes, size_t length, GError **error)
{
    size_t done = 0;

    while (done < length) {
        ssize_t got = getrandom((char *)bytes + done, length - done, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fa_fail_errno(error, errno, "cannot get random bytes");
        done += (size_t)got;
    }
    return true;
}

char *
fa_entropy_alphanumeric(size_t length, GError **error)
{
    const unsigned count = sizeof(alphabet) - 1;
    g_autofree char *text = g_malloc0(length + 1);
    size_t done = 0;

    while (done < length) {
        unsigned char bytes[64];
        if (!fa_entropy_bytes(bytes, sizeof(bytes), error))
            return NULL;
        /* Bytes above the last whole multiple of the alphabet would favour its beginning. */
        for (size_t i = 0; i < sizeof(bytes) && done < length; i++)
            if (bytes[i] < 256 / count * count)
                text[done++] = alphabet[bytes[i] % count];
    }
    return g_steal_pointer(&text);
}
