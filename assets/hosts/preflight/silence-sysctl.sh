# Comments out the lines that turn forwarding off at the next boot.
# `remember` is defined before this script.   $@ files
set -eu
for file in "$@"; do
  # A link is followed, so that the file and not the link is kept and changed.
  file=$(readlink -f "$file")
  [ -f "$file" ] || continue
  remember "$file"
  sed 's/^[[:space:]]*-\{0,1\}[[:space:]]*net[./]\(ipv4[./]ip_forward\|ipv4[./]conf[./]all[./]forwarding\|bridge[./]bridge-nf-call-iptables\)[[:space:]]*=[[:space:]]*0/# off for Landfall: &/' "$file" >"$file.landfall"
  cat "$file.landfall" >"$file"
  rm -f "$file.landfall"
done
