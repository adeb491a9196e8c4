# Removes the packet rules of older clusters and keeps all others. A copy of what was there stays in the record.
set -eu
record=/var/lib/landfall/changes
umask 077
mkdir -p "$record"
ours='KUBE-|CNI-|FLANNEL|cali-|CILIUM_|WEAVE'
for command in iptables-nft ip6tables-nft iptables-legacy ip6tables-legacy iptables ip6tables; do
  command -v "$command-save" >/dev/null 2>&1 || continue
  rules=$("$command-save" 2>/dev/null) || continue
  printf '%s\n' "$rules" | grep -qE "$ours" || continue
  printf '%s\n' "$rules" >"$record/packet-rules.$command"
  printf '%s\n' "$rules" | grep -vE "$ours" | "$command-restore"
done
