/**
 * Prints all that a host has as lines "KIND<tab>NAME<tab>LOOK", and "end" when nothing was left out. Left out here are only
 * /proc and /sys as files (their content has kinds of its own) and the content of what is no regular file.
 */
export const snapshotScript = `
set -u
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
tab=$(printf '\\t')
prune='( -path /proc -o -path /sys -o -path /run/user -o -path /dev/pts ) -prune -o'
find / $prune ! -type d -printf 'files\\t%p\\t%y %m %U:%G %s -> %l\\n' 2>/dev/null
find / $prune -type d -printf 'files\\t%p\\t%y %m %U:%G\\n' 2>/dev/null
find / $prune -printf 'times\\t%p\\t%T@\\n' 2>/dev/null
# What is bound over a file in /dev looks like a file to find, and never ends.
find / -path /dev -prune -o $prune -type f -print0 2>/dev/null | xargs -0 -r sha256sum -z 2>/dev/null | tr '\\0' '\\n' |
  sed "s/^\\([0-9a-f]*\\)  \\(.*\\)/files$tab\\2$tab\\1/"
# Without this script's own processes: the login's session holds them all.
session=$(ps -o sess= -p $$ | tr -d ' ')
ps -eo sess=,args= | while read -r number command; do
  [ "$number" = "$session" ] || printf 'processes\\t%s\\t1\\n' "$command"
done
awk '{ separator = 0; for (i = 7; i <= NF; i++) if ($i == "-") { separator = i; break }
  print "mounts\\t" $5 "\\t" $4 " " $(separator + 1) " " $(separator + 2) " " $6 }' /proc/self/mountinfo
for family in iptables-nft ip6tables-nft iptables-legacy ip6tables-legacy; do
  command -v $family-save >/dev/null 2>&1 || continue
  $family-save 2>/dev/null | sed '/^#/d; s/ \\[[0-9]*:[0-9]*\\]$//' | while read -r line; do
    printf 'firewall\\t%s %s\\tpresent\\n' "$family" "$line"
  done
done
if command -v nft >/dev/null 2>&1; then
  nft -s list ruleset 2>/dev/null | grep -v '^[ ]*}*$' | while read -r line; do printf 'firewall\\tnft %s\\tpresent\\n' "$line"; done
fi
ip -o link show | sed 's/^[0-9]*: //; s/@[^:]*:/:/' | while read -r name look; do printf 'network\\tdevice %s\\t%s\\n' "$name" "$look"; done
ip -o address show | sed 's/^[0-9]*: //; s/valid_lft.*//' | while read -r name look; do printf 'network\\taddress %s\\t%s\\n' "$name" "$look"; done
ip route show table all | while read -r line; do printf 'network\\troute %s\\tpresent\\n' "$line"; done
ip -6 route show table all | while read -r line; do printf 'network\\troute6 %s\\tpresent\\n' "$line"; done
ip rule show | while read -r line; do printf 'network\\trule %s\\tpresent\\n' "$line"; done
ip netns list 2>/dev/null | while read -r name rest; do printf 'network\\tnamespace %s\\tpresent\\n' "$name"; done
bridge fdb show 2>/dev/null | grep -v ' dev lo' | grep flannel | while read -r line; do printf 'network\\tfdb %s\\tpresent\\n' "$line"; done
systemctl list-unit-files --no-legend --no-pager --plain | while read -r name state preset; do printf 'units\\t%s\\tfile %s\\n' "$name" "$state"; done
systemctl list-units --all --no-legend --no-pager --plain | while read -r name load active sub rest; do
  printf 'units\\t%s\\t%s %s %s\\n' "$name" "$load" "$active" "$sub"
done
find /sys/fs/cgroup -type d 2>/dev/null | while read -r name; do printf 'cgroups\\t%s\\tpresent\\n' "$name"; done
# A setting of several lines is several lines with the same name.
grep -rs '' /proc/sys/net | sed "s/:/$tab/; s/^/sysctls$tab/"
echo end
`;
