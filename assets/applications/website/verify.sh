# Reads the page through a node's address and compares it with what was asked for. $1 address, $2 port.
set -u
address=$1 port=$2

# Images of nginx have curl, or wget, or at least bash.
if command -v curl >/dev/null 2>&1; then
  page=$(curl --silent --show-error --fail --noproxy '*' --max-time 10 "http://$address:$port/")
elif command -v wget >/dev/null 2>&1; then
  page=$(timeout 10 wget -q -O - "http://$address:$port/")
else
  # shellcheck disable=SC2016 # bash expands these
  page=$(timeout 10 bash -c 'exec 3<>"/dev/tcp/$1/$2" &&
    printf "GET / HTTP/1.0\r\nHost: %s\r\n\r\n" "$1" >&3 && cat <&3' bash "$address" "$port" | sed '1,/^\r*$/d')
fi
wanted=$(cat /usr/share/landfall/page/index.html)
[ -n "$page" ] && [ "$page" = "$wanted" ] && exit 0
printf 'the page is not the one that was asked for:\n%.300s\n' "$page" >&2
exit 1
