/* Questions to a supervisor, answered by a thread that says what the test wants. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "proc/client.h"
#include "sys/fs.h"

typedef struct Server {
    int listener;
    const char *answer;
    GThread *thread;
    char *folder;
    char *path;
} Server;

static void *
serve(void *data)
{
    Server *server = data;
    int fd = accept(server->listener, NULL, NULL);
    char request[4096];
    g_assert_cmpint(read(fd, request, sizeof(request)), >, 0);
    size_t length = strlen(server->answer);
    g_assert_cmpint(send(fd, server->answer, length, MSG_NOSIGNAL), ==, (ssize_t)length);
    close(fd);
    return NULL;
}

static void
server_start(Server *server, const char *answer)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    server->folder = fa_fs_make_temporary(g_get_tmp_dir(), "fa-proc-", NULL);
    server->path = g_build_filename(server->folder, "socket", NULL);
    server->answer = answer;
    g_strlcpy(address.sun_path, server->path, sizeof(address.sun_path));
    server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(server->listener, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    g_assert_cmpint(listen(server->listener, 1), ==, 0);
    server->thread = g_thread_new("server", serve, server);
}

static void
server_stop(Server *server)
{
    g_thread_join(server->thread);
    close(server->listener);
    g_assert_true(fa_fs_remove_tree(server->folder, NULL));
    g_free(server->folder);
    g_free(server->path);
}

static bool
ask(const char *answer, JsonNode **ret_value, GError **error)
{
    Server server = {0};
    server_start(&server, answer);
    FaProcClient client = {.socket = server.path, .timeout = 30};
    bool is_answered = fa_proc_call(&client, "supervisor.getPID", NULL, ret_value, error);
    server_stop(&server);
    return is_answered;
}

static void
test_value(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) value = NULL;
    g_assert_true(
        ask("HTTP/1.1 200 OK\r\n\r\n<methodResponse><params><param><value><int>9</int></value>"
            "</param></params></methodResponse>",
            &value, &error));
    g_assert_no_error(error);
    g_assert_cmpint(json_node_get_int(value), ==, 9);
}

static void
test_fault(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_false(ask(
        "HTTP/1.0 200 "
        "OK\r\n\r\n<methodResponse><fault><value><struct><member><name>faultCode</name>"
        "<value><int>10</int></value></member><member><name>faultString</name><value>BAD_NAME: a"
        "</value></member></struct></value></fault></methodResponse>",
        NULL, &error));
    g_assert_true(fa_error_is(error, FA_ERROR_NOT_FOUND));
    g_assert_nonnull(strstr(error->message, "BAD_NAME: a"));
}

static void
test_strangers(void)
{
    const char *const answers[] = {"SSH-2.0-x\r\n", "HTTP/1.1 401 Unauthorized\r\n\r\n", "HTTP/1.1",
                                   "HTTP/1.1 200 OK\r\n\r\n"};
    for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(ask(answers[i], NULL, &error));
        g_assert_nonnull(error);
    }
}

static void
test_nobody(void)
{
    g_autoptr(GError) error = NULL;
    FaProcClient client = {.socket = "/nonexistent/socket"};
    g_assert_false(fa_proc_call(&client, "supervisor.getPID", NULL, NULL, &error));
    g_assert_true(fa_error_is(error, FA_ERROR_UNREACHABLE));
}

static void
test_long_path(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_strnfill(200, 'x');
    FaProcClient client = {.socket = path};
    g_assert_false(fa_proc_call(&client, "supervisor.getPID", NULL, NULL, &error));
    g_assert_nonnull(strstr(error->message, "too long for a socket"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/proc-client/a-value-is-answered", test_value);
    g_test_add_func("/proc-client/a-fault-is-an-error-of-its-kind", test_fault);
    g_test_add_func("/proc-client/what-is-no-supervisor-is-refused", test_strangers);
    g_test_add_func("/proc-client/nobody-there-is-unreachable", test_nobody);
    g_test_add_func("/proc-client/a-path-too-long-for-a-socket-is-told", test_long_path);
    return g_test_run();
}
