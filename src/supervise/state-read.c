#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "supervise/state-format.h"
#include "supervise/state.h"

int
sv_state_fail(SvStateReader *reader, const char *format, ...)
{
    va_list args;

    if (reader->problem[0] == '\0') {
        va_start(args, format);
        vsnprintf(reader->problem, sizeof reader->problem, format, args);
        va_end(args);
    }
    return -EINVAL;
}

int
sv_state_open(SvStateReader *reader, const void *data, size_t length)
{
    SvStateHead head;

    *reader = (SvStateReader){0};
    if (length < sizeof head)
        return sv_state_fail(reader, "the state is cut off");
    memcpy(&head, data, sizeof head);
    if (memcmp(head.magic, SV_STATE_MAGIC, sizeof head.magic) != 0)
        return sv_state_fail(reader, "this is no state of a supervisor");
    if (head.version == 0 || head.version > SV_STATE_VERSION)
        return sv_state_fail(reader, "the state has version %u, and this program knows %d",
                             head.version, SV_STATE_VERSION);
    reader->data = (const char *)data + sizeof head;
    reader->length = length - sizeof head;
    if (head.length != reader->length)
        return sv_state_fail(reader, "the state is cut off");
    if (sv_state_check(sv_state_check_start, reader->data, reader->length) != head.check)
        return sv_state_fail(reader, "the state is damaged");
    return 0;
}

static bool
take(SvStateReader *reader, void *to, size_t length)
{
    if (length > reader->length - reader->at)
        return false;
    memcpy(to, reader->data + reader->at, length);
    reader->at += length;
    return true;
}

static bool
take_bytes(SvStateReader *reader, SvItem *item)
{
    uint32_t count;

    if (!take(reader, &count, sizeof count) || count > reader->length - reader->at)
        return false;
    item->data = reader->data + reader->at;
    item->length = count;
    reader->at += count;
    return true;
}

int
sv_state_next(SvStateReader *reader, SvItem *item)
{
    uint8_t head[2];

    if (reader->at == reader->length)
        return 0;
    bool good = take(reader, head, sizeof head) && take(reader, item->name, head[1]);
    if (good) {
        item->name[head[1]] = '\0';
        item->kind = (SvItemKind)head[0];
        if (head[0] == SV_ITEM_NUMBER)
            good = take(reader, &item->number, sizeof item->number);
        else if (head[0] == SV_ITEM_BYTES)
            good = take_bytes(reader, item);
        else
            good = head[0] == SV_ITEM_RECORD || head[0] == SV_ITEM_END;
    }
    return good ? 1 : sv_state_fail(reader, "the state is damaged");
}

/* 8 bytes without a sign keep their bits. */
int64_t
sv_field_number(const SvField *field, const void *at)
{
    int8_t one;
    int16_t two;
    int32_t four;
    int64_t eight;

    switch (field->size) {
    case 1:
        memcpy(&one, at, sizeof one);
        return field->is_signed ? one : (uint8_t)one;
    case 2:
        memcpy(&two, at, sizeof two);
        return field->is_signed ? two : (uint16_t)two;
    case 4:
        memcpy(&four, at, sizeof four);
        return field->is_signed ? four : (int64_t)(uint32_t)four;
    default:
        memcpy(&eight, at, sizeof eight);
        return eight;
    }
}

/* Returns whether the member can hold it. */
static bool
set_number(const SvField *field, void *at, int64_t number)
{
    bool wide = field->size == sizeof number && !field->is_signed;

    if (wide && field->last == INT64_MAX) {
        memcpy(at, &number, sizeof number);
        return true;
    }
    if (number > field->last)
        return false;
    const int8_t one = (int8_t)number;
    const int16_t two = (int16_t)number;
    const int32_t four = (int32_t)number;
    const void *from = field->size == 1   ? (const void *)&one
                       : field->size == 2 ? (const void *)&two
                       : field->size == 4 ? (const void *)&four
                                          : (const void *)&number;
    memcpy(at, from, field->size);
    return sv_field_number(field, at) == number && (field->is_signed || number >= 0);
}

static const SvField *
find(SvStateReader *reader, const SvFields *fields, const char *name)
{
    for (size_t i = 0; i < fields->count; i++) {
        const SvField *field = &fields->list[(reader->hint + i) % fields->count];
        if (field->kind == SV_FIELD_LEFT || strcmp(field->name, name) != 0)
            continue;
        reader->hint = (reader->hint + i + 1) % fields->count;
        return field;
    }
    return NULL;
}

