# Read by the measurements, which bench/run starts with: FASSEMBLER (the program), disk (a folder on the fresh file
# system), results (a folder; FIGURE.SUBJECT holds a line for each round), rounds.
# shellcheck shell=bash
set -eu
: "${FASSEMBLER:?bench/run starts this}" "${disk:?}" "${results:?}" "${rounds:?}"
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")

# took FIGURE SUBJECT COMMAND...: one round.
took() {
    local figure=$1 subject=$2
    shift 2
    "$here/clock" "$results/$figure.$subject" "$@"
}

# took_synced FIGURE SUBJECT COMMAND...: one round, until all is on the disk.
took_synced() {
    local figure=$1 subject=$2
    shift 2
    "$here/clock" --sync "$disk" "$results/$figure.$subject" "$@"
}

# In each a build of the product in the current folder, what it makes in ./out, ./home, ./nix or ./parts.
build_fassembler() {
    "$FASSEMBLER" --home "$PWD/home" build dev.bench --jobs 2
}

build_nix() {
    NIX_STORE_DIR=$PWD/nix/store NIX_STATE_DIR=$PWD/nix/var NIX_LOG_DIR=$PWD/nix/log NIX_CONF_DIR=$PWD/nix/conf \
        NIX_REMOTE='' nix-build -j2 --no-out-link --option build-users-group '' --option sandbox false \
        --option substitute false default.nix
}

build_buildout() {
    PYTHONPATH=$here/buildout /usr/bin/buildout
}

build_ninja() {
    ninja -j2
}

build_make() {
    make -rRs -j2 # without its built-in rules, which it would try on every file
}

# forget: what all of them made.
forget() {
    chmod -R u+w home nix 2> /dev/null || :
    rm -rf home nix out parts develop-eggs eggs bin .installed.cfg .ninja_deps .ninja_log fassembler.lock
    mkdir home
    sync -f .
}
