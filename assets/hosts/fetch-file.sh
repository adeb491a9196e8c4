# Takes one file of the bundle from the cluster's registry, which containerd's own client reads and hashes.
# $1 reference   $2 digest   $3 target (a file, or a folder when $4 is "archive")   $4 kind: file|archive
# $5 marker   $6 leading folders to drop   $7… members
set -eu
reference=$1 digest=$2 target=$3 kind=$4 marker=$5 strip=$6
shift 6
mkdir -p "$(dirname "$marker")"
rm -f "$marker"
stage=$(mktemp -d /var/lib/landfall/fetch-XXXXXX)
trap 'rm -rf "$stage"' EXIT
PATH=/usr/local/bin:$PATH
ctr --namespace landfall content fetch-blob --hosts-dir /etc/containerd/certs.d "$reference" "$digest" >"$stage/blob"
echo "${digest#sha256:}  $stage/blob" | sha256sum -c - >/dev/null
if [ "$kind" = archive ]; then
  mkdir -p "$target" "$stage/out"
  tar -xzf "$stage/blob" -C "$stage/out" --no-same-owner --strip-components="$strip" "$@"
  find "$stage/out" -type f -exec chmod 0755 {} +
  for file in "$stage"/out/*; do mv -f "$file" "$target/"; done
else
  mkdir -p "$(dirname "$target")"
  chmod 0755 "$stage/blob"
  mv -f "$stage/blob" "$target"
fi
printf %s "$digest" >"$marker"
