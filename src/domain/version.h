#pragma once
/*
 * Labels of releases: names with a number in them.
 *
 *   0.6  0.6.1        a train: one to three fields
 *   0.6.1.1           a leapfrog from 0.6.1: always four (from 0.6 it is 0.6.0.1)
 *   0.6.2-b2          0.6.2 cut again before it went live, for the second time in all; a leapfrog can be, too
 *
 * The number says nothing about the content: 0.6.2, cut before it, has not the fix of 0.6.1.1. Order by it for people only.
 */
#include <glib.h>
#include <stdbool.h>

#define FA_LABEL_FIELDS    4
#define FA_LABEL_FIELD_MAX 999999

typedef struct FaLabel {
    unsigned fields[FA_LABEL_FIELDS];
    unsigned count; /* of fields */
    unsigned build; /* 2 and more: of -bN; 0: without */
} FaLabel;

/* False, and CONFIG with what is wrong and what was perhaps meant, for anything else. */
bool fa_label_parse(const char *text, FaLabel *ret_label, GError **error);
/* (transfer full) */
char *fa_label_to_string(const FaLabel *label);
bool fa_label_is_leapfrog(const FaLabel *label);
/* For lists that people read, never for what is newer: 0.6 before 0.6.1 before 0.6.1.1 before 0.6.2 before 0.6.2-b2. */
int fa_label_compare(const FaLabel *a, const FaLabel *b);
/* The same of texts; what is no label is last. For sorting. */
int fa_label_compare_texts(const char *a, const char *b);

/* The one behind it: 0.6.1 after 0.6; 0.6.2 after 0.6.1, 0.6.1.1 and 0.6.1-b2. */
FaLabel fa_label_next_train(const FaLabel *label);
/* The first from it, or the one behind it when it is one: 0.6.0.1 after 0.6, 0.6.1.2 after 0.6.1.1. */
FaLabel fa_label_next_leapfrog(const FaLabel *label);
/* 0.6.2-b2 after 0.6.2, 0.6.2-b3 after 0.6.2-b2. */
FaLabel fa_label_next_rebuild(const FaLabel *label);
/* Is @label the number of a leapfrog from @parent or from what @parent is a leapfrog or rebuild of? */
bool fa_label_is_leapfrog_of(const FaLabel *label, const FaLabel *parent);
/* Has @label the number of @parent, and a later -bN? */
bool fa_label_is_rebuild_of(const FaLabel *label, const FaLabel *parent);
