#pragma once
/*
 * What passes between somebody who calls `fassembler serve`, the server, and the process that does the command for them:
 * frames (base/frame.h), and in the first of them a call.
 *
 *   caller to server   C  the call: {"version":1,"words":[...],"can-ask":false,"colour-out":false,"colour-err":false,"columns":80}
 *                      A  the answer to a question, a line without its newline; E: there is none
 *                      X  stop in good order
 *   server to caller   O  bytes of standard output     R  of standard error
 *                      Q  a question to a person
 *                      S  the exit status, in digits: the last frame
 *   server to process  U  who calls: {"version":1,"name":"ana","is-admin":false,"home":"/srv/fassembler","server":4711}, then C, A and E as above
 *   process to server  Q
 *
 * A caller says nothing about who they are: the kernel does.
 */
#include <glib.h>
#include <stdbool.h>

#include "base/frame.h"

#define FA_CALL_VERSION   1
#define FA_CALL_MAX       (256 * 1024) /* bytes of a call */
#define FA_CALL_WORDS_MAX 1000
#define FA_CALL_LINE_MAX  4096         /* bytes of an answer, or of a question */
#define FA_CALL_CHUNK     (32 * 1024)  /* bytes of output in a frame */
#define FA_CALL_SOCKET    "serve.sock" /* below the home */

typedef enum FaCallKind {
    FA_CALL_CALL = 'C',
    FA_CALL_ANSWER = 'A',
    FA_CALL_NO_ANSWER = 'E',
    FA_CALL_CANCEL = 'X',
    FA_CALL_OUT = 'O',
    FA_CALL_ERR = 'R',
    FA_CALL_QUESTION = 'Q',
    FA_CALL_STATUS = 'S',
    FA_CALL_CALLER = 'U',
} FaCallKind;

typedef struct FaCall {
    char **words; /* NULL-ended, without the program's name */
    bool can_ask; /* there is a person at a terminal */
    bool colour_out;
    bool colour_err;
    unsigned columns;
} FaCall;

void fa_call_clear(FaCall *call);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaCall, fa_call_clear)
void fa_call_append(GByteArray *out, const FaCall *call);
/* USAGE for another version, CONFIG for all else that is no call. */
bool fa_call_read(const FaFrame *frame, FaCall *ret_call, GError **error);

/* Who calls, as the server found out. */
typedef struct FaCaller {
    char *name;
    bool is_admin; /* the home's own user, or root */
    char *home;
    int server; /* its pid */
} FaCaller;

void fa_caller_clear(FaCaller *caller);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaCaller, fa_caller_clear)
void fa_caller_append(GByteArray *out, const FaCaller *caller);
bool fa_caller_read(const FaFrame *frame, FaCaller *ret_caller, GError **error);
