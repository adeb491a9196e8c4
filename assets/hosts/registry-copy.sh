# Copies the blobs this registry lacks from another control plane's registry over the local network.
# $1 storage root   $2 host:port of the source   standard input, a line each: REPOSITORY HEX SIZE
set -eu
root=$1/docker/registry/v2/blobs/sha256
PATH=/usr/local/bin:$PATH
hosts=$(mktemp -d)
trap 'rm -rf "$hosts"' EXIT
mkdir -p "$hosts/$2"
cp "/etc/containerd/certs.d/landfall-copy/hosts.toml" "$hosts/$2/hosts.toml"
while read -r repository hex size; do
  folder=$root/$(printf %.2s "$hex")/$hex
  if [ -f "$folder/data" ] && [ "$(stat -c %s "$folder/data")" = "$size" ]; then continue; fi
  mkdir -p "$folder"
  ctr --namespace landfall content fetch-blob --hosts-dir "$hosts" "$2/$repository" "sha256:$hex" >"$folder/data.part" </dev/null
  actual=$(sha256sum "$folder/data.part")
  [ "${actual%% *}" = "$hex" ] || { echo "blob sha256:$hex arrived damaged" >&2; exit 4; }
  mv -f "$folder/data.part" "$folder/data"
  echo "copied $size"
done
