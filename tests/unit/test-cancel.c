#include <poll.h>
#include <signal.h>

#include "base/error.h"
#include "sys/cancel.h"

static FaCancel *cancel_of_handler;

static void
on_signal(int number)
{
    fa_cancel_set(cancel_of_handler);
}

static bool
is_readable(const FaCancel *cancel)
{
    struct pollfd wake = {.fd = fa_cancel_get_fd(cancel), .events = POLLIN};
    return poll(&wake, 1, 0) == 1;
}

static void
test_set(void)
{
    g_autoptr(FaCancel) cancel = fa_cancel_new();
    g_autoptr(GError) error = NULL;

    g_assert_true(fa_cancel_check(cancel, &error));
    g_assert_false(is_readable(cancel));
    fa_cancel_set(cancel);
    fa_cancel_set(cancel);
    g_assert_true(fa_cancel_is_set(cancel) && is_readable(cancel) && is_readable(cancel));
    g_assert_false(fa_cancel_check(cancel, &error));
    g_assert_true(fa_error_is(error, FA_ERROR_CANCELLED));
}

static void
test_null(void)
{
    g_assert_false(fa_cancel_is_set(NULL));
    g_assert_cmpint(fa_cancel_get_fd(NULL), ==, -1);
    g_assert_true(fa_cancel_check(NULL, NULL));
}

static void
test_handler(void)
{
    g_autoptr(FaCancel) cancel = fa_cancel_new();
    const struct sigaction action = {.sa_handler = on_signal};

    cancel_of_handler = cancel;
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    g_assert_true(fa_cancel_is_set(cancel));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cancel/once-set-it-stays-readable", test_set);
    g_test_add_func("/cancel/nobody-stops-what-has-no-cancel", test_null);
    g_test_add_func("/cancel/a-signal-handler-may-set-it", test_handler);
    return g_test_run();
}
