#include "app/transfer.h"
#include "cli/answer.h"

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autofree char *public = NULL;
    return fa_transfer_key(invocation->arguments[0], &public, error) &&
           fa_answer_text(error, "%s\n", public);
}

static const FaExample examples[] = {
    {"fassembler store key ~/.fassembler-key", "make a key, and print what others trust"},
    {0},
};

const FaCmd fa_cmd_store_key = {
    .name = "store key",
    .group = FA_GROUP_CARE,
    .summary = "Make a key to sign builds with",
    .usage = "FILE",
    .description =
        "The secret key is written to FILE, which only its owner can read; the public one "
        "is printed. A product trusts the public keys in its file 'trusted-keys', one a "
        "line. Where FILE is there already, its public key is printed.",
    .examples = examples,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run,
};
