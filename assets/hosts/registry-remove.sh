# Takes links and blobs out of this registry's storage: links first, so that a push which counts on a blob is refused by the
# registry and not left without it; blobs only when nobody has linked anything meanwhile. Prints `changed`, with everything as
# it was, when the links are not what they were.
# $1 storage root   $2 state as registry-survey.sh printed it
# standard input, a line each: `tag REPOSITORY TAG`, `manifest REPOSITORY HEX`, `layer REPOSITORY HEX`, `blob HEX`
set -eu
root=$1/docker/registry/v2
# In the same file system, so that links go and come back as they are.
aside=$1/removed
rm -rf "$aside"
trap 'rm -rf "$aside"' EXIT
mkdir -p "$aside/links"
cat >"$aside/list"
cd "$root"
links() { find repositories -name link -type f -exec grep -aH . {} + | LC_ALL=C sort; }
links >"$aside/before"
state=$(printf '%s\n' "$(cat "$aside/before")" | sha256sum)
if [ "${state%% *}" != "$2" ]; then
  echo changed
  exit 0
fi
take() {
  for folder in "$@"; do
    [ -d "$folder" ] || continue
    find "$folder" -name link -type f >>"$aside/gone"
    mkdir -p "$aside/links/${folder%/*}"
    mv -f "$folder" "$aside/links/${folder%/*}/"
  done
}
: >"$aside/gone"
while read -r kind repository what; do
  base=repositories/$repository
  case $kind in
    tag) take "$base/_manifests/tags/$what" ;;
    manifest) take "$base/_manifests/revisions/sha256/$what" "$base"/_manifests/tags/*/index/sha256/"$what" ;;
    layer) take "$base/_layers/sha256/$what" ;;
  esac
done <"$aside/list"
# A manifest whose parts the registry has just found is linked a moment later.
sleep 1
links >"$aside/after"
awk -F: 'FILENAME == ARGV[1] { gone[$0]; next } !($1 in gone)' "$aside/gone" "$aside/before" >"$aside/expected"
if [ "$(sha256sum <"$aside/expected")" != "$(sha256sum <"$aside/after")" ]; then
  while read -r link; do
    [ -e "$link" ] || { mkdir -p "${link%/*}" && mv -f "$aside/links/$link" "$link"; }
  done <"$aside/gone"
  echo changed
  exit 0
fi
# Folders of repositories that hold nothing any more.
sed -n 's/^[a-z]* \([^ ]*\) .*$/\1/p' "$aside/list" | sort -u | while read -r repository; do
  base=repositories/$repository
  [ -d "$base" ] || continue
  find "$base" -depth -type d -empty -delete
  folder=$repository
  while [ "$folder" != . ]; do
    rmdir "repositories/$folder" 2>/dev/null || :
    folder=$(dirname "$folder")
  done
done
while read -r kind hex _; do
  [ "$kind" = blob ] || continue
  rm -rf "blobs/sha256/$(printf %.2s "$hex")/$hex"
done <"$aside/list"
