#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervise/handover.h"
#include "supervise/state-format.h"

typedef struct State {
    SvSuper super;
    GByteArray *bytes;
} State;

static const SvOverrides overrides;

static void
add_head(GByteArray *out, const uint8_t *bytes, size_t length)
{
    const SvStateHead head = {.magic = SV_STATE_MAGIC,
                              .version = SV_STATE_VERSION,
                              .length = length,
                              .check = sv_state_check(sv_state_check_start, bytes, length)};

    g_byte_array_append(out, (const guint8 *)&head, sizeof head);
    g_byte_array_append(out, bytes, (guint)length);
}

/* Returns whether it is a state; then it is what its supervisor would write. */
static bool
read_and_write(GByteArray *bytes, char *buffer)
{
    char why[512] = "";
    SvSuper *super = g_new0(SvSuper, 1);
    int fd = memfd_create("state", MFD_CLOEXEC);
    struct stat st;

    super->overrides = &overrides;
    super->read_buffer = buffer;
    int r = sv_handover_take(super, bytes->data, bytes->len, false, why, sizeof why);
    g_assert_true((r < 0) == (why[0] != '\0'));
    if (r == 0) {
        g_assert_cmpint(sv_handover_give(super, fd, false), ==, 0);
        fstat(fd, &st);
        g_byte_array_set_size(bytes, (guint)st.st_size);
        g_assert_cmpint(pread(fd, bytes->data, (size_t)st.st_size, 0), ==, st.st_size);
        sv_handover_drop(super);
    }
    close(fd);
    g_free(super);
    return r == 0;
}

/* Laws: bytes are a state or there is a reason why not; what was read and written twice is what was read and written once. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    g_autoptr(GByteArray) state = g_byte_array_new();
    g_autofree char *buffer = g_malloc(SV_READ_MAX);

    add_head(state, bytes, length);
    if (!read_and_write(state, buffer))
        return 0;
    g_autoptr(GBytes) once = g_bytes_new(state->data, state->len);
    g_assert_true(read_and_write(state, buffer));
    g_assert_cmpmem(state->data, state->len, g_bytes_get_data(once, NULL), g_bytes_get_size(once));
    return 0;
}
