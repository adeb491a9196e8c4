# Takes one file of the bundle from the cluster's registry by containerd's own client, or from this host's own registry's
# storage where it is there already, and checks its hash.
# $1 reference   $2 digest   $3 storage root of this host's registry, which is given the file too; empty when it has none
# $4 target (a file, or a folder when $5 is "archive")   $5 kind: file|archive
# $6 marker   $7 leading folders to drop   $8… members
set -eu
reference=$1 digest=$2 storage=$3 target=$4 kind=$5 marker=$6 strip=$7
shift 7
mkdir -p "$(dirname "$marker")"
rm -f "$marker"
stage=$(mktemp -d /var/lib/landfall/fetch-XXXXXX)
trap 'rm -rf "$stage"' EXIT
PATH=/usr/local/bin:$PATH
hex=${digest#sha256:}
blob=$stage/blob
kept=
if [ -n "$storage" ]; then kept=$storage/docker/registry/v2/blobs/sha256/$(printf %.2s "$hex")/$hex; fi
# OpenSSL uses the processor's own instructions, which is five times as fast as most sha256sum.
hash() { if command -v openssl >/dev/null; then openssl dgst -sha256 -r; else sha256sum; fi <"$1" | cut -d' ' -f1; }
whole() { [ "$(hash "$1")" = "$hex" ]; }
if [ -n "$kept" ] && [ -f "$kept/data" ] && whole "$kept/data"; then
  ln "$kept/data" "$blob" 2>/dev/null || cp "$kept/data" "$blob"
else
  ctr --namespace landfall content fetch-blob --hosts-dir /etc/containerd/certs.d "$reference" "$digest" >"$blob"
  whole "$blob" || { echo "$reference $digest arrived damaged" >&2; exit 4; }
  if [ -n "$kept" ]; then
    mkdir -p "$kept"
    ln "$blob" "$kept/data.part" 2>/dev/null || cp "$blob" "$kept/data.part"
    mv -f "$kept/data.part" "$kept/data"
  fi
fi
if [ "$kind" = archive ]; then
  mkdir -p "$target" "$stage/out"
  tar -xzf "$blob" -C "$stage/out" --no-same-owner --strip-components="$strip" "$@"
  find "$stage/out" -type f -exec chmod 0755 {} +
  for file in "$stage"/out/*; do mv -f "$file" "$target/"; done
else
  mkdir -p "$(dirname "$target")"
  # A copy: the program on the path and the registry's blob must not be one file.
  cp "$blob" "$target.landfall-new"
  chmod 0755 "$target.landfall-new"
  mv -f "$target.landfall-new" "$target"
fi
printf %s "$digest" >"$marker"
