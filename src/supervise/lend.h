#pragma once
/*
 * The lowest numbers of descriptors, kept free for children on their way to their exec.
 *
 * A child with a table of its own has to copy ours and to close it again: with 1000 programs 4000 descriptors, which is an
 * eighth of a restart. So a child begins in our table and leaves it with these few numbers only; what it needs is lent to it
 * there, until it is gone. Where there are none left, or the kernel cannot do it, children copy the table.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes the numbers, before many others are open. */
void sv_lend_init(void);
/* How many can be lent now. */
size_t sv_lend_left(void);
/* Puts @fd under one of the numbers, which is added to @loan. Returns it, or negative errno. */
int sv_lend(uint64_t *loan, int fd);
/* Closes them and empties @loan. */
void sv_lend_end(uint64_t *loan);
/* The first number that is none of them. */
int sv_lend_limit(void);
