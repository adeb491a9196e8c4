# Prints what tags of this path and name say in this registry, under whichever domain: `REPOSITORY TAG HEX`.
# $1 storage root   standard input, a line each: PATH TAG
set -eu
root=$1/docker/registry/v2/repositories
[ -d "$root" ] || exit 0
cd "$root"
while read -r path tag; do
  for link in "$path/_manifests/tags/$tag/current/link" */"$path/_manifests/tags/$tag/current/link"; do
    [ -f "$link" ] || continue
    digest=$(cat "$link")
    echo "${link%/_manifests/*} $tag ${digest#sha256:}"
  done
done
