#pragma once
/*
 * Functions that are easy to use wrongly. Numbers are parsed by fa_parse_*(), text is built by GLib, times are
 * converted by sys/clock.h, programs are started by sys/spawn.h. The build includes this before every .c file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <glib.h>
#include <glib/gstdio.h>
#pragma GCC poison atoi atol atoll strtol strtoul strtoll strtoull strcpy strcat sprintf vsprintf
#pragma GCC poison strtok gmtime localtime system gets mktemp tmpnam