void
sv_state_clear(const SvFields *fields, void *object)
{
    void *pointer;

    for (size_t i = 0; i < fields->count; i++) {
        const SvField *field = &fields->list[i];
        char *at = (char *)object + field->offset;
        switch (field->kind) {
        case SV_FIELD_NUMBER:
        case SV_FIELD_DESCRIPTOR:
            set_number(field, at, field->absent);
            break;
        case SV_FIELD_ARRAY:
            memset(at, 0, field->size);
            break;
        case SV_FIELD_STRUCT:
            sv_state_clear(field->fields, at);
            break;
        case SV_FIELD_POINTER:
            memcpy(&pointer, at, sizeof pointer);
            if (pointer)
                sv_state_clear(field->fields, pointer);
            break;
        case SV_FIELD_BYTES:
        case SV_FIELD_LEFT:
            break;
        }
    }
}

static int
take_record(SvStateReader *reader, const SvFields *fields, void *object)
{
    size_t hint = reader->hint;
    SvItem item;
    int r;

    reader->hint = 0;
    while ((r = sv_state_next(reader, &item)) > 0 && item.kind != SV_ITEM_END) {
        r = sv_state_take_field(reader, fields, object, &item);
        if (r < 0)
            return r;
    }
    reader->hint = hint;
    return r > 0 ? 0 : sv_state_fail(reader, "the state is cut off");
}

static int
take_number(SvStateReader *reader, const SvFields *fields, const SvField *field, char *at,
            const SvItem *item)
{
    bool descriptor = field->kind == SV_FIELD_DESCRIPTOR;

    if (!set_number(field, at, item->number) || (descriptor && item->number < -1))
        return sv_state_fail(reader, "%s.%s cannot be %" PRId64, fields->name, field->name,
                             item->number);
    if (descriptor && reader->check_descriptors && item->number >= 0 &&
        fcntl((int)item->number, F_GETFD) < 0)
        return sv_state_fail(reader, "%s.%s is a descriptor that is not open", fields->name,
                             field->name);
    return 0;
}

static int
take_data(SvStateReader *reader, const SvFields *fields, const SvField *field, void *object,
          const SvItem *item)
{
    bool array = field->kind == SV_FIELD_ARRAY;
    SvBytes bytes = {.data = (char *)object + field->offset, .room = field->size};

    if (!array)
        bytes = field->bytes(object);
    if (!bytes.data || item->length > bytes.room)
        return sv_state_fail(reader, "%s.%s has no room for %zu bytes", fields->name, field->name,
                             item->length);
    memcpy(bytes.data, item->data, item->length);
    return 0;
}

static SvItemKind
item_kind(SvFieldKind kind)
{
    switch (kind) {
    case SV_FIELD_NUMBER:
    case SV_FIELD_DESCRIPTOR:
        return SV_ITEM_NUMBER;
    case SV_FIELD_ARRAY:
    case SV_FIELD_BYTES:
        return SV_ITEM_BYTES;
    case SV_FIELD_STRUCT:
    case SV_FIELD_POINTER:
        return SV_ITEM_RECORD;
    case SV_FIELD_LEFT:
        break;
    }
    return SV_ITEM_END;
}

int
sv_state_take_field(SvStateReader *reader, const SvFields *fields, void *object, const SvItem *item)
{
    const SvField *field = find(reader, fields, item->name);

    if (!field)
        return sv_state_fail(reader, "the state has %s.%s, which this version does not know",
                             fields->name, item->name);
    if (item->kind != item_kind(field->kind))
        return sv_state_fail(reader, "%s.%s is of another kind", fields->name, field->name);
    char *at = (char *)object + field->offset;
    if (item->kind == SV_ITEM_NUMBER)
        return take_number(reader, fields, field, at, item);
    if (item->kind == SV_ITEM_BYTES)
        return take_data(reader, fields, field, object, item);
    if (field->kind == SV_FIELD_STRUCT)
        return take_record(reader, field->fields, at);
    void *pointer;
    memcpy(&pointer, at, sizeof pointer);
    if (!pointer)
        return sv_state_fail(reader, "%s has no %s by its configuration", fields->name,
                             field->name);
    return take_record(reader, field->fields, pointer);
}
