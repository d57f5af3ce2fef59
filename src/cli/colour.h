#pragma once
/*
 * Colour as a second carrier of a meaning, never the only one. Whether a stream gets any is decided once, when the
 * command line is read (invocation->colour_out, colour_err).
 */
#include <stdbool.h>

typedef enum FaStyle {
    FA_STYLE_PLAIN,
    FA_STYLE_BOLD,
    FA_STYLE_DIM,
    FA_STYLE_GOOD,
    FA_STYLE_BAD,
    FA_STYLE_WARN,
    FA_STYLE_INFO,
} FaStyle;

/* (transfer none) The sequence that begins @style, and the one that ends it; "" without colour. */
const char *fa_style_on(FaStyle style, bool colour);
const char *fa_style_off(FaStyle style, bool colour);
