#pragma once
/*
 * The head of an HTTP request, read from a buffer. Pure: no connection, no allocation.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct SvHttp {
    char method[16];
    char path[1024];  /* without the query, unescaped */
    char query[1024]; /* behind the question mark, as it came; "" where it is too long */
    char login[256];  /* what Basic authorization holds, still in base64; "" where there is none */
    int version;      /* 9, 10 or 11 */
    bool keep;        /* the connection stays */
    bool json;        /* what follows says that it is */
    bool form;        /* the same of what a form sends */
    bool foreign;     /* a browser says that a page from elsewhere made it send this */
    size_t head;      /* bytes of the head */
    uint64_t body;    /* bytes that follow */
} SvHttp;

/* Returns 0, -EAGAIN where the head is not complete, or the HTTP status (as a positive number) of a refusal. */
int sv_http_read(const char *data, size_t length, size_t head_max, size_t body_max,
                 SvHttp *ret_http);
/* Compares in a time that does not tell where they differ. */
bool sv_http_same(const char *a, const char *b);
/* Whether the login is this one. @password is plain or {SHA} and 40 hexadecimal digits. */
bool sv_http_authorized(const SvHttp *http, const char *username, const char *password);
const char *sv_http_reason(int status);
