#!/bin/sh
# The floor: what a person would write who only wants these hosts to become a cluster, as fast as it goes by hand.
# Everything is prepared beforehand: one archive with the programs, settings and uncompressed images for all hosts.
# $1 folder (ssh_config, payload.tar, init.yaml, NAME.yaml of each other host, flannel.yaml)
# $2 control planes, the first one first   $3 workers   $4 network: last|early
set -eu
folder=$1 planes=$2 workers=$3 network=$4
first=${planes%% *}
mark() { echo "mark $1"; }
on() {
  host=$1
  shift
  ssh -F "$folder/ssh_config" "$host" "$@"
}
kubectl='kubectl --kubeconfig /etc/kubernetes/admin.conf'

bring() {
  on "$1" 'tar -xf - -C /' <"$folder/payload.tar"
  mark "pushed $1"
  # shellcheck disable=SC2016 # The host expands it.
  on "$1" 'modprobe br_netfilter 2>/dev/null; sysctl -q -p /etc/sysctl.d/kubernetes.conf; swapoff -a
    systemctl daemon-reload && systemctl enable -q --now containerd && systemctl enable -q kubelet
    for image in /var/tmp/images/*.tar; do ctr -n k8s.io images import "$image" >/dev/null; done'
  mark "imported $1"
}

join() {
  on "$1" 'cat >/root/join.yaml; kubeadm join --config /root/join.yaml' <"$folder/$1.yaml" >&2
  mark "joined $1"
}

set_up_network() {
  # The hosts of an air gap have no name server, and CoreDNS would not start with one to ask.
  on "$first" "$kubectl apply -f - >/dev/null
    $kubectl -n kube-system get configmap coredns -o yaml | sed '/forward \./,/}/d' | $kubectl apply -f - >/dev/null 2>&1
    $kubectl -n kube-system delete pod -l k8s-app=kube-dns >/dev/null" <"$folder/flannel.yaml"
  mark network
}

for host in $planes $workers; do bring "$host" & done
wait
mark init-begins
on "$first" 'cat >/root/init.yaml; kubeadm init --upload-certs --config /root/init.yaml' <"$folder/init.yaml" >&2
mark "initialised $first"
[ "$network" = last ] || set_up_network
for host in ${planes#"$first"}; do join "$host"; done
for host in $workers; do join "$host" & done
wait
[ "$network" = early ] || set_up_network
