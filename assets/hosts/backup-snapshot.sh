# Takes a snapshot of etcd for a backup and proves it; the operator takes it piece by piece and then removes it.
# $1 file it is written to   prints SIZE SHA256 KUBERNETES-VERSION
set -eu
umask 077
PATH=/usr/local/bin:$PATH
pki=/etc/kubernetes/pki/etcd
# What a lost operator left.
find /var/lib/landfall -maxdepth 1 -name 'backup-*' -mmin +60 -delete 2>/dev/null || :
trap '[ -n "${done:-}" ] || rm -f "$1" "$1.part"' EXIT
etcdctl --endpoints https://127.0.0.1:2379 --cacert "$pki/ca.crt" --cert "$pki/server.crt" --key "$pki/server.key" \
  snapshot save "$1" >/dev/null
[ "$(head -c -32 "$1" | sha256sum | cut -d' ' -f1)" = "$(tail -c 32 "$1" | od -An -v -tx1 | tr -d ' \n')" ] || {
  echo "the snapshot is damaged" >&2
  exit 1
}
etcdutl snapshot status "$1" >/dev/null
echo "$(stat -c %s "$1") $(sha256sum <"$1" | cut -d' ' -f1) $(kubelet --version | cut -d' ' -f2)"
done=yes
