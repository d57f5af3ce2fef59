#pragma once
/*
 * The reference of every key, docs/recipe.md, from the tables that the files are read by.
 */

/* (transfer full) Markdown. */
char *fa_config_reference(void);
