#include "fuzz.h"

#include <string.h>

#include "site/merge.h"

/*
 * Three texts, cut at NULs. Laws: what one side left alone is the other side's; both alike are taken once; changed
 * sides change nothing about whether they conflict; a difference is empty exactly for the same texts.
 */
static FaMergeText
next(const char **at, const char *end, const char *label)
{
    const char *stop = memchr(*at, '\0', (size_t)(end - *at));
    FaMergeText text = {*at, (size_t)((stop != NULL ? stop : end) - *at), label};
    *at = stop != NULL ? stop + 1 : end;
    return text;
}

static void
assert_is(const FaMergeText *base, const FaMergeText *ours, const FaMergeText *theirs,
          const FaMergeText *expected)
{
    g_auto(FaMerge) merge = {0};
    fa_merge_texts(base, ours, theirs, &merge);
    g_assert_cmpuint(merge.conflicts, ==, 0);
    g_assert_cmpmem(merge.text, merge.length, expected->bytes, expected->length);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const char *at = (const char *)bytes;
    const char *end = at + length;
    FaMergeText a = next(&at, end, "a"), b = next(&at, end, "b");
    FaMergeText c = {at, (size_t)(end - at), "c"};
    g_auto(FaMerge) one = {0}, two = {0};

    assert_is(&a, &a, &b, &b);
    assert_is(&a, &b, &a, &b);
    assert_is(&a, &c, &c, &c);
    fa_merge_texts(&a, &b, &c, &one);
    fa_merge_texts(&a, &c, &b, &two);
    g_assert_cmpuint(one.conflicts, ==, two.conflicts);
    if (one.conflicts == 0)
        g_assert_cmpmem(one.text, one.length, two.text, two.length);
    g_autofree char *diff = fa_merge_diff(&a, &b);
    g_assert_true(
        (diff[0] == '\0') ==
        (a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0)));
    return 0;
}
