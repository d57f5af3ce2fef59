#pragma once
/*
 * A recipe: how a component is built, tested, run, set up, backed up and counted. Plain facts, as read.
 *
 * config/recipe.c fills it from components/NAME.yaml; docs/recipe.md explains every key. Text values are templates
 * (domain/template.h) unless said otherwise. Lists are never NULL; absent texts are NULL. Everything is owned by the
 * recipe. Places are where the value stands, for messages.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/diag.h"

/* A text and where it was written. */
typedef struct FaText {
    char *text;
    FaPlace place;
} FaText;

typedef enum FaSourceKind {
    FA_SOURCE_NONE, /* everything comes from the packages that it needs, and from its own files */
    FA_SOURCE_GIT,
    FA_SOURCE_SVN,
    FA_SOURCE_ARCHIVE,
    FA_SOURCE_DIRECTORY,
} FaSourceKind;

/* Where the source is. Not templates. */
typedef struct FaSourceSpec {
    FaSourceKind kind;
    char *location; /* URL or path; a relative path is relative to the product folder */
    char *trunk;    /* git: branch (main); svn: path below location (trunk) */
    char *
        releases; /* pattern of release branches: "release/" and a star; svn: branches/ and a star */
    char *
        revision; /* (nullable) a pin: branch, tag, commit; svn: PATH@REV or @REV. NULL: tip of trunk */
    char *sha256;       /* archive: required, hex */
    unsigned strip;     /* archive: leading directories to drop; default 1 */
    char *subdirectory; /* (nullable) only this part of the tree is the source */
    FaPlace place;
} FaSourceSpec;

typedef enum FaStepKind {
    FA_STEP_RUN,      /* `run`: text for /bin/sh -eu */
    FA_STEP_COPY,     /* `copy`: {from, to} */
    FA_STEP_TEMPLATE, /* `template`: {from, to} */
    FA_STEP_SYMLINK,  /* `symlink`: {target, path} */
    FA_STEP_PATCH,    /* `patch`: glob of files below components/NAME/; strip */
    FA_STEP_VENV,     /* `venv`: {to, requirements, wheels, python} */
    FA_STEP_NPM,      /* `npm`: {in, lock, production} */
} FaStepKind;

typedef struct FaStep {
    FaStepKind kind;
    char *name; /* as shown in logs; derived from the kind when not given */
    FaText run; /* RUN */
    FaText
        from; /* COPY, TEMPLATE; PATCH: the glob; SYMLINK: the target; VENV: requirements; NPM: directory */
    FaText to;       /* COPY, TEMPLATE, SYMLINK, VENV: below $out unless it starts with $build */
    FaText wheels;   /* VENV: folder of wheels and sdists */
    FaText program;  /* VENV: the interpreter (python3) */
    unsigned strip;  /* PATCH: 1 */
    bool network;    /* only with a lock */
    char *lock;      /* (nullable) file in the source that pins what the network gives */
    int64_t timeout; /* seconds; 0: the recipe's */
    FaPlace place;
} FaStep;

typedef enum FaSettingType {
    FA_SETTING_TEXT,
    FA_SETTING_NUMBER,
    FA_SETTING_BOOLEAN,
    FA_SETTING_PATH,
    FA_SETTING_SECRET, /* its value is `secret:NAME`, a reference; never shown */
} FaSettingType;

typedef struct FaSetting {
    char *name;
    FaSettingType type;
    FaText value; /* default; text NULL: must be given */
    char *help;
    char *inherit; /* (nullable) "component.setting" asked before the default */
    GStrv choices; /* (nullable) */
    FaPlace place;
} FaSetting;

typedef enum FaLifetime { FA_LIFETIME_RELEASE, FA_LIFETIME_ENVIRONMENT } FaLifetime;

typedef struct FaProcess {
    char *name;
    FaText command;
    FaText directory; /* (nullable text) */
    FaText health;    /* (nullable text) http://..., tcp:HOST:PORT, unix:PATH, or command: WORDS */
    GPtrArray *environment; /* of FaVariable */
    FaLifetime lifetime;
    GPtrArray *
        after; /* of char *: processes COMPONENT:PROCESS or names here, that must be ready before */
    char *stop_signal;     /* TERM */
    int64_t stop_wait;     /* seconds, 10 */
    int64_t start_seconds; /* 1 */
    unsigned instances;    /* 1 */
    FaPlace place;
} FaProcess;

typedef struct FaVariable {
    char *name;
    FaText value;
} FaVariable;

