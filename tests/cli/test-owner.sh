#!/usr/bin/env bash
# Root in a home of somebody else goes on as that user.
. "$(dirname "$0")/tap.sh"

if [ "$(id -u)" -ne 0 ]; then
    skip 'root-goes-on-as-the-owner-of-the-home' 'only root can become somebody else'
    finish
fi
owner=nobody
chmod 755 "$work"
mkdir "$work/tools"
cp "${FASSEMBLER%/*}"/fassembler{,-sandbox,-unpack,-supervisord,-supervisorctl} "$work/tools"
tool=$work/tools/fassembler
run new site
FASSEMBLER=$tool
unset FASSEMBLER_LIBEXEC
sed -i "s/base-port: [0-9]*/base-port: $("$here/../free-ports" 500)/" site/fassembler.yaml
mkdir site/home
chown -R "$owner" site
trap '"$tool" -C "$work/site" down dev.minimal 2> /dev/null; chmod -R u+w "$work" 2> /dev/null; rm -rf "$work"' EXIT

run -C site up dev.minimal
check 'root-goes-on-as-the-owner-of-the-home' is "$status:$(find site -not -user "$owner")" 0:
run -C site status --json
pid=$(jq '.processes[0].pid' <<< "$out")
check 'what-root-started-there-is-the-owner-s' is "$(stat -c %U "/proc/$pid")" "$owner"
check 'none-of-root-s-groups-stay' is "$(sed -n 's/^Groups:[[:space:]]*//p' "/proc/$pid/status" | tr ' ' '\n' | grep -cx 0)" 0
check 'the-owner-s-commands-see-the-same' is "$(runuser -u "$owner" -- "$tool" -C "$work/site" status | head -1)" "$(run -C site status && head -1 <<< "$out")"
# shellcheck disable=SC2016 # for the inner shell
run -C site run sh -c 'id -un; echo $HOME'
check 'a-command-inside-is-the-owner-s' is "$out" "$owner"$'\n'"$(getent passwd "$owner" | cut -d: -f6)"

# In a folder that only root can enter, a link to the product.
mkdir -m 700 closed
ln -s "$work/site" closed/site
run_in() {
    out=$(cd "$1" && shift && "$tool" "$@" 2> "$work/.err")
    status=$?
    err=$(cat "$work/.err")
}
run_in closed/site build -n
check 'a-link-to-the-product-is-the-product' has "$out" "there   directory  $work/site/home"
run_in closed/site gc
check 'gc-goes-on-as-the-owner-too' is "$status:$(find site -not -user "$owner")" 0:
run -C site down
check 'root-stops-what-is-the-owner-s' is "$status" 0
run -C site --home "$work/of-root" build dev.minimal
check 'a-home-of-root-s-stays-root-s' is "$status:$(stat -c %U of-root)" 0:root
finish
