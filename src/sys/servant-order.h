#pragma once
/*
 * What sys/servant.h and its programs say to each other: an order is its first byte, with these descriptors. The answer is a
 * 32-bit number, of the process or -errno, beside it a longer text when something went wrong, and the end once the
 * process is what was ordered. When a program has started it sends one byte that is 0, or such a text.
 */
enum {
    FA_SERVANT_ORDER, /* a file with what is ordered */
    FA_SERVANT_INPUT,
    FA_SERVANT_OUTPUT,
    FA_SERVANT_ERROR,
    FA_SERVANT_ANSWER, /* a socket */
    FA_SERVANT_FILES
};
