# Prints which blobs the registry's storage does not hold whole.
# $1 storage root   standard input, a line each: HEX SIZE
set -eu
root=$1/docker/registry/v2/blobs/sha256
while read -r hex size; do
  file=$root/$(printf %.2s "$hex")/$hex/data
  if [ ! -f "$file" ] || [ "$(stat -c %s "$file")" != "$size" ]; then echo "$hex"; fi
done
