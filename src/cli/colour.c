#include "cli/colour.h"

const char *
fa_style_on(FaStyle style, bool colour)
{
    static const char *const sequences[] = {
        [FA_STYLE_PLAIN] = "",          [FA_STYLE_BOLD] = "\033[1m",
        [FA_STYLE_DIM] = "\033[2m",     [FA_STYLE_GOOD] = "\033[32m",
        [FA_STYLE_BAD] = "\033[1;31m",  [FA_STYLE_WARN] = "\033[1;33m",
        [FA_STYLE_INFO] = "\033[1;36m",
    };
    return colour ? sequences[style] : "";
}

const char *
fa_style_off(FaStyle style, bool colour)
{
    return colour && style != FA_STYLE_PLAIN ? "\033[0m" : "";
}
