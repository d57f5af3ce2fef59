#pragma once
/*
 * The two slots of an environment: a build runs in one while the next starts in the other.
 *
 *   slots/a, slots/b    link to the build that is in the slot
 *   builds/NAME/slot-a  says for which slot it was composed; holds the names of the slot's processes, one a line
 *   var/beside/A.conf   programs of the slot that is not current, which the supervisor runs beside those of `current`
 *
 * Each slot has its own half of the ports and its own folder for sockets: var/run for a, var/run/b for b. In slot b a
 * process is called NAME.b. What has the lifetime of the environment is in neither. The edge of the host looks for
 * current/slot-b at each request, so that the rename of `current` is the switch of everything.
 */
#include <glib.h>
#include <stdbool.h>

#include "site/layout.h"

typedef enum FaSlot { FA_SLOT_A, FA_SLOT_B } FaSlot;

const char *fa_slot_to_string(FaSlot slot);
bool fa_slot_from_string(const char *text, FaSlot *ret_slot);
FaSlot fa_slot_other(FaSlot slot);

/* (transfer full) The link that names its build. */
char *fa_slot_get_link(const FaLayout *layout, FaSlot slot);
/* (transfer full) Where sockets of what runs in it are. */
char *fa_slot_get_run(const FaLayout *layout, FaSlot slot);
/* (transfer full) What the supervisor calls the slot's process @name. */
char *fa_slot_get_process_name(FaSlot slot, const char *name);
/* (transfer full) The file of a build that says so. */
char *fa_slot_get_mark(const char *build_directory, FaSlot slot);

/* Makes the folders; what is there stays. */
bool fa_slot_make(const FaLayout *layout, FaSlot slot, GError **error);

/* FA_SLOT_A too for a build that does not say. */
FaSlot fa_slot_of_build(const FaLayout *layout, const char *build);
/* The slot of the current build; FA_SLOT_A when there is none. */
FaSlot fa_slot_get_current(const FaLayout *layout);
/* (transfer full) (nullable) The build in it. */
char *fa_slot_get_build(const FaLayout *layout, FaSlot slot);
/* Puts @build, composed for @slot, into it. NOT_FOUND when there is no such build, CONFLICT when it is for the other. */
bool fa_slot_put(const FaLayout *layout, FaSlot slot, const char *build, GError **error);
bool fa_slot_empty(const FaLayout *layout, FaSlot slot, GError **error);
/* (transfer full) (nullable) What the supervisor calls the processes of @build that are the slot's, NULL-ended. */
char **fa_slot_list_processes(const FaLayout *layout, const char *build, GError **error);

/* (transfer full) What the supervisor calls @name, a process without its slot, in the current build; @name if it is none. */
char *fa_slot_find_process(const FaLayout *layout, const char *name);

/* The supervisor's next update runs those processes of @build, which is in @slot, beside the current ones, but does not start
 * those of @held (nullable, NULL-ended); or runs none any more. */
bool fa_slot_put_beside(const FaLayout *layout, FaSlot slot, const char *build,
                        const char *const *held, GError **error);
bool fa_slot_clear_beside(const FaLayout *layout, FaSlot slot, GError **error);
bool fa_slot_has_beside(const FaLayout *layout, FaSlot slot);

#define FA_SLOT_KEEPER "old.keep" /* the program that ends what is kept */
/*
 * With the supervisor's next update, what runs beside in @slot runs on for so many seconds more. A program of the
 * supervisor's own waits for that, so that it outlives whoever asked; it changes nothing while a deployment has its lock.
 */
bool fa_slot_keep(const FaLayout *layout, FaSlot slot, int64_t seconds, GError **error);
bool fa_slot_is_kept(const FaLayout *layout, FaSlot slot);
