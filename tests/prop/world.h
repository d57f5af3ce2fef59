#pragma once
/*
 * A small world to try the domain in: two sites with live, stage and leapfrog, two components, a trunk that goes on, people
 * who cut, deploy, roll back and are killed over it. It knows what is really there (contents, disks), and asks the domain
 * whether it may; the laws are checked against what is really there, at every event.
 *
 * A mutant takes one guard away: the facts that the guard looks at are hidden, or its reason is not heard.
 */
#include <glib.h>
#include <stdbool.h>

#include "domain/history.h"
#include "domain/note.h"
#include "domain/release.h"
#include "domain/running.h"
#include "domain/track.h"
#include "ledger/ledger.h"

typedef enum Mutant {
    MUTANT_NONE,
    MUTANT_LOST_FIX,     /* nobody looks for lost fixes */
    MUTANT_BYTES,        /* other bits are deployed under the same label */
    MUTANT_LABEL,        /* a label is used twice */
    MUTANT_BRANCH,       /* a branch moves under a cut */
    MUTANT_IRREVERSIBLE, /* back past an irreversible migration */
    MUTANT_BRIDGES,      /* back by itself past one */
    MUTANT_MOVED,        /* a stale plan is carried out */
    MUTANT_OPEN,         /* two deployments at once */
    MUTANT_LEAPFROG,     /* anything goes to leapfrog */
    MUTANT_REJECTED,     /* a rejected release goes on */
    MUTANT_NEVER_RAN,    /* a rollback to what never ran there */
    MUTANT_NOTES,        /* a migration without a note */
    MUTANT_RESUME,       /* what was begun is taken for done */
    MUTANT_UNDO,         /* a failure before the switch goes on */
    MUTANT_SNAPSHOT,     /* a fold loses an event */
    MUTANTS,
} Mutant;

typedef enum Count {
    COUNT_CUTS,
    COUNT_LEAPFROGS,
    COUNT_REBUILDS,
    COUNT_DEPLOYS,
    COUNT_ROLLBACKS,
    COUNT_FAILURES,
    COUNT_KILLS,
    COUNT_GIVEN_UP,
    COUNT_AUTOMATIC, /* rollbacks after the switch */
    COUNT_LOST_FIX,  /* refusals, as are those that follow */
    COUNT_IRREVERSIBLE,
    COUNT_BITS,
    COUNT_MOVED,
    COUNT_OPEN,
    COUNT_REJECTED,
    COUNT_NOTES,
    COUNT_CONFLICTS,
    COUNT_KEPT,
    COUNT_RESTORED,
    COUNTS,
} Count;

/* What trunk or a release is made of. */
typedef struct Content {
    GHashTable *changes;   /* set of "COMPONENT N" */
    GPtrArray *migrations; /* of FaMigration, in order; named like its change */
} Content;

/* What an environment really is. */
typedef struct Disk {
    char *environment;
    char *build; /* (nullable) as are release and bits */
    char *release;
    char *bits;
    GHashTable *schema; /* set of "COMPONENT/NAME": migrations that its data went through */
    GHashTable *kept;   /* of those, the ones that somebody said the code lives with */
    GHashTable *ran;    /* set of labels that served here */
    bool is_maintenance;
    bool is_idle_running;
    bool is_checked;
    struct Plan *plan; /* (nullable) of the deployment under way */
} Disk;

typedef struct Plan {
    char *made_from; /* the build that ran when it was made; "": none */
    char *before_release;
    char *before_bits;
    GHashTable *before_schema;
    bool was_idle_running; /* nobody could stop it the last time */
    bool was_maintenance;  /* nor end that */
    FaDeployKind kind;
    char *release;
    char *build;
    char *bits;
    FaMigrationPlan *migrations;
    GHashTable *keep;     /* "COMPONENT/NAME" that are to be kept */
    FaDeployStep failing; /* FA_DEPLOY_STEPS: none */
} Plan;

typedef struct World {
    GRand *rand;
    Mutant mutant;
    FaLedger *ledger;
    FaLedgerHead head;
    FaReleases *releases;
    FaRunning *running;
    FaNotes *notes;
    GPtrArray *events;      /* of FaEvent: all of them */
    GHashTable *contents;   /* label to Content */
    GHashTable *bits;       /* label to the bits of its first build */
    GHashTable *noted;      /* set of "COMPONENT N" that a note is about */
    GHashTable *stored;     /* set of labels whose builds the store has */
    GHashTable *rejected;   /* set of labels */
    GHashTable *fixes;      /* set of "COMPONENT N": changes that are fixes */
    GHashTable *migrations; /* "COMPONENT/NAME" to FaMigration: all that there are */
    GHashTable *disks;      /* ENV.SITE to Disk */
    Content *trunk;
    unsigned changes;
    unsigned ids;
    unsigned packages; /* what is installed; other packages make other bits */
    FaAsker asker;
    unsigned counts[COUNTS];
    char *violation; /* (nullable) the first */
} World;

World *world_new(guint32 seed, Mutant mutant);
void world_free(World *world);
bool world_chance(World *world, unsigned percent);
Disk *world_disk(World *world, const char *environment, const char *site);
Content *world_content(World *world, const char *label);
Content *content_copy(const Content *content);
void content_free(gpointer content);
void plan_free(Plan *plan);
void world_violate(World *world, const char *law, const char *what);
/* (transfer full) for @decision. True when it was appended; the laws that follow from the events alone are checked. */
bool world_append(World *world, FaDecision *decision);
GHashTable *world_set_copy(GHashTable *set);

void world_note(World *world, const char *component, const char *number);
/* Commits to trunk or a line; migrations among them, mostly with a note. */
void world_commit(World *world, Content *content, bool is_fix);
/* (transfer full) (nullable) The label, when it was cut. @content is copied. */
char *world_cut(World *world, FaReleaseKind kind, const char *parent, const Content *content);
void world_reject(World *world, const char *label);

/* (transfer full) (nullable) NULL: it was refused. */
Plan *world_plan(World *world, Disk *disk, FaDeployKind kind, const char *label);
/* Begins and drives; (transfer full) for @plan. False: it did not begin. */
bool world_deploy(World *world, Disk *disk, Plan *plan);
/* Whoever comes after somebody was killed: goes on, or gives up. */
void world_drive(World *world, Disk *disk, bool is_resumed);
void world_resume(World *world, Disk *disk);
/* What serves at this moment can serve. */
void world_check_serving(World *world, const Disk *disk);
