#!/bin/sh
# The blog answers, in our theme, with its newest post; what must be hidden is. Usage: functional.sh URL RELEASE
set -eu

status() {
    curl --silent --output /dev/null --write-out '%{http_code}' "$1"
}

page=$(curl --silent --show-error --fail "$1/blog/")
echo "$page" | grep -q 'openplans/themes/openplans/style.css' || { echo "the blog is not in our theme"; exit 1; }
echo "$page" | grep -qF "<meta name=\"release\" content=\"$2\">" || { echo "the blog does not name release '$2'"; exit 1; }
echo "$page" | grep -q '<article' || { echo "the blog has no post"; exit 1; }
test "$(status "$1/blog/wp-login.php")" = 200 || { echo "nobody can log in"; exit 1; }
test "$(status "$1/blog/wp-config.php")" = 404 || { echo "wp-config.php is not hidden"; exit 1; }
test "$(status "$1/blog/openplans/themes/openplans/style.css")" = 200 || { echo "the theme has no style"; exit 1; }
suggestions="$1/blog/index.php?rest_route=/openplans/v1/suggestions"
curl --silent --show-error --fail --data-urlencode 'text=a functional test was here' "$suggestions" | grep -qF "\"release\":\"$2\"" ||
    { echo "the box takes no suggestion"; exit 1; }
! curl --silent --include --header 'Host: elsewhere.example' "$1/blog/wp-admin/" | grep -q elsewhere || { echo "the blog believes any host"; exit 1; }
echo "the blog answers in our theme"
