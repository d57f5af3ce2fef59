#include "domain/rule.h"

#include <string.h>

#include "base/text.h"

#define USUAL_HOUR   "6"
#define USUAL_MINUTE "0"
#define USUAL_DAY    "1"

typedef enum Frequency { HOURLY, DAILY, WEEKLY, FREQUENCIES } Frequency;

static const char *const frequencies[FREQUENCIES + 1] = {"HOURLY", "DAILY", "WEEKLY", NULL};
/* As a crontab counts them. */
static const char *const days[] = {"SU", "MO", "TU", "WE", "TH", "FR", "SA", NULL};

typedef struct Rule {
    bool has_frequency;
    Frequency frequency;
    char *days; /* (nullable) each as a crontab wants it */
    char *hours;
    char *minutes;
} Rule;

static void
rule_clear(Rule *rule)
{
    g_free(rule->days);
    g_free(rule->hours);
    g_free(rule->minutes);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Rule, rule_clear)

/* (nullable) The index of @word in @words; -1 for none of them. */
static int
find(const char *word, const char *const *words)
{
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    return -1;
}

/* (transfer full) (nullable) NULL: one of the items is none. @words NULL: numbers up to @max. */
static char *
read_list(const char *value, const char *const *words, unsigned max)
{
    g_auto(GStrv) items = g_strsplit(value, ",", -1);
    g_autoptr(GString) list = g_string_new(NULL);
    for (char **item = items; *item != NULL; item++) {
        unsigned number = 0;
        int index = words != NULL ? find(*item, words) : -1;
        if (words != NULL ? index < 0 : !fa_parse_uint(*item, 0, max, &number))
            return NULL;
        g_string_append_printf(list, "%s%u", list->len > 0 ? "," : "",
                               words != NULL ? (unsigned)index : number);
    }
    return list->len > 0 ? g_string_free(g_steal_pointer(&list), FALSE) : NULL;
}

static bool
set_list(char **list, const char *value, const char *const *words, unsigned max)
{
    g_free(*list);
    *list = read_list(value, words, max);
    return *list != NULL;
}

static bool
read_part(Rule *rule, const char *name, const char *value)
{
    if (strcmp(name, "FREQ") == 0) {
        int index = find(value, frequencies);
        rule->has_frequency = index >= 0;
        rule->frequency = index >= 0 ? (Frequency)index : HOURLY;
        return index >= 0;
    }
    if (strcmp(name, "BYDAY") == 0)
        return set_list(&rule->days, value, days, 0);
    if (strcmp(name, "BYHOUR") == 0)
        return set_list(&rule->hours, value, NULL, 23);
    return strcmp(name, "BYMINUTE") == 0 && set_list(&rule->minutes, value, NULL, 59);
}

static const char *
or_else(const char *text, const char *other)
{
    return text != NULL ? text : other;
}

bool
fa_rule_to_schedule(const char *text, char **ret_schedule, char **ret_problem)
{
    g_auto(Rule) rule = {0};
    g_auto(GStrv) parts = g_strsplit(text, ";", -1);
    for (char **part = parts; *part != NULL; part++) {
        char *equals = strchr(*part, '=');
        g_autofree char *name =
            equals != NULL ? g_strndup(*part, (gsize)(equals - *part)) : g_strdup(*part);
        if (equals == NULL || !read_part(&rule, name, equals + 1)) {
            *ret_problem = g_strdup_printf("'%s' is no part of a rule", *part);
            return false;
        }
    }
    if (!rule.has_frequency) {
        *ret_problem = g_strdup("a rule begins with FREQ=HOURLY, FREQ=DAILY or FREQ=WEEKLY");
        return false;
    }
    const char *hour = rule.frequency == HOURLY ? "*" : USUAL_HOUR;
    const char *day = rule.frequency == WEEKLY ? USUAL_DAY : "*";
    *ret_schedule = g_strdup_printf("%s %s * * %s", or_else(rule.minutes, USUAL_MINUTE),
                                    or_else(rule.hours, hour), or_else(rule.days, day));
    return true;
}
