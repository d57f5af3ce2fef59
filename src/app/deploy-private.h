#pragma once
/*
 * What the files of a deployment share. Nobody else includes this.
 */
#include "app/deploy.h"
#include "app/environment.h"
#include "store/store.h"
#include "sys/lock.h"

/* One deployment at work. What is not there is made when a step needs it, for a step may be the first after a crash. */
typedef struct FaDeployWork {
    FaContext *host; /* as the product's folder is now */
    const FaDeployOptions *options;
    FaChoice host_choice;
    FaState *state;
    FaLayout *layout;
    FaLock *lock;
    char *name;                 /* ENV.SITE */
    FaContext *context;         /* (nullable) the release's */
    FaChoice choice;            /* in that */
    GPtrArray *plan;            /* (nullable) of FaAssembled */
    FaEnvironment *environment; /* (nullable) in the new slot */
    bool is_composed;
    GPtrArray *carried; /* (nullable) of FaCarried */
    int64_t switched_in;
} FaDeployWork;

/* (transfer none) (nullable) The open deployment, as the ledger has it. */
const FaDeployment *fa_deploy_work_get(const FaDeployWork *work);
FaSlot fa_deploy_work_slot(const FaDeployWork *work);

/* (transfer full) Where the public reaches it. */
char *fa_deploy_work_url(const FaDeployWork *work);
/* CONFLICT, with who is first, when somebody else has it. */
bool fa_deploy_take_lock(FaDeployWork *work, GError **error);
/* From wherever the open deployment is to its end. The lock is held. */
bool fa_deploy_drive(FaDeployWork *work, FaDeployed *deployed, GError **error);

/* For who watches: does the ledger say by now that it is to be undone? */
bool fa_deploy_is_taken_back(FaDeployWork *work, bool *ret_is_back, GError **error);
/*
 * For a rollback, when what it goes back to still runs because a deployment is being watched, by somebody or by nobody any
 * more: that one is taken back. *ret_is_back: it was; otherwise nothing was done.
 */
bool fa_deploy_take_back(FaDeployWork *work, FaDeployed *deployed, bool *ret_is_back,
                         GError **error);

/* *ret_detail (transfer full) (nullable): what to write down about it. */
bool fa_deploy_do(FaDeployWork *work, FaDeployStep step, char **ret_detail, GError **error);
bool fa_deploy_undo(FaDeployWork *work, FaDeployStep step, char **ret_detail, GError **error);

/* Sets the notes of @plan; what migrates without one is a reason against it. */
bool fa_deploy_find_notes(const FaDeployWork *work, const FaRelease *release, FaDeployPlan *plan,
                          GError **error);
/* Tells all notes, and has the manual ones confirmed and recorded; REFUSED when one is not done. */
bool fa_deploy_carry_out_notes(FaDeployWork *work, const FaDeployPlan *plan, GError **error);

/* *ret_lost, *ret_unknown (transfer full), of char *: what live has and @release has not; FaTrackFacts. */
bool fa_deploy_find_lost(FaContext *context, const FaRelease *running, const FaRelease *release,
                         const char *const *waived, FaCancel *cancel, GPtrArray **ret_lost,
                         GPtrArray **ret_unknown, GError **error);
