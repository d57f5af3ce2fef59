#pragma once
/*
 * What the parts of the HTTP server share: its connections and its sockets. For server*.c only.
 */
#include <sys/stat.h>

#include "supervise/http.h"
#include "supervise/rpc.h"

#define SV_LISTENING_MAX   32
#define SV_FOLLOW_PATH_MAX 4096
#define SV_IN_MAX          (SV_HEAD_MAX + SV_BODY_MAX)
#define SV_TOKEN_SIZE      33 /* of hexadecimal digits */
#define SV_NOTES           16 /* what became of forms, until the page shows it */

/* A member that is added to one of these structs needs a line in state-fields.c too, which says why. */
typedef struct SvListeningSocket {
    SvWatch watch;
    SvTimer pause; /* after a connection that could not be taken */
    const SvServerConf *conf;
    dev_t device;
    ino_t inode;
} SvListeningSocket;

typedef struct SvClient {
    SvWatch watch;
    const SvServerConf *conf;
    unsigned number;
    char *in;
    size_t in_length;
    char head[1024]; /* of the answer */
    size_t head_length, head_sent;
    SvBuf out;
    size_t sent;
    SvHttp http;
    SvRpc rpc;
    uint64_t last_active;
    bool busy;    /* a request is being worked on or answered */
    bool waiting; /* for processes */
    bool woken;   /* what it waited for is there */
    bool multi;
    bool form; /* of the status page: see server-form.c */
    unsigned multi_next;
    size_t mark;  /* where the value that is being written begins */
    char *follow; /* path of a log that is followed, in @in; NULL for none */
    int follow_fd;
    int64_t follow_offset;
    SvTimer timer;
} SvClient;

typedef struct SvNote {
    unsigned id;
    char text[512];
} SvNote;

typedef struct SvServer {
    SvListeningSocket listeners[SV_LISTENING_MAX];
    size_t listener_count;
    SvClient clients[SV_CLIENT_MAX];
    unsigned client_count; /* of them that were ever used: the others take no memory */
    char *buffers;
    size_t buffers_size;
    SvArena xml;
    uint64_t woken;
    char token[SV_TOKEN_SIZE]; /* that forms hold: another site cannot know it */
    SvNote notes[SV_NOTES];
    unsigned last_note;
} SvServer;

/* server.c */
void sv_client_ready(SvSuper *super, SvWatch *watch, uint32_t events);
/* server-answer.c */
void sv_client_close(SvSuper *super, SvClient *client);
void sv_client_flush(SvSuper *super, SvClient *client);
bool sv_client_is_sent(const SvClient *client);
void sv_client_reply(SvSuper *super, SvClient *client, int status, const char *type,
                     const char *extra);
void sv_client_reply_error(SvSuper *super, SvClient *client, int status);
/* server-api.c */
void sv_api_call(SvSuper *super, SvClient *client, const char *method);
/* The result is in the answer, or the fault in the call. */
void sv_api_end(SvSuper *super, SvClient *client, bool fault);
void sv_api_metrics(SvSuper *super, SvClient *client);
/* server-listen.c */
/* Takes the memory of the server, with no connection and no socket. Returns 0 or -ENOMEM. */
int sv_server_prepare(SvSuper *super);
/* The connection of this number, which is below SV_CLIENT_MAX. */
SvClient *sv_server_client(SvSuper *super, unsigned number);
/* server-page.c */
void sv_page_status(SvSuper *super, SvClient *client);
void sv_page_tail(SvSuper *super, SvClient *client);
void sv_page_style(SvSuper *super, SvClient *client);
/* A page that says why a form was not taken. */
void sv_page_refuse(SvSuper *super, SvClient *client, int status, const char *why);
/* Sends the browser back to the status page, which shows @text. */
void sv_page_note(SvSuper *super, SvClient *client, const char *text);
/* Escapes @text for any place in a page, between quotes too. */
void sv_page_text(SvBuf *out, const char *text, size_t length);
/* server-form.c */
void sv_form_post(SvSuper *super, SvClient *client);
/* What the form waited for has come. */
void sv_form_resume(SvSuper *super, SvClient *client, bool failed);
/* server-follow.c: /logtail and /mainlogtail. */
/* Room for SV_FOLLOW_PATH_MAX bytes and a NUL. */
static inline char *
sv_client_follow_path(const SvClient *client)
{
    return client->in + SV_HEAD_MAX;
}
void sv_client_follow_resume(SvSuper *super, SvClient *client);
void sv_client_follow(SvSuper *super, SvClient *client);
