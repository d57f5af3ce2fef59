#pragma once
/*
 * What a command is: one constant in one file cmd-NAME.c, listed once in commands.def, with the right that it needs. The dispatcher, `help`, the man
 * page and the completions are made from these tables; nothing about a command is said twice.
 *
 *     typedef struct Options {
 *         unsigned jobs;
 *         bool is_fresh;
 *     } Options;
 *
 *     static const FaOption options[] = {
 *         FA_OPTION_UINT(Options, jobs, "jobs", 'j', "N", "Steps that run at once"),
 *         FA_OPTION_FLAG(Options, is_fresh, "fresh", 0, "Build even what is there"),
 *         {0},
 *     };
 *
 *     static bool
 *     run(FaInvocation *invocation, GError **error)
 *     {
 *         const Options *options = invocation->options;
 *         ...
 *     }
 *
 *     const FaCmd fa_cmd_build = {
 *         .name = "build", .group = FA_GROUP_START, .summary = "Build what is missing",
 *         .usage = "[SITE-ENV]", .max_arguments = 1, .traits = FA_CMD_HAS_JSON | FA_CMD_HAS_DRY_RUN,
 *         .options = options, .options_size = sizeof(Options), .run = run,
 *     };
 *
 * A command reads its arguments, calls one function of app/, and prints one view: stdout is for the answer, stderr for
 * all else. See cmd-version.c for a whole one.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sys/cancel.h"

typedef enum FaGroup {
    FA_GROUP_START,   /* what a newcomer needs first; their first examples open the overview */
    FA_GROUP_RUN,     /* a running environment */
    FA_GROUP_WORK,    /* on a component */
    FA_GROUP_RELEASE, /* of the product, on its way */
    FA_GROUP_CARE,    /* of the home */
    FA_GROUP_PROGRAM, /* about fassembler itself */
} FaGroup;

typedef enum FaOptionKind {
    FA_OPTION_KIND_FLAG, /* bool */
    FA_OPTION_KIND_UINT, /* unsigned, at least 1; 0: not given */
    FA_OPTION_KIND_SPAN, /* int64_t seconds, at least 1; 0: not given */
    FA_OPTION_KIND_TEXT, /* const char *; NULL: not given */
    FA_OPTION_KIND_LIST, /* const char **, NULL-ended, may be given often; NULL: not given */
} FaOptionKind;

typedef struct FaCompletion FaCompletion;
typedef void (*FaCompleteFunc)(FaCompletion *completion);

typedef struct FaOption {
    const char *name; /* without the dashes; NULL ends the table */
    char letter;      /* '\0': none */
    FaOptionKind kind;
    size_t offset; /* of the member in the command's options struct */
    size_t size;
    const char *argument;       /* its value's name in the help, NULL for a flag */
    const char *help;           /* one line, no full stop */
    const char *const *choices; /* (nullable) NULL-ended: the only values of a TEXT */
    FaCompleteFunc complete;    /* (nullable) proposes values */
} FaOption;

#define FA_OPTION_(struct_, member_, kind_, name_, letter_, argument_, help_)                      \
    .name = name_, .letter = letter_, .kind = kind_, .offset = offsetof(struct_, member_),         \
    .size = sizeof(((struct_ *)0)->member_), .argument = argument_, .help = help_
#define FA_OPTION_FLAG(struct_, member_, name_, letter_, help_)                                    \
    {                                                                                              \
        FA_OPTION_(struct_, member_, FA_OPTION_KIND_FLAG, name_, letter_, NULL, help_)             \
    }
#define FA_OPTION_UINT(struct_, member_, name_, letter_, argument_, help_)                         \
    {                                                                                              \
        FA_OPTION_(struct_, member_, FA_OPTION_KIND_UINT, name_, letter_, argument_, help_)        \
    }
#define FA_OPTION_SPAN(struct_, member_, name_, letter_, argument_, help_)                         \
    {                                                                                              \
        FA_OPTION_(struct_, member_, FA_OPTION_KIND_SPAN, name_, letter_, argument_, help_)        \
    }
