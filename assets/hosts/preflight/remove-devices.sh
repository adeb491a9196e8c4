# Removes network devices that an older cluster left. They lived in memory only, so there is nothing to give back.
# $@ names
set -eu
for name in "$@"; do
  [ -e "/sys/class/net/$name" ] || continue
  ip link delete "$name"
done
