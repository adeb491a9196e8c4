# Logs in through a node's address and writes a key. $1 address, $2 port, $3 user; the password on standard input.
set -u
address=$1 port=$2 user=$3
IFS= read -r password

# printf is the shell's own, so the password is in no list of processes.
answer=$(
  printf 'AUTH "%s" "%s"\nSET landfall:verification works EX 60\nGET landfall:verification\nDEL landfall:verification\n' "$user" "$password" |
    timeout 10 valkey-cli -h "$address" -p "$port" 2>&1
)
case $answer in
  *WRONGPASS*) printf '%s\n' "$answer" >&2; exit 77 ;;
  *works*) exit 0 ;;
esac
printf '%s\n' "$answer" >&2
exit 1
