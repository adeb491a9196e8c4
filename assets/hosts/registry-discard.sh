# Takes damaged blobs out of the registry's storage, so that nodes ask another registry until they are replaced.
# $1 storage root   standard input, a line each: HEX
set -eu
root=$1/docker/registry/v2/blobs/sha256
while read -r hex; do rm -f "$root/$(printf %.2s "$hex")/$hex/data"; done
