# Writes as etcd does and prints how long each write took until it was on the disk, in seconds, a line each.
# Leaves nothing: the file lies in the folder for as long as it is written.   $1 folder   $2 number of writes
set -eu
folder=$1 count=$2
while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
file=$folder/.landfall-disk-speed.$$
# The folder gets its time back, so that a check leaves not even that.
time=$(stat -c %y "$folder" 2>/dev/null) || time=
trap 'rm -f "$file"; [ -z "$time" ] || touch -c -d "$time" "$folder" 2>/dev/null || :' EXIT
trap 'exit 1' HUP INT TERM
# The space is taken first, because etcd does so too: what is measured is data, not the growing of the file.
dd if=/dev/zero of="$file" bs=2300 count="$count" 2>/dev/null
sync "$file" 2>/dev/null || sync
number=0
while [ "$number" -lt "$count" ]; do
  LC_ALL=C dd if=/dev/zero of="$file" bs=2300 count=1 seek="$number" oflag=dsync conv=notrunc 2>&1 | sed -n 's/.*copied, \([0-9.e-]*\) s.*/\1/p'
  number=$((number + 1))
done
