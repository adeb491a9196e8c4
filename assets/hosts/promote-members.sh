# Lets every member of etcd vote that has caught up with the others, on a control plane.
# $1 action: look (ends with 1 when one does not vote yet) | promote
set -eu
PATH=/usr/local/bin:$PATH
pki=/etc/kubernetes/pki/etcd
members() {
  etcdctl --endpoints https://127.0.0.1:2379 --cacert "$pki/ca.crt" --cert "$pki/server.crt" --key "$pki/server.key" "$@"
}
learners() { members member list | grep ', true$' || :; }
if [ "$1" = look ]; then
  [ -z "$(learners)" ]
  exit
fi
words=
for attempt in $(seq 60); do
  left=$(learners)
  if [ -z "$left" ]; then exit 0; fi
  for id in $(printf '%s\n' "$left" | cut -d, -f1); do
    # etcd refuses one that has not caught up, which is what is waited for.
    words=$(members member promote "$id" 2>&1) || :
  done
  if [ $((attempt % 10)) -eq 0 ]; then echo "waiting for a learner to catch up"; fi
  sleep 1
done
printf '%s\n%s\n' "$(learners)" "$words" | tail -n 5 >&2
exit 1
