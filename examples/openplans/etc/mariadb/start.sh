#!/bin/sh
# Make the data directory once, whole or not at all; then become the server.
# shellcheck disable=SC2016 # names in braces are the template's: they are gone when the shell reads this
set -eu
umask 077
mkdir -p '${var}'

data='${var}/data'
if [ ! -d "$data" ]; then
    rm -rf "$data.new"
    mariadb-install-db --no-defaults --datadir="$data.new" --auth-root-authentication-method=normal \
        --skip-test-db --skip-name-resolve > '${var}/install.log'
    mv "$data.new" "$data"
fi
exec /usr/sbin/mariadbd --defaults-file='${etc}/my.cnf'
