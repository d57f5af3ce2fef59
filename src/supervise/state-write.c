#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "supervise/state-format.h"
#include "supervise/state.h"

static void
flush(SvStateWriter *writer)
{
    size_t done = 0;

    while (writer->problem == 0 && done < writer->used) {
        ssize_t n = write(writer->fd, writer->buffer + done, writer->used - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            writer->problem = n < 0 ? -errno : -ENOSPC;
        else
            done += (size_t)n;
    }
    writer->used = 0;
}

static void
put(SvStateWriter *writer, const void *data, size_t length)
{
    const char *from = data;

    writer->check = sv_state_check(writer->check, data, length);
    writer->length += length;
    while (length > 0) {
        size_t room = writer->size - writer->used;
        size_t n = length < room ? length : room;
        memcpy(writer->buffer + writer->used, from, n);
        writer->used += n;
        from += n;
        length -= n;
        if (writer->used == writer->size)
            flush(writer);
    }
}

void
sv_state_begin(SvStateWriter *writer, int fd, char *buffer, size_t size)
{
    *writer =
        (SvStateWriter){.fd = fd, .buffer = buffer, .size = size, .check = sv_state_check_start};
    /* The head is written last: a stream without one is no state. */
    if (lseek(fd, (off_t)sizeof(SvStateHead), SEEK_SET) < 0)
        writer->problem = -errno;
}

int
sv_state_end(SvStateWriter *writer)
{
    SvStateHead head = {.magic = SV_STATE_MAGIC,
                        .version = SV_STATE_VERSION,
                        .length = writer->length,
                        .check = writer->check};

    flush(writer);
    if (writer->problem == 0 &&
        (pwrite(writer->fd, &head, sizeof head, 0) != (ssize_t)sizeof head ||
         lseek(writer->fd, 0, SEEK_SET) < 0))
        writer->problem = -errno;
    return writer->problem;
}

static void
put_name(SvStateWriter *writer, SvItemKind kind, const char *name)
{
    size_t length = strnlen(name, SV_NAME_MAX);
    const uint8_t head[2] = {(uint8_t)kind, (uint8_t)length};

    put(writer, head, sizeof head);
    put(writer, name, length);
}

void
sv_state_put_record(SvStateWriter *writer, const char *name)
{
    put_name(writer, SV_ITEM_RECORD, name);
}

void
sv_state_put_end(SvStateWriter *writer)
{
    put_name(writer, SV_ITEM_END, "");
}

void
sv_state_put_number(SvStateWriter *writer, const char *name, int64_t number)
{
    put_name(writer, SV_ITEM_NUMBER, name);
    put(writer, &number, sizeof number);
}

void
sv_state_put_bytes(SvStateWriter *writer, const char *name, const void *data, size_t length)
{
    uint32_t count = (uint32_t)length;

    if (length > UINT32_MAX) {
        writer->problem = writer->problem != 0 ? writer->problem : -EFBIG;
        return;
    }
    put_name(writer, SV_ITEM_BYTES, name);
    put(writer, &count, sizeof count);
    put(writer, data, length);
}

void
sv_state_put_text(SvStateWriter *writer, const char *name, const char *text)
{
    sv_state_put_bytes(writer, name, text, strlen(text));
}

static void
put_descriptor(SvStateWriter *writer, const char *name, int fd)
{
    if (fd < 0)
        return;
    if (writer->keep && fcntl(fd, F_SETFD, 0) < 0 && writer->problem == 0)
        writer->problem = -errno;
    sv_state_put_number(writer, name, fd);
}

static void
put_array(SvStateWriter *writer, const char *name, const char *data, size_t size)
{
    while (size > 0 && data[size - 1] == '\0')
        size--;
    if (size > 0)
        sv_state_put_bytes(writer, name, data, size);
}

static void
put_struct(SvStateWriter *writer, const char *name, const SvFields *fields, const void *object)
{
    sv_state_put_record(writer, name);
    sv_state_put_fields(writer, fields, object);
    sv_state_put_end(writer);
}

static void
put_field(SvStateWriter *writer, const SvField *field, const void *object)
{
    const char *at = (const char *)object + field->offset;
    int64_t number;
    const void *pointer;
    SvBytes bytes;

    switch (field->kind) {
    case SV_FIELD_NUMBER:
        number = sv_field_number(field, at);
        if (number != field->absent)
            sv_state_put_number(writer, field->name, number);
        break;
    case SV_FIELD_DESCRIPTOR:
        put_descriptor(writer, field->name, (int)sv_field_number(field, at));
        break;
    case SV_FIELD_ARRAY:
        put_array(writer, field->name, at, field->size);
        break;
    case SV_FIELD_STRUCT:
        put_struct(writer, field->name, field->fields, at);
        break;
    case SV_FIELD_POINTER:
        memcpy(&pointer, at, sizeof pointer);
        if (pointer)
            put_struct(writer, field->name, field->fields, pointer);
        break;
    case SV_FIELD_BYTES:
        bytes = field->bytes((void *)object);
        if (bytes.length > 0)
            sv_state_put_bytes(writer, field->name, bytes.data, bytes.length);
        break;
    case SV_FIELD_LEFT:
        break;
    }
}

void
sv_state_put_fields(SvStateWriter *writer, const SvFields *fields, const void *object)
{
    for (size_t i = 0; i < fields->count; i++)
        put_field(writer, &fields->list[i], object);
}
