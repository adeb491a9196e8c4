# Measures the way to other hosts: loss and time over ten packets, and whether a packet of full size passes whole.
# Prints "ping ADDRESS LOSS-PERCENT AVERAGE-MS", "size ADDRESS yes|no|BYTES", "neighbour ADDRESS HARDWARE-ADDRESS".
# $1 size of the data in a full packet   $2… addresses
size=$1
shift
command -v ping >/dev/null 2>&1 || exit 69
one() {
  text=$(ping -n -q -c 10 -i 0.05 -w 3 "$1" 2>/dev/null)
  loss=$(printf '%s\n' "$text" | sed -n 's/.* \([0-9.]*\)% packet loss.*/\1/p')
  average=$(printf '%s\n' "$text" | sed -n 's#.*= [0-9.]*/\([0-9.]*\)/.*#\1#p')
  printf 'ping %s %s %s\n' "$1" "${loss:-100}" "${average:--}"
  [ "${loss:-100}" = 100 ] && return
  if ping -n -q -M "do" -s "$size" -c 3 -i 0.05 -w 2 "$1" >/dev/null 2>&1; then printf 'size %s yes\n' "$1"; return; fi
  # Not every ping knows -M; then nothing can be said.
  if ! ping -n -q -M "do" -s 56 -c 1 -w 1 "$1" >/dev/null 2>&1; then printf 'size %s unknown\n' "$1"; return; fi
  low=56 high=$size
  while [ $((high - low)) -gt 8 ]; do
    middle=$(((low + high) / 2))
    if ping -n -q -M "do" -s "$middle" -c 2 -i 0.05 -w 1 "$1" >/dev/null 2>&1; then low=$middle; else high=$middle; fi
  done
  # On a busy machine answers come late, and that must not look like a small link: the full size gets more time once more.
  if ping -n -q -M "do" -s "$size" -c 5 -i 0.2 -w 5 "$1" >/dev/null 2>&1; then printf 'size %s yes\n' "$1"; return; fi
  printf 'size %s %s\n' "$1" "$((low + 28))"
}
for address in "$@"; do one "$address" & done
wait
ip -o -4 neigh show 2>/dev/null | while read -r address rest; do
  case $rest in *lladdr*) rest=${rest#*lladdr }; printf 'neighbour %s %s\n' "$address" "${rest%% *}" ;; esac
done
