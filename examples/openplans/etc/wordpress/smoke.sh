#!/bin/sh
# Every PHP process answers once before anybody is led here: the first answer takes a second, since WordPress is compiled for
# it. One after the other, for others are being served. Usage: smoke.sh URL RELEASE
set -eu
for _ in 1 2 3; do
    curl --silent --show-error --fail "$1/blog/" | grep -qF "<meta name=\"release\" content=\"$2\">" ||
        { echo "the blog does not name release '$2'"; exit 1; }
done
