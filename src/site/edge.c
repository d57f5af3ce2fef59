#include "site/edge.h"

#include <string.h>

#include "base/error.h"

#define HOST_MAX    253 /* bytes, of DNS */
#define RETRY_AFTER 30  /* seconds */

char *
fa_edge_get_maintenance(const FaLayout *layout)
{
    return g_build_filename(layout->var, "maintenance", NULL);
}

/* Nothing that nginx would read as more than one word. */
static bool
check_host(const char *host, GHashTable *seen, GError **error)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";
    size_t length = strlen(host);
    if (length == 0 || length > HOST_MAX || strspn(host, letters) != length || host[0] == '.' ||
        host[0] == '-')
        return fa_fail(error, FA_ERROR_CONFIG, "'%s' is no host name", host);
    return g_hash_table_add(seen, (gpointer)host) ||
           fa_fail(error, FA_ERROR_CONFIG, "two environments have the host name '%s'", host);
}

/* (transfer full) A path as one word of nginx. Paths of homes have no control characters. */
static char *
quote(const char *path)
{
    g_autoptr(GString) quoted = g_string_new("\"");
    for (const char *at = path; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            g_string_append_c(quoted, '\\');
        g_string_append_c(quoted, *at);
    }
    g_string_append_c(quoted, '"');
    return g_string_free(g_steal_pointer(&quoted), FALSE);
}

static void
put_path(GString *out, const char *directive, const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *quoted = quote(path);
    g_string_append_printf(out, "    %s %s;\n", directive, quoted);
}

static void
put_http(GString *out, const FaEdge *edge)
{
    static const char *const kinds[] = {"client_body", "proxy", "fastcgi", "uwsgi", "scgi", NULL};
    g_autofree char *log = g_build_filename(edge->directory, "log/access.log", NULL);
    g_autofree char *log_word = quote(log);
    for (const char *const *kind = kinds; *kind != NULL; kind++) {
        g_autofree char *directive = g_strconcat(*kind, "_temp_path", NULL);
        g_autofree char *name = g_build_filename("tmp", *kind, NULL);
        put_path(out, directive, edge->directory, name);
    }
    g_string_append_printf(out,
                           "    log_format vhost '$host $remote_addr - $remote_user [$time_local] "
                           "\"$request\" $status "
                           "$body_bytes_sent \"$http_referer\" \"$http_user_agent\" $request_time "
                           "$fassembler_environment $fassembler_slot';\n"
                           "    access_log %s vhost;\n"
                           "    server_tokens off;\n"
                           "    client_max_body_size 0;\n"
                           "    proxy_http_version 1.1;\n"
                           "    proxy_set_header Host $http_host;\n"
                           "    proxy_set_header Connection \"\";\n"
                           "    proxy_set_header X-Forwarded-For $remote_addr;\n"
                           "    proxy_set_header X-Forwarded-Proto %s;\n",
                           log_word, edge->scheme);
    put_path(out, "include", edge->directory, "conf.d/*.conf");
}

static void
put_host(GString *out, const FaEdge *edge, const FaEdgeHost *host)
{
    const FaLayout *layout = host->layout;
    g_autofree char *mark = g_build_filename(layout->current, "slot-b", NULL);
    g_autofree char *mark_word = quote(mark);
    g_autofree char *maintenance = fa_edge_get_maintenance(layout);
    g_autofree char *maintenance_word = quote(maintenance);
    g_string_append_printf(out,
                           "\n    server {\n"
                           "        listen %s;\n"
                           "        server_name %s;\n"
                           "        set $fassembler_environment %s.%s;\n"
                           "        set $fassembler_slot a;\n"
                           "        set $fassembler_port %u;\n"
                           "        if (-f %s) {\n"
                           "            set $fassembler_slot b;\n"
                           "            set $fassembler_port %u;\n"
                           "        }\n"
                           "        if (-f %s) {\n"
                           "            return 503;\n"
                           "        }\n"
                           "        error_page 503 @maintenance;\n"
                           "        location @maintenance {\n"
                           "            default_type text/plain;\n"
                           "            add_header Retry-After %d always;\n"
                           "            return 503 \"Back in a moment.\\n\";\n"
                           "        }\n"
                           "        location / {\n"
                           "            proxy_pass http://127.0.0.1:$fassembler_port;\n"
                           "        }\n"
                           "    }\n",
                           edge->listen, host->host, layout->environment, layout->site,
                           host->ports[0], mark_word, host->ports[1], maintenance_word,
                           RETRY_AFTER);
}

char *
fa_edge_write(const FaEdge *edge, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GString) out = g_string_new(
        "# Made by 'fassembler edge apply'. What you want beside it goes into conf.d/.\n"
        "daemon off;\n"
        "worker_processes auto;\n"
        "error_log stderr warn;\n");
    g_autofree char *pid = g_build_filename(edge->directory, "nginx.pid", NULL);
    g_autofree char *pid_word = quote(pid);

    if (edge->user != NULL)
        g_string_append_printf(out, "user %s;\n", edge->user);
    g_string_append_printf(out, "pid %s;\n\nevents {\n    worker_connections 4096;\n}\n\nhttp {\n",
                           pid_word);
    put_http(out, edge);
    g_string_append_printf(out,
                           "\n    server {\n"
                           "        listen %s default_server;\n"
                           "        server_name _;\n"
                           "        set $fassembler_environment -;\n"
                           "        set $fassembler_slot -;\n"
                           "        default_type text/plain;\n"
                           "        return 404 \"There is no site of this name here.\\n\";\n"
                           "    }\n",
                           edge->listen);
    for (guint i = 0; i < edge->hosts->len; i++) {
        const FaEdgeHost *host = &g_array_index(edge->hosts, FaEdgeHost, i);
        if (!check_host(host->host, seen, error))
            return NULL;
        put_host(out, edge, host);
    }
    g_string_append(out, "}\n");
    return g_string_free(g_steal_pointer(&out), FALSE);
}
