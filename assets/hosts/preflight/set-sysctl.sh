# Sets kernel settings now and for the next boot, and notes what they were before.
# `remember` is defined before this script.   $@ key value key value …
set -eu
record=/var/lib/landfall/changes
file=/etc/sysctl.d/98-landfall-preflight.conf
umask 077
mkdir -p "$record" /etc/sysctl.d
remember "$file"
touch "$record/sysctl-preflight"
umask 022
touch "$file"
while [ $# -ge 2 ]; do
  key=$1 value=$2
  shift 2
  path=/proc/sys/$(printf %s "$key" | tr . /)
  grep -q "^$key=" "$record/sysctl-preflight" || printf '%s=%s\n' "$key" "$(cat "$path")" >>"$record/sysctl-preflight"
  printf %s "$value" >"$path"
  sed "/^$key = /d" "$file" >"$file.new"
  printf '%s = %s\n' "$key" "$value" >>"$file.new"
  mv "$file.new" "$file"
done