#define FA_OPTION_TEXT(struct_, member_, name_, letter_, argument_, help_)                         \
    {                                                                                              \
        FA_OPTION_(struct_, member_, FA_OPTION_KIND_TEXT, name_, letter_, argument_, help_)        \
    }
#define FA_OPTION_LIST(struct_, member_, name_, letter_, argument_, help_)                         \
    {                                                                                              \
        FA_OPTION_(struct_, member_, FA_OPTION_KIND_LIST, name_, letter_, argument_, help_)        \
    }
/* A TEXT that is one of @choices_. */
#define FA_OPTION_CHOICE(struct_, member_, name_, letter_, argument_, choices_, help_)             \
    {                                                                                              \
        FA_OPTION_(struct_, member_, FA_OPTION_KIND_TEXT, name_, letter_, argument_, help_),       \
            .choices = choices_                                                                    \
    }

typedef struct FaExample {
    const char *command; /* as typed, from "fassembler " on; NULL ends the table */
    const char *what;    /* what it does, no full stop */
} FaExample;

/* What is found or opened before a command runs, so that each says the same when it is missing. */
typedef enum FaNeeds {
    FA_NEEDS_NOTHING = 0,
    FA_NEEDS_PRODUCT = 1 << 0, /* the product folder around the working directory */
    FA_NEEDS_HOME = 1 << 1,    /* a home that can be read */
} FaNeeds;

typedef enum FaTraits {
    FA_CMD_PLAIN = 0,
    FA_CMD_HAS_JSON = 1 << 0,    /* answers --json; others refuse it */
    FA_CMD_HAS_DRY_RUN = 1 << 1, /* obeys -n; others refuse it rather than do it */
    FA_CMD_IS_HIDDEN = 1 << 2,   /* not for people */
    FA_CMD_TAKES_REST =
        1 << 3, /* from the first argument on, options are arguments too: `run COMMAND...` */
} FaTraits;

#define FA_ARGUMENTS_ANY G_MAXUINT

typedef struct FaCmd FaCmd;

/* (transfer full) (nullable) As fa_tty_ask(). */
typedef char *(*FaAskFunc)(const char *question, FaCancel *cancel, void *data);

/* One command line, read. What it points to lives as long as the process. */
typedef struct FaInvocation {
    const FaCmd *command; /* NULL for bare --help and --version */
    bool json;
    bool is_quiet;
    bool is_verbose;
    bool no_colour;
    bool dry_run;
    bool yes;
    bool wants_help;
    bool wants_version;
    const char *directory;  /* -C, already entered; NULL: not given */
    const char *home;       /* --home; NULL: not given */
    const char *as;         /* --as; NULL: not given */
    void *options;          /* the command's own struct */
    const char **arguments; /* NULL-ended */
    size_t argument_count;
    bool colour_out;
    bool colour_err;
    bool is_served;   /* done for somebody else, who has the terminal */
    unsigned columns; /* of the terminal that the answer goes to; 0: none */
    FaAskFunc ask;    /* (nullable) where it is served: asks the one who called */
    void *ask_data;
    FaCancel *cancel;
    int exit_status; /* set by a command that did its work and whose answer is a status: 3 for "not running" */
} FaInvocation;

struct FaCmd {
    const char *name; /* one or two words */
    FaGroup group;
    const char *summary;     /* one line, no full stop */
    const char *usage;       /* (nullable) its arguments */
    const char *description; /* (nullable) paragraphs, divided by empty lines; wrapped when shown */
    const FaExample *examples;
    const FaOption *options; /* (nullable) */
    size_t options_size;
    unsigned min_arguments;
    unsigned max_arguments;
    FaNeeds needs;
    FaTraits traits;
    bool (*run)(FaInvocation *invocation, GError **error);
    FaCompleteFunc complete; /* (nullable) proposes arguments */
};
