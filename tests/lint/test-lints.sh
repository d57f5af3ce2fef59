#!/usr/bin/env bash
# Each check finds what it is there to find: it is shown a small tree with one fault, and the same tree without.
set -u
tools=$(cd "$(dirname "$0")/../../tools" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/fassembler-lint.XXXXXX")
trap 'rm -rf "$work"' EXIT
tests=0
failures=0

# write FILE: stdin, below the tree.
write() {
    mkdir -p "$work/$(dirname "$1")"
    cat > "$work/$1"
}

# fresh: a tree without a fault.
fresh() {
    rm -rf "$work/src" "$work/tests"
    mkdir -p "$work/tests"
    printf '#pragma once\n/* What it is for. */\n' | write src/base/text.h
    printf '#pragma once\n/* What it is for. */\n' | write src/domain/site.h
    printf '#pragma once\n/* What it is for. */\n' | write src/sys/fs.h
    write src/domain/site.c << 'END'
#include "domain/site.h"

#include <string.h>

#include "base/text.h"

/* "goto" and // are words here. */
static int
one(void)
{
    return '"' == '\'' ? 1 : 2;
}
END
}

# verdict NAME EXPECTED-STATUS TOOL WORDS...
verdict() {
    local name=$1 expected=$2 tool=$3 output status
    shift 3
    tests=$((tests + 1))
    output=$("$tools/$tool" "$@" 2>&1)
    status=$?
    if [ "$((status != 0))" -eq "$expected" ]; then
        echo "ok $tests - $name"
    else
        failures=$((failures + 1))
        echo "not ok $tests - $name"
        printf '# %s\n' "${output//$'\n'/$'\n'# }"
    fi
}

# fault NAME TOOL FILE: stdin in FILE makes TOOL fail.
fault() {
    fresh
    write "$3"
    verdict "$1" 1 "$2" "$work"
}

fault 'a-way-past-who-may-write-the-ledger-is-found' check-style src/app/other.c << 'END'
static void
other(void)
{
    fa_ledger_open("ledger.db", true, NULL);
}
END
fault 'a-way-past-who-may-run-a-command-is-found' check-style src/cli/other.c << 'END'
static void
other(FaInvocation *invocation)
{
    invocation->command->run(invocation, NULL);
}
END
fresh
verdict 'a-good-tree-passes-the-layers' 0 check-layers "$work"
verdict 'a-good-tree-passes-the-lengths' 0 check-length "$work"
verdict 'a-good-tree-passes-the-style' 0 check-style "$work"

# state MEMBER: a tree whose supervisor hands over a struct without MEMBER.
state() {
    fresh
    write src/supervise/super.h << 'END'
typedef struct SvProc {
    struct SvProc *next, *last; /* a, b; */
    void (*ready)(int a, int b);
    char text[SV_MAX + 1];
} SvProc;
END
    write src/supervise/state-fields.c << 'END'
static const SvField proc[] = {
    LEFT(SvProc, next, "x"), LEFT(SvProc, last, "x"),
    LEFT(SvProc, ready, "x"),
    ARRAY(SvProc, text),
};
const SvFields fields_proc = FIELDS(SvProc, proc);
END
    sed -i "s/(SvProc, $1\\b/(SvOther, $1/" "$work/src/supervise/state-fields.c"
}
state none
verdict 'members-that-are-handed-over-pass' 0 check-state "$work"
for member in next last ready text; do
    state $member
    verdict "a-member-that-is-not-handed-over-is-found-$member" 1 check-state "$work"
done

fault 'a-lower-layer-may-not-include-a-higher' check-layers src/base/text.c << 'END'
#include "base/text.h"
#include "domain/site.h"
END
fault 'a-pure-layer-may-not-include-the-kernel' check-layers src/domain/site.c << 'END'
#include "domain/site.h"
#include <fcntl.h>
END
fault 'a-library-belongs-to-its-layer' check-layers src/sys/fs.c << 'END'
#include "sys/fs.h"
#include <yaml.h>
END
fault 'an-unknown-library-is-refused' check-layers src/sys/fs.c << 'END'
#include "sys/fs.h"
#include <leveldb/c.h>
END
fault 'the-own-header-stands-first' check-layers src/domain/site.c << 'END'
#include <string.h>
#include "domain/site.h"
END
fault 'the-system-stands-before-ours' check-layers src/domain/site.c << 'END'
#include "domain/site.h"
#include "base/text.h"
#include <string.h>
END
fault 'an-include-is-written-from-src' check-layers src/domain/site.c << 'END'
#include "site.h"
END
fault 'a-folder-that-is-no-layer-is-refused' check-layers src/misc/a.c < /dev/null
fault 'the-supervisor-includes-nothing-else' check-layers src/supervise/main.c << 'END'
#include "base/text.h"
END

fresh
{ printf 'static int\nlong_one(void)\n{\n' && yes '    one();' | head -n 80 && printf '}\n'; } | write src/domain/long.c
verdict 'a-long-function-is-found' 1 check-length "$work"
fresh
{ printf 'static const int numbers[] = {\n' && yes '    1,' | head -n 400 && printf '};\n'; } | write src/domain/long.c
verdict 'a-long-table-is-none' 0 check-length "$work"
fresh
yes '' | head -n 601 | write src/domain/long.c
verdict 'a-long-file-is-found' 1 check-length "$work"

fault 'a-goto-is-found' check-style src/domain/bad.c << 'END'
    goto out;
END
fault 'a-slash-slash-comment-is-found' check-style src/domain/bad.c << 'END'
    one(); // why
END
fault 'a-todo-without-a-number-is-found' check-style src/domain/bad.c << 'END'
/* TODO: later */
END
fault 'a-header-without-a-purpose-is-found' check-style src/domain/bad.h << 'END'
#pragma once
int one(void);
END

# pure NAME EXPECTED-STATUS: stdin is compiled into an archive.
pure() {
    write pure.c
    "${CC:-cc}" -O1 -c "$work/pure.c" -o "$work/pure.o" && rm -f "$work/pure.a" && ar rcs "$work/pure.a" "$work/pure.o"
    verdict "$1" "$2" check-pure "$work/pure.a"
}
pure 'a-pure-object-passes' 0 << 'END'
#include <string.h>
static const char *const names[] = {"a", "b"};
const char *name(unsigned i) { return strlen(names[i & 1]) ? names[i & 1] : 0; }
END
pure 'a-call-of-the-clock-is-found' 1 << 'END'
#include <time.h>
long now(void) { return time(0); }
END
pure 'a-call-of-the-environment-is-found' 1 << 'END'
#include <stdlib.h>
const char *home(void) { return getenv("HOME"); }
END
pure 'a-variable-that-keeps-state-is-found' 1 << 'END'
int next(void) { static int n; return ++n; }
END
pure 'a-table-that-can-be-written-is-found' 1 << 'END'
int numbers[] = {1, 2};
END

echo "1..$tests"
[ "$failures" -eq 0 ]
