#pragma once
/*
 * Databases and their users on a server of the environment, made where they are not there yet.
 *
 * MariaDB and PostgreSQL, through their own clients over the server's socket, as its administrator without a password:
 * the socket is in a folder that only the environment's user can enter. The password of the user is set each time, so that
 * it is the environment's secret whatever it was before. It goes through standard input, never an argument. Nothing is
 * ever dropped.
 */
#include <glib.h>
#include <stdbool.h>

#include "domain/recipe.h"
#include "sys/cancel.h"

typedef struct FaDatabaseRequest {
    FaDatabaseKind kind;
    const char *server; /* the component, for messages */
    const char *socket; /* MariaDB: the socket; PostgreSQL: the folder that it is in */
    const char *name;
    const char *user;
    const char *password; /* letters and digits */
    FaCancel *cancel;     /* (nullable) */
} FaDatabaseRequest;

/*
 * True when database and user are there, and the user owns or has all rights on it. CONFIG for names that are none,
 * NOT_FOUND without the client program, UNREACHABLE when the server does not answer, DENIED when it wants another
 * administrator, FAILED for what else it says.
 */
bool fa_database_ensure(const FaDatabaseRequest *request, GError **error);

/* (transfer full) (nullable) What is given to the client, for tests. CONFIG for names that are none. */
char *fa_database_make_script(const FaDatabaseRequest *request, GError **error);
