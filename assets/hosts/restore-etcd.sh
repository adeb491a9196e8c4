# Puts a snapshot in the place of what etcd holds on a control plane, in parts that can each be run again.
# $1 part: check|stop|data|start|clear|finish   $2 id of the restore   $3 the snapshot
# for data also: $4 name of the member   $5 its address   $6 all members as NAME=https://ADDRESS:2380,…
set -eu
part=$1 id=$2 snapshot=$3
umask 077
PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
state=/var/lib/landfall
aside=$state/manifests-before-restore
manifests=/etc/kubernetes/manifests
names='kube-apiserver etcd kube-controller-manager kube-scheduler'
listens() { ss -Hltn "sport = :$1" | grep -q .; }
case $part in
  check)
    [ "$(head -c -32 "$snapshot" | sha256sum | cut -d' ' -f1)" = "$(tail -c 32 "$snapshot" | od -An -v -tx1 | tr -d ' \n')" ]
    etcdutl snapshot status "$snapshot" >/dev/null
    ;;
  stop)
    mkdir -p "$aside"
    systemctl is-active --quiet kubelet || systemctl start kubelet
    for name in $names; do
      if [ -e "$manifests/$name.yaml" ]; then mv -f "$manifests/$name.yaml" "$aside/"; fi
    done
    for attempt in $(seq 360); do
      if ! listens 2379 && ! listens 6443; then exit 0; fi
      if [ $((attempt % 20)) -eq 0 ]; then echo "waiting for etcd and the API server to end"; fi
      sleep 0.5
    done
    echo "etcd or the API server did not end" >&2
    exit 1
    ;;
  data)
    if listens 2379; then
      echo "etcd runs again" >&2
      exit 1
    fi
    rm -rf /var/lib/etcd/restoring
    # Revisions far beyond any that was given out, so that nobody who watched takes the old state for a newer one.
    words=$(etcdutl snapshot restore "$snapshot" --data-dir /var/lib/etcd/restoring --name "$4" --initial-cluster "$6" \
      --initial-cluster-token "landfall-$id" --initial-advertise-peer-urls "https://$5:2380" \
      --bump-revision 1000000000 --mark-compacted 2>&1) || {
      printf '%s\n' "$words" | tail -n 5 >&2
      exit 1
    }
    if [ -e /var/lib/etcd/member ]; then
      if [ -e /var/lib/etcd/before-restore ]; then rm -rf /var/lib/etcd/member; else mv /var/lib/etcd/member /var/lib/etcd/before-restore; fi
    fi
    mv /var/lib/etcd/restoring/member /var/lib/etcd/member
    rm -rf /var/lib/etcd/restoring
    sync
    printf %s "$id" >"$state/restored"
    ;;
  start)
    for name in $names; do
      if [ -e "$aside/$name.yaml" ]; then mv -f "$aside/$name.yaml" "$manifests/"; fi
    done
    for attempt in $(seq 360); do
      if kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://127.0.0.1:6443 --request-timeout=3s get --raw=/readyz >/dev/null 2>&1; then exit 0; fi
      if [ $((attempt % 20)) -eq 0 ]; then echo "waiting for the API server"; fi
      sleep 0.5
    done
    echo "the API server did not become ready" >&2
    exit 1
    ;;
  clear)
    # Without the marker what is here counts as half made, and the next start of kubeadm clears the rest of it.
    rm -f "$state/joined"
    mkdir -p "$aside"
    for name in $names; do
      if [ -e "$manifests/$name.yaml" ]; then mv -f "$manifests/$name.yaml" "$aside/"; fi
    done
    if [ -e /etc/kubernetes/kubelet.conf ] || [ -n "$(ls -A /var/lib/etcd 2>/dev/null)" ]; then
      # The members of the old etcd are not asked: most of them are gone, and waiting for them takes minutes.
      kubeadm reset --force --skip-phases=remove-etcd-member --cert-dir "$state/no-certificates" \
        --cri-socket unix:///run/containerd/containerd.sock >>/var/log/landfall/kubeadm.log 2>&1
      find /var/lib/etcd -mindepth 1 -delete
    fi
    rm -rf "$aside"
    printf %s "$id" >"$state/restored"
    ;;
  finish) rm -rf "$snapshot" "$aside" /var/lib/etcd/before-restore ;;
esac