/* Something done once the processes that it needs are up, every time anew: it must be idempotent. */
typedef struct FaSetup {
    char *name;
    FaText run;       /* /bin/sh -eu, in the environment, not the sandbox */
    FaText unless;    /* (nullable text) a command; status 0: nothing to do */
    GPtrArray *after; /* of char *: processes that must be ready */
    int64_t timeout;  /* seconds; 0: the recipe's */
    FaPlace place;
} FaSetup;

typedef enum FaDatabaseKind { FA_DATABASE_MARIADB, FA_DATABASE_POSTGRESQL } FaDatabaseKind;

typedef struct FaDatabase {
    FaDatabaseKind kind;
    char *server; /* component that runs it */
    FaText name;
    FaText user;
    char *secret; /* name of the secret that is the password */
    FaPlace place;
} FaDatabase;

typedef struct FaRoute {
    FaText path;     /* "/blog/" */
    FaText upstream; /* what the front passes it to, in the front's own words */
    char *title;
    FaPlace place;
} FaRoute;

typedef struct FaRecipe {
    char *name;
    char *summary;
    char *description; /* (nullable) */
    char *version;     /* (nullable) */
    FaSourceSpec source;
    GPtrArray *programs;   /* of GStrv: alternatives, the first found is taken */
    GPtrArray *packages;   /* of char *: Debian packages */
    GPtrArray *components; /* of FaText: must be built first; visible as ${NAME.out} */
    GPtrArray *settings;   /* of FaSetting */
    GPtrArray *build;      /* of FaStep */
    GPtrArray *unit_tests; /* of FaText */
    GPtrArray *functional_tests;
    GPtrArray *smoke_tests; /* that only look: run before a deployment is switched to */
    GPtrArray *processes;   /* of FaProcess */
    GPtrArray *setup;       /* of FaSetup */
    GPtrArray *databases;   /* of FaDatabase */
    GPtrArray *routes;      /* of FaRoute */
    GPtrArray *secrets;     /* of char *: made once per environment */
    GPtrArray *etc; /* of char *: parts of /etc that the sandbox shows, beside the usual few */
    GPtrArray *copy_on_checkout; /* of char *: globs of files that must not be hardlinks */
    GPtrArray *data_files;       /* of char *: paths below var */
    char *scrub;                 /* (nullable) */
    char *migrations;            /* (nullable) */
    char *usage_events;          /* (nullable) */
    FaText
        develop; /* (nullable text) prepares a checkout for work in place; then ${out} is the checkout */
    bool in_place;   /* develop: the checkout itself is what runs */
    int port_offset; /* 0 to 49; -1: the next free one */
    int64_t timeout; /* of a build step, seconds; default 1800 */
    FaPlace place;
} FaRecipe;

FaRecipe *fa_recipe_new(const char *name);
void fa_recipe_free(FaRecipe *recipe);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaRecipe, fa_recipe_free)
void fa_setting_free(FaSetting *setting);
void fa_step_free(FaStep *step);
void fa_process_free(FaProcess *process);
void fa_setup_free(FaSetup *setup);
void fa_database_free(FaDatabase *database);
void fa_route_free(FaRoute *route);
void fa_variable_free(FaVariable *variable);
void fa_text_clear(FaText *text);
void fa_text_free(FaText *text);
/* With the defaults that the comments above name. */
FaProcess *fa_process_new(const char *name);
FaSetup *fa_setup_new(void);

/* (transfer none) (nullable) */
const FaSetting *fa_recipe_find_setting(const FaRecipe *recipe, const char *name);
const FaProcess *fa_recipe_find_process(const FaRecipe *recipe, const char *name);
/* True when it has processes, and these outlive releases. */
bool fa_recipe_is_lasting(const FaRecipe *recipe);

const char *fa_source_kind_to_string(FaSourceKind kind);
const char *fa_step_kind_to_string(FaStepKind kind);
bool fa_step_kind_from_string(const char *text, FaStepKind *ret_kind);
const char *fa_setting_type_to_string(FaSettingType type);
bool fa_setting_type_from_string(const char *text, FaSettingType *ret_type);
const char *fa_database_kind_to_string(FaDatabaseKind kind);
bool fa_database_kind_from_string(const char *text, FaDatabaseKind *ret_kind);
const char *fa_lifetime_to_string(FaLifetime lifetime);
bool fa_lifetime_from_string(const char *text, FaLifetime *ret_lifetime);
