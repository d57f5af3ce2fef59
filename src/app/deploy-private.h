#pragma once
/*
 * What the files of a deployment share. Nobody else includes this.
 */
#include "app/deploy.h"
#include "app/environment.h"
#include "app/migrations.h"
#include "store/store.h"
#include "sys/lock.h"

/* Does what a rollback goes back to still run in its slot? */
typedef enum FaStandby { FA_STANDBY_UNKNOWN, FA_STANDBY_NO, FA_STANDBY_YES } FaStandby;

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
    int64_t switched_in;
    GPtrArray *scripts;          /* (nullable) of FaMigrationScript, the release's */
    FaMigrationPlan *migrations; /* (nullable) */
    GPtrArray *others;        /* (nullable) of FaOtherRelease, whose scripts undo what they did */
    int64_t offline_us;       /* that nobody was served; -1: it was not begun */
    int64_t offline_requests; /* that were told so; -1: not known */
    FaStandby standby;
} FaDeployWork;

/* (transfer none) (nullable) The open deployment, as the ledger has it. */
const FaDeployment *fa_deploy_work_get(const FaDeployWork *work);
FaSlot fa_deploy_work_slot(const FaDeployWork *work);
bool fa_deploy_work_is_first(const FaDeployWork *work);
FaCancel *fa_deploy_work_cancel(const FaDeployWork *work);
void fa_deploy_work_say(const FaDeployWork *work, const char *format, ...) G_GNUC_PRINTF(2, 3);

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

/*
 * For a rollback to what was kept running (`keep-old`): *ret_is_done when there is no more to do in @step than was done
 * here. The first one calls off the end of what is kept.
 */
bool fa_deploy_do_standby(FaDeployWork *work, FaDeployStep step, bool *ret_is_done,
                          char **ret_detail, GError **error);
/* What was replaced runs on for the time that the environment says, unless the data was migrated since. */
bool fa_deploy_keep_old(FaDeployWork *work, FaSlot slot, bool *ret_is_kept, char **ret_detail,
                        GError **error);
/* What a rollback called off goes on when that came to nothing. */
bool fa_deploy_rearm_keeper(FaDeployWork *work, GError **error);
/* Nothing runs in it afterwards, whatever an earlier deployment kept there or could not stop. */
bool fa_deploy_clear_slot(FaDeployWork *work, FaSlot slot, GError **error);
/* Until nobody is connected to @slot any more, or the deployment is taken back. */
bool fa_deploy_drain(FaDeployWork *work, FaSlot slot, FaCancel *cancel, char **ret_detail,
                     GError **error);

/* Sets the notes of @plan; what migrates without one is a reason against it. */
bool fa_deploy_find_notes(const FaDeployWork *work, const FaRelease *release, FaDeployPlan *plan,
                          GError **error);
/* Tells all notes, and has the manual ones confirmed and recorded; REFUSED when one is not done. */
bool fa_deploy_carry_out_notes(FaDeployWork *work, const FaDeployPlan *plan, GError **error);

/* Make what is not there yet. */
bool fa_deploy_need_context(FaDeployWork *work, GError **error);
bool fa_deploy_need_plan(FaDeployWork *work, GError **error);
bool fa_deploy_need_environment(FaDeployWork *work, GError **error);
/* (transfer full) (nullable) The build that is to serve. */
char *fa_deploy_find_build(const FaDeployWork *work, GError **error);
/* Is nobody connected to the ports of @slot any more, or has it been waited for since @begun for long enough? */
bool fa_deploy_look_drained(const FaDeployWork *work, FaSlot slot, int64_t begun, bool *ret_is_over,
                            char **ret_detail, GError **error);
/* Every smoke test, in the new slot. */
bool fa_deploy_smoke(FaDeployWork *work, char **ret_detail, GError **error);

/* Plans from the ledger and from what was built, so that whoever comes after a crash plans the same. */
bool fa_deploy_need_migrations(FaDeployWork *work, GError **error);
/* Adds to @reasons what is in the way of @migrations: nothing to undo them by. */
bool fa_deploy_check_migrations(const FaDeployWork *work, const FaMigrationPlan *migrations,
                                GPtrArray *reasons, GError **error);
/* What is known of them before anything is done. */
bool fa_deploy_plan_migrations(const FaDeployWork *work, FaDeployPlan *plan,
                               FaMigrationPlan **ret_migrations, GError **error);
/* At the end of the build: refused while nothing was done yet. */
bool fa_deploy_admit_migrations(FaDeployWork *work, GError **error);
void fa_deploy_forget_migrations(FaDeployWork *work);

typedef struct FaOtherRelease {
    char *label;
    FaBuiltRelease *built;
    GPtrArray *plan;            /* of FaAssembled */
    FaEnvironment *environment; /* looked at from the new slot */
} FaOtherRelease;

/* (transfer none) (nullable) A release that ran there, made again when the store lacks it. */
const FaOtherRelease *fa_deploy_need_other(FaDeployWork *work, const char *label, GError **error);

/* The scripts of one phase, each recorded; what is recorded is not done again. */
bool fa_deploy_migrate(FaDeployWork *work, FaMigrationPhase phase, char **ret_detail,
                       GError **error);
/* The other way round, told or not. */
bool fa_deploy_migrate_undo(FaDeployWork *work, FaMigrationPhase phase, char **ret_detail,
                            GError **error);
bool fa_deploy_is_recorded(const FaDeployWork *work, const FaMigration *migration);
/* Was it begun in this deployment? Its log says so. */
bool fa_deploy_was_begun(const FaDeployWork *work, const FaMigration *migration, bool is_down);

/* Of what is migrated, while the old one serves. */
bool fa_deploy_backup(FaDeployWork *work, char **ret_detail, GError **error);
/* Of what cannot be undone otherwise, while nobody writes. */
bool fa_deploy_backup_closed(FaDeployWork *work, GError **error);
/* (transfer full) Of components (char *) whose data that backup has, whole. */
GPtrArray *fa_deploy_list_saved_closed(const FaDeployWork *work);
bool fa_deploy_restore_closed(const FaDeployWork *work, const char *component, GError **error);
/* Puts back what was saved before @migration was made. */
bool fa_deploy_restore(const FaDeployWork *work, const FaMigration *migration, GError **error);
bool fa_deploy_has_backup(const FaDeployWork *work, const FaMigration *migration);
/* (transfer full) What of @recipe's data no backup has, in words, NULL-ended. */
char **fa_deploy_list_not_saved(const FaProduct *product, const FaRecipe *recipe);

/* While nobody is served. */
bool fa_deploy_close(FaDeployWork *work, FaCancel *cancel, char **ret_detail, GError **error);
bool fa_deploy_open(FaDeployWork *work, char **ret_detail, GError **error);
bool fa_deploy_migrate_closed(FaDeployWork *work, char **ret_detail, GError **error);
bool fa_deploy_migrate_closed_undo(FaDeployWork *work, char **ret_detail, GError **error);
/* (transfer full) (nullable) The processes of the new build that do not start before that. */
char **fa_deploy_list_held(FaDeployWork *work, const char *build, GError **error);
/* (transfer full) The components that these are of: a set of names. */
GHashTable *fa_deploy_held_components(const FaDeployWork *work);

/* *ret_lost, *ret_unknown (transfer full), of char *: what live has and @release has not; FaTrackFacts. */
bool fa_deploy_find_lost(FaContext *context, const FaRelease *running, const FaRelease *release,
                         const char *const *waived, FaCancel *cancel, GPtrArray **ret_lost,
                         GPtrArray **ret_unknown, GError **error);
