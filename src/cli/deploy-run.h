#pragma once
/*
 * What `deploy` and `rollback` share: the plan, the steps as they go, the answer.
 */
#include "app/deploy.h"
#include "cli/answer.h"

typedef struct FaDeployWords {
    const char *release; /* (nullable) */
    const char *environment;
    FaDeployKind kind;
    const char *why;
    const char **lost;
    const char **migrations;
    const char *plan;
    const char *on_edit;
    int64_t watch;
    int64_t patience;
    unsigned jobs;
    bool notes_done;
    bool resume;
    bool give_up;
} FaDeployWords;

bool fa_deploy_run(FaInvocation *invocation, const FaDeployWords *words, GError **error);
