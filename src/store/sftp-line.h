#pragma once
/*
 * The packets of SFTP, version 3, to and from an ssh program. Replies are read by a cursor that never leaves them.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sys/cancel.h"

typedef enum FaSftpType {
    FA_SFTP_INIT = 1,
    FA_SFTP_VERSION = 2,
    FA_SFTP_OPEN = 3,
    FA_SFTP_CLOSE = 4,
    FA_SFTP_READ = 5,
    FA_SFTP_STAT = 17,
    FA_SFTP_STATUS = 101,
    FA_SFTP_HANDLE = 102,
    FA_SFTP_DATA = 103,
    FA_SFTP_ATTRIBUTES = 105,
} FaSftpType;

/* What is left to read of a reply. Reading past its end makes it bad, and reads as nothing. */
typedef struct FaSftpReply {
    const uint8_t *bytes;
    size_t length;
    bool is_bad;
} FaSftpReply;

uint8_t fa_sftp_get_byte(FaSftpReply *reply);
uint32_t fa_sftp_get_number(FaSftpReply *reply);
uint64_t fa_sftp_get_long(FaSftpReply *reply);
/* (transfer none) Its length may be 0; never NULL. */
const uint8_t *fa_sftp_get_string(FaSftpReply *reply, size_t *ret_length);

typedef struct FaSftpLine FaSftpLine;

/* (transfer full) (nullable) Starts ssh and waits until both sides speak. @shown is for messages. */
FaSftpLine *fa_sftp_line_open(const char *const *argv, const char *shown, unsigned patience,
                              FaCancel *cancel, GError **error);
void fa_sftp_line_free(FaSftpLine *line);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaSftpLine, fa_sftp_line_free)

/* A packet is put together and goes out with the next fa_sftp_line_receive(). */
void fa_sftp_line_begin(FaSftpLine *line, FaSftpType type, uint32_t id);
void fa_sftp_line_add_number(FaSftpLine *line, uint32_t number);
void fa_sftp_line_add_long(FaSftpLine *line, uint64_t number);
void fa_sftp_line_add_string(FaSftpLine *line, const void *bytes, size_t length);
void fa_sftp_line_end(FaSftpLine *line);

/* From now on so much must come in each span of the patience. */
void fa_sftp_line_start_clock(FaSftpLine *line);
/* The next reply, which is good until the next call; its first byte is the type. UNREACHABLE when the other side is
 * gone or takes longer than it may. */
bool fa_sftp_line_receive(FaSftpLine *line, FaSftpReply *ret_reply, GError **error);
uint64_t fa_sftp_line_get_bytes(const FaSftpLine *line);
