#!/bin/sh
# Every route is on the front's one port, and answers. Usage: functional.sh URL
set -eu

while read -r path; do
    code=$(curl --silent --output /dev/null --write-out '%{http_code}' "$1$path")
    test "$code" = 200 || { echo "'$path' answers $code"; exit 1; }
    echo "'$path' answers"
done <<'END'
/front/healthz
/front/routes
%% for r in routes
${r.path}
%% end
END
