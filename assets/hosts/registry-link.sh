# Links blobs and tags into repositories of the registry's storage; idempotent.
# $1 storage root   standard input, a line each: `layer REPOSITORY HEX`, `manifest REPOSITORY HEX`, `tag REPOSITORY TAG HEX`
set -eu
root=$1/docker/registry/v2
link() {
  mkdir -p "$1"
  printf 'sha256:%s' "$2" >"$1/link"
}
while read -r kind repository first second; do
  base=$root/repositories/$repository
  case $kind in
    layer) link "$base/_layers/sha256/$first" "$first" ;;
    manifest) link "$base/_manifests/revisions/sha256/$first" "$first" ;;
    tag)
      link "$base/_manifests/tags/$first/current" "$second"
      link "$base/_manifests/tags/$first/index/sha256/$second" "$second"
      ;;
  esac
done
