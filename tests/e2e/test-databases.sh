#!/usr/bin/env bash
# Databases of MariaDB and PostgreSQL, made where they are not there yet.
. "$(dirname "$0")/../cli/tap.sh"
. "$here/../e2e/user.sh"
product=$room/product
down_at_the_end "$product" dev.lab
base=$("$here/../free-ports" 1000)

as_user mkdir -p "$product"/{components,sites,etc/{postgresql,app},home}
as_user cp -r "$work/examples/openplans/etc/mariadb" "$product/etc/"
as_user cp "$work/examples/openplans/components/mariadb.yaml" "$product/components/"
# put FILE: standard input becomes a file of the product.
put() { as_user tee "$product/$1" > /dev/null; }
put fassembler.yaml << TEXT
product: lab
components: [mariadb, postgresql, app]
environments: {dev: {host: dev, track: anything, ports: 0}}
sites: {lab: {domain: lab.example, base-port: $base}}
TEXT
put components/postgresql.yaml << 'TEXT'
summary: Private PostgreSQL
needs: {programs: [psql], packages: [postgresql]}
settings:
  socket: {default: "${run}", help: "Folder of the server's socket"}
build: [{run: mkdir -p $out}]
processes:
  server:
    command: /bin/sh ${etc}/start.sh
    health: unix:${run}/.s.PGSQL.5432
    lifetime: environment
    stop-signal: INT
TEXT
put etc/postgresql/start.sh << 'TEXT'
set -eu
bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
data='${var}/data'
if [ ! -d "$data" ]; then
    rm -rf "$data.new"
    "$bin/initdb" -D "$data.new" -U postgres -A trust -N > '${var}/initdb.log'
    mv "$data.new" "$data"
fi
exec "$bin/postgres" -D "$data" -c listen_addresses= -c unix_socket_directories='${run}' -c shared_buffers=16MB
TEXT
put components/app.yaml << 'TEXT'
summary: Uses both
secrets: [app-db]
build: [{run: mkdir -p $out}]
databases:
  - {kind: mariadb, server: mariadb, name: app_m, user: app, password: "secret:app-db"}
  - {kind: postgresql, server: postgresql, name: app_p, user: app, password: "secret:app-db"}
TEXT

run -C "$product" check
check 'the-product-has-no-mistakes' is "$status:$err" '0:'
run -C "$product" up dev.lab
check 'servers-and-databases-come-up' is "$status" 0
secret=$(cat "$product/home/sites/lab/dev/var/secrets/app-db")
maria() { as_user env MYSQL_PWD="$secret" mariadb --no-defaults --socket="$product/home/sites/lab/dev/var/run/mariadb.sock" -u app -N "$@" 2>&1; }
postgres() { as_user env PGPASSWORD="$secret" psql -X -h "$product/home/sites/lab/dev/var/run" -U app -d app_p -At "$@" 2>&1; }
check 'mariadb-has-the-database' is "$(maria app_m -e 'CREATE TABLE t (n INT); INSERT INTO t VALUES (7); SELECT n FROM t')" 7
check 'postgresql-has-the-database' is "$(postgres -c 'CREATE TABLE t (n INT)' -c 'INSERT INTO t VALUES (8)' -c 'SELECT n FROM t' | tail -n 1)" 8
run -C "$product" up dev.lab
check 'making-them-again-loses-nothing' is "$status:$(maria app_m -e 'SELECT n FROM t'):$(postgres -c 'SELECT n FROM t')" 0:7:8
as_user mariadb --no-defaults --socket="$product/home/sites/lab/dev/var/run/mariadb.sock" -u root -e "ALTER USER app@localhost IDENTIFIED BY 'other'"
run -C "$product" up dev.lab
check 'a-changed-password-is-set-again' is "$status:$(maria app_m -e 'SELECT n FROM t')" 0:7
as_user sed -i 's/name: app_m/name: app-m/' "$product/components/app.yaml"
check 'a-name-that-is-none-is-refused' exits 2 -C "$product" up dev.lab
as_user sed -i 's/name: app-m/name: app_m/' "$product/components/app.yaml"
as_user mariadb --no-defaults --socket="$product/home/sites/lab/dev/var/run/mariadb.sock" -u root -e "ALTER USER root@localhost IDENTIFIED BY 'other'"
check 'another-administrator-is-told' exits 5 -C "$product" up dev.lab
check 'no-secret-is-in-the-error' lacks "$err" "$secret"
run -C "$product" down dev.lab
check 'both-stop' is "$status" 0
finish
