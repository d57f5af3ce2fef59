#include "store/supplier.h"

#include "base/error.h"
#include "store/listing.h"
#include "store/trust.h"
#include "sys/fs.h"

#define PATIENCE 30

struct FaSupplier {
    FaFetcher *fetcher;
};

FaSupplier *
fa_supplier_open(const char *from, unsigned patience, FaCancel *cancel, GError **error)
{
    FaFetcher *fetcher = fa_fetcher_open(from, patience != 0 ? patience : PATIENCE, cancel, error);
    if (fetcher == NULL)
        return NULL;
    FaSupplier *supplier = g_new0(FaSupplier, 1);
    supplier->fetcher = fetcher;
    return supplier;
}

void
fa_supplier_free(FaSupplier *supplier)
{
    if (supplier == NULL)
        return;
    fa_fetcher_free(supplier->fetcher);
    g_free(supplier);
}

char *
fa_supplier_show(const char *from)
{
    return fa_fetcher_show(from);
}

FaFetcher *
fa_supplier_get_fetcher(FaSupplier *supplier)
{
    return supplier->fetcher;
}

/* One question on its way. */
typedef struct Asking {
    const char *const *trusted;
    FaSupplyQuestion *question;
    GByteArray *text;
} Asking;

static bool
take_text(const void *bytes, size_t length, void *data, GError **error)
{
    g_byte_array_append(((Asking *)data)->text, bytes, (guint)length);
    return true;
}

static bool
end_text(void *data, GError **error)
{
    const Asking *asking = data;
    FaSupplyQuestion *question = asking->question;
    g_autoptr(GError) problem = NULL;
    g_autoptr(FaListing) listing =
        fa_listing_parse((const char *)asking->text->data, asking->text->len, error);
    if (listing == NULL)
        return false;
    if (g_strcmp0(listing->name, question->name) != 0 ||
        !fa_digest_is_equal(&listing->key, question->key))
        return true;
    if (fa_trust_check(listing, asking->trusted, question->name, &problem)) {
        question->answer = FA_SUPPLY_THERE;
        return true;
    }
    if (!fa_error_is(problem, FA_ERROR_REFUSED)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    question->answer = FA_SUPPLY_UNTRUSTED;
    return true;
}

/* The answer is NONE already. */
static void
take_missing(void *data)
{
}

typedef struct Round {
    Asking *askings;
    size_t length;
    size_t next;
} Round;

static bool
next_question(void *data, FaFetch *fetch)
{
    Round *round = data;
    if (round->next == round->length)
        return false;
    Asking *asking = &round->askings[round->next++];
    *fetch = (FaFetch){
        .path = g_strconcat("builds/", asking->question->name, NULL),
        .limit = FA_LISTING_MAX,
        .take = take_text,
        .end = end_text,
        .missing = take_missing,
        .data = asking,
    };
    return true;
}

/* Nothing is in a folder that is not there, which most likely is one that is not mounted. */
static bool
check_folder(const FaSupplier *supplier, GError **error)
{
    const char *address = fa_fetcher_get_address(supplier->fetcher);
    if (!g_str_has_prefix(address, "file:"))
        return true;
    g_autofree char *folder = g_filename_from_uri(address, NULL, NULL);
    return (folder != NULL && fa_fs_is_directory(folder)) ||
           fa_fail(error, FA_ERROR_UNREACHABLE, "there is no folder '%s'", address);
}

bool
fa_supplier_ask(FaSupplier *supplier, const char *const *trusted, FaSupplyQuestion *questions,
                size_t length, GError **error)
{
    if (!check_folder(supplier, error))
        return false;
    g_autofree Asking *askings = g_new0(Asking, length);
    for (size_t i = 0; i < length; i++) {
        questions[i].answer = FA_SUPPLY_NONE;
        askings[i] =
            (Asking){.trusted = trusted, .question = &questions[i], .text = g_byte_array_new()};
    }
    Round round = {.askings = askings, .length = length};
    bool ok = fa_fetcher_run(supplier->fetcher, next_question, &round, error);
    for (size_t i = 0; i < length; i++)
        g_byte_array_unref(askings[i].text);
    return ok;
}
