#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "ledger/ledger.h"

/* One use of a ledger at a time, for test-ledger.sh: ledger append N | verify | snapshot. */
#define EVENTS_MAX 200

/* N events at once, so that all of them are there or none. */
static bool
append(FaLedger *ledger, unsigned count, GError **error)
{
    FaEvent events[EVENTS_MAX];
    FaLedgerHead head;
    for (unsigned i = 0; i < count; i++)
        events[i] =
            (FaEvent){.time = i,
                      .actor = "ana",
                      .kind = "environment.down",
                      .version = 1,
                      .subject = i % 2 == 0 ? "dev.a" : "dev.b",
                      .payload = "{\"build\":\"a-name-that-is-long-enough-to-fill-pages\"}"};
    return fa_ledger_get_head(ledger, &head, error) &&
           fa_ledger_append(ledger, head.position, events, count, NULL, error);
}

/* Prints how many events there are. */
static bool
verify(FaLedger *ledger, GError **error)
{
    g_auto(FaLedgerReport) report = {0};
    if (!fa_ledger_verify(ledger, NULL, &report, error))
        return false;
    printf("%" PRIu64 "\n", report.head.position);
    return report.flaw == FA_LEDGER_FLAW_NONE ||
           fa_fail(error, FA_ERROR_FAILED, "event %" PRIu64 " is %s", report.position,
                   fa_ledger_flaw_to_string(report.flaw));
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    unsigned count = 0;
    bool is_append = argc == 3 && strcmp(argv[1], "append") == 0 &&
                     fa_parse_uint(argv[2], 1, EVENTS_MAX, &count);
    g_assert_true(is_append || (argc == 2 && strcmp(argv[1], "verify") == 0));

    g_autoptr(FaLedger) ledger = fa_ledger_open("ledger.db", is_append, &error);
    if (ledger != NULL && (is_append ? append(ledger, count, &error) : verify(ledger, &error)))
        return 0;
    fprintf(stderr, "%s\n", error->message);
    return 1;
}
