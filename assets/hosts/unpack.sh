# Unpacks chosen members of a tar.gz from standard input into a folder, and remembers which content it was.
# $1 target folder   $2 marker file   $3 marker content   $4 leading folders to drop   $5… members (all when none)
set -eu
target=$1 marker=$2 content=$3 strip=$4
shift 4
mkdir -p "$target" "$(dirname "$marker")"
rm -f "$marker"
stage=$(mktemp -d "$target/.landfall-XXXXXX")
trap 'rm -rf "$stage"' EXIT
tar -xzf - -C "$stage" --no-same-owner --strip-components="$strip" "$@"
find "$stage" -type f -exec chmod 0755 {} +
for file in "$stage"/*; do mv -f "$file" "$target/"; done
printf %s "$content" >"$marker"
