# shellcheck shell=bash disable=SC2034,SC2154 # what tap.sh and user.sh set, and what is set for who sources this
# For sourcing behind user.sh: the example product in $demo, with ports and an edge of its own, whose port is $edge.
demo=$room/demo
run new "$demo" --example openplans
as_user mkdir "$demo/home"
base=$("$here/../free-ports" 1000)
edge=$("$here/../free-ports" 1)
as_user sed -i "s/base-port: 8000/base-port: $base/; s/base-port: 9000/base-port: $((base + 500))/" "$demo/fassembler.yaml"
echo "edge: {listen: \"127.0.0.1:$edge\"}" >> "$demo/fassembler.yaml"

# page HOST PATH, as HOST.example is reached through the edge
page() { curl -s -H "Host: $1.example:$edge" "http://127.0.0.1:$edge$2"; }
# merge COMPONENT BRANCH:BRANCH
merge() { as_user git -C "$demo/repositories/$1.git" fetch -q . "$2"; }
