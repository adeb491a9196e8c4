# Prints what this registry's storage holds, for registry-prune.ts: `state HEX` of all its links; `PATH:sha256:HEX` for every
# link; `blob SIZE HEX`; `fresh PATH` for what is not an hour old, which a push may be about to name; and
# `manifest HEX BASE64`.
# $1 storage root
set -eu
root=$1/docker/registry/v2
[ -d "$root/blobs" ] && [ -d "$root/repositories" ] || exit 0
cd "$root"
# Before all else, so that what changes from here on is noticed.
links=$(find repositories -name link -type f -exec grep -aH . {} + | LC_ALL=C sort)
state=$(printf '%s\n' "$links" | sha256sum)
echo "state ${state%% *}"
printf '%s\n' "$links"
find blobs -name data -type f -exec stat -c '%s %n' {} + | sed -n 's,^\([0-9]*\) blobs/sha256/../\([0-9a-f]*\)/data$,blob \1 \2,p'
find blobs repositories \( -name data -o -name link \) -type f -mmin -60 -exec printf 'fresh %s\n' {} +
find repositories -path '*/_manifests/revisions/sha256/*/link' -type f | sed 's,.*/sha256/\([0-9a-f]*\)/link$,\1,' | LC_ALL=C sort -u |
  while read -r hex; do
    file=blobs/sha256/$(printf %.2s "$hex")/$hex/data
    if [ -f "$file" ] && [ "$(stat -c %s "$file")" -le 4194304 ]; then
      found=$(sha256sum <"$file")
      if [ "${found%% *}" = "$hex" ]; then echo "manifest $hex $(base64 <"$file" | tr -d '\n')"; fi
    fi
  done
