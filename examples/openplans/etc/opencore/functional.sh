#!/bin/sh
# The wiki answers with its first page and its style, and its files are hidden. Usage: functional.sh URL RELEASE
set -eu

status() {
    curl --silent --output /dev/null --write-out '%{http_code}' "$1"
}

page=$(curl --silent --show-error --fail "$1/")
echo "$page" | grep -q 'dokuwiki__content' || { echo "the wiki has no page"; exit 1; }
if echo "$page" | grep -q 'class="error"'; then
    echo "the wiki shows an error"
    exit 1
fi
echo "$page" | grep -qF "<meta name=\"release\" content=\"$2\">" || { echo "the wiki does not name release '$2'"; exit 1; }
test "$(status "$1/lib/exe/css.php")" = 200 || { echo "the wiki has no style"; exit 1; }
for path in conf/dokuwiki.php inc/preload.php data/pages/start.txt conf/users.auth.php; do
    test "$(status "$1/$path")" = 404 || { echo "'$path' is not hidden"; exit 1; }
done
echo "the wiki answers"
