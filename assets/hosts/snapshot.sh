# Takes a snapshot of etcd from this host's own member, and one from the member of another control plane, by etcd's own
# mutual TLS; so what each member holds is kept on two machines. Only what was verified counts, and replaces older ones.
# $1 how many are kept of each member   $2… NAME=ADDRESS of the members: this host's own first, then the others in the
# order in which they are tried
set -eu
umask 077
PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
folder=/var/lib/landfall/snapshots
pki=/etc/kubernetes/pki/etcd
keep=$1
shift
mkdir -p "$folder"
chmod 700 "$folder"
# What a power cut left.
rm -f "$folder"/*.part "$folder"/*.part.part

# etcd stops when its disk is full, so snapshots leave room for it.
size=$(stat -c %s /var/lib/etcd/member/snap/db 2>/dev/null || echo 0)
free=$(($(df -Pk "$folder" | awk 'NR == 2 { print $4 }') * 1024))
if [ "$free" -lt $((size * 3 + 268435456)) ]; then
  echo "the disk below $folder has no room for a snapshot: $free bytes are free, the database has $size" >&2
  exit 1
fi

# A snapshot ends in the SHA-256 of all that stands before it.
whole() {
  [ "$(head -c -32 "$1" | sha256sum | cut -d' ' -f1)" = "$(tail -c 32 "$1" | od -An -v -tx1 | tr -d ' \n')" ] &&
    etcdutl snapshot status "$1" >/dev/null
}
take() {
  name=${1%%=*} address=${1#*=}
  part=$folder/$name-$(date -u +%Y%m%dT%H%M%SZ).db.part
  if etcdctl --endpoints "https://$address:2379" --cacert "$pki/ca.crt" --cert "$pki/server.crt" --key "$pki/server.key" \
    --dial-timeout=3s snapshot save "$part" >/dev/null 2>"$folder/errors.part" && whole "$part"; then
    sync "$part" 2>/dev/null || sync
    mv "$part" "${part%.part}"
    find "$folder" -maxdepth 1 -name "$name-????????T??????Z.db" | sort -r | tail -n +$((keep + 1)) |
      while IFS= read -r old; do rm -f "$old"; done
    echo "${part%.part}"
    return 0
  fi
  echo "no snapshot of the member of $name: $(tail -n 1 "$folder/errors.part" 2>/dev/null)" >&2
  rm -f "$part" "$part.part"
  return 1
}

failed=
take "$1" || failed=yes
shift
copied=$#
for other in "$@"; do
  if take "$other"; then
    copied=0
    break
  fi
done
rm -f "$folder"/errors.part
[ -z "$failed" ] && [ "$copied" -eq 0 ]
