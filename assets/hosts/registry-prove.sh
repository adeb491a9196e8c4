# Proves that a registry gives a blob to who knows its password, over TLS that its authority vouches for.
# $1 host:port of the registry, or a name that the mirror files lead to   $2 repository   $3 hex digest of a blob
# standard input: a mirror file for that registry; those of this host are used where it is empty
set -eu
PATH=/usr/local/bin:$PATH
hosts=/var/lib/landfall/prove-hosts
trap 'rm -rf "$hosts"' EXIT
rm -rf "$hosts"
(umask 077 && mkdir -p "$hosts/$1" && cat >"$hosts/$1/hosts.toml")
[ -s "$hosts/$1/hosts.toml" ] && mirrors=$hosts || mirrors=/etc/containerd/certs.d
attempts=10
while [ "$attempts" -gt 0 ]; do
  if found=$(ctr --namespace landfall content fetch-blob --hosts-dir "$mirrors" "$1/$2" "sha256:$3" 2>"$hosts/error" </dev/null | sha256sum) &&
    [ "${found%% *}" = "$3" ]; then
    exit 0
  fi
  attempts=$((attempts - 1))
  sleep 0.5
done
grep -v 'level=warning' "$hosts/error" >&2 || :
exit 1
