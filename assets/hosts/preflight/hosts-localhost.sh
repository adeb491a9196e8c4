# Makes localhost this machine again: its IPv4 line comes first and other lines lose the name.
# `remember` is defined before this script.
set -eu
remember /etc/hosts
umask 022
new=/etc/hosts.landfall
{
  echo '127.0.0.1 localhost'
  sed '/^[[:space:]]*127\.0\.0\.1[[:space:]]\{1,\}localhost[[:space:]]*$/d
/^[[:space:]]*[0-9][0-9.]*[[:space:]]/s/[[:space:]]localhost\([[:space:]]\|$\)/ localhost.not-here\1/' /etc/hosts
} >"$new"
# Written through, because the file may be a mount of its own.
cat "$new" >/etc/hosts
rm -f "$new"
