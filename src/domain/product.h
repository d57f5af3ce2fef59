#pragma once
/*
 * A product: its components, sites and environments, as fassembler.yaml and sites/SITE.yaml say. Plain facts.
 */
#include <glib.h>
#include <stdbool.h>
#include "base/diag.h"
#include "domain/recipe.h"

/* One value given for COMPONENT.SETTING somewhere; component "*" is for every component. */
typedef struct FaGiven {
    char *component;
    char *setting;
    FaText value;
} FaGiven;

typedef enum FaTrack {
    FA_TRACK_TRUNK,
    FA_TRACK_RELEASE,
    FA_TRACK_LIVE_FIX,
    FA_TRACK_ANYTHING
} FaTrack;

typedef struct FaEnvironmentSpec {
    char *name;
    char *host; /* label put before the site's domain: "www" */
    FaTrack track;
    unsigned ports;   /* added to the site's base port; a multiple of 100 */
    char *refresh;    /* (nullable) RRULE text */
    int64_t keep_old; /* seconds that a release runs on after it was replaced; 0: it is stopped */
    FaPlace place;
} FaEnvironmentSpec;

typedef struct FaSiteSpec {
    char *name;
    char *domain;
    unsigned base_port;
    GPtrArray *given; /* of FaGiven: the site's, from sites/SITE.yaml */
    GHashTable
        *environments; /* name -> GPtrArray of FaGiven: what this site's environment changes */
    FaPlace place;
} FaSiteSpec;

/* Builds that others made. */
typedef struct FaStoreSpec {
    GPtrArray
        *pull; /* of char: addresses and absolute folders, in the order in which they are asked */
    GPtrArray *keys; /* of char: public keys, one of which must have signed */
} FaStoreSpec;

FaStoreSpec *fa_store_spec_new(void);
void fa_store_spec_free(FaStoreSpec *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaStoreSpec, fa_store_spec_free)
/* The web server of the host that maps host names to environments. */
typedef struct FaEdgeSpec {
    char *listen; /* (nullable) ADDRESS:PORT; NULL: there is none */
    char *scheme; /* (nullable) of what the public sees; http */
    unsigned
        port; /* that the public sees; 0: that of @listen, or of the scheme where it is https */
    FaPlace place;
} FaEdgeSpec;

typedef struct FaProduct {
    char *name;
    char *directory;         /* absolute */
    char *sources;           /* what relative locations of sources are relative to */
    bool is_frozen;          /* of a release: its sources are what the lock says, folders too */
    char *version;           /* (nullable) */
    GPtrArray *components;   /* of FaRecipe, in the order of the list */
    GPtrArray *environments; /* of FaEnvironmentSpec */
    GPtrArray *sites;        /* of FaSiteSpec */
    GPtrArray *given;        /* of FaGiven: the product's `settings:` */
    GArray *people;          /* of FaGrant, whose texts are its own */
    FaStoreSpec *store;
    FaEdgeSpec edge;
} FaProduct;

FaProduct *fa_product_new(void);
void fa_product_free(FaProduct *product);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaProduct, fa_product_free)
FaSiteSpec *fa_site_spec_new(const char *name);
void fa_site_spec_free(FaSiteSpec *site);
void fa_environment_spec_free(FaEnvironmentSpec *environment);
void fa_given_free(FaGiven *given);

/* (transfer none) (nullable) */
FaRecipe *fa_product_find_component(const FaProduct *product, const char *name);
const FaSiteSpec *fa_product_find_site(const FaProduct *product, const char *name);
const FaEnvironmentSpec *fa_product_find_environment(const FaProduct *product, const char *name);
/* (transfer container) NULL-ended names of all components, for fa_text_nearest(). */
const char **fa_product_component_names(const FaProduct *product);

/* (transfer full) www.openplans.example */
char *fa_product_get_host(const FaSiteSpec *site, const FaEnvironmentSpec *environment);
/* (transfer full) (nullable) Where the public reaches it, without a slash at the end; NULL without an edge. */
char *fa_product_get_url(const FaProduct *product, const FaSiteSpec *site,
                         const FaEnvironmentSpec *environment);

const char *fa_track_to_string(FaTrack track);
bool fa_track_from_string(const char *text, FaTrack *ret_track);
