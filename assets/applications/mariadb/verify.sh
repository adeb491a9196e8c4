# Logs in through a node's address and uses the database. $1 address, $2 port, $3 user; the password on standard input.
set -u
address=$1 port=$2 user=$3
IFS= read -r password

# printf is the shell's own, so the password is in no list of processes.
answer=$(
  printf '[client]\nuser="%s"\npassword="%s"\n' "$user" "$password" |
    mariadb --defaults-file=/dev/stdin --protocol=tcp --host="$address" --port="$port" --connect-timeout=5 \
      --batch --skip-column-names --execute \
      'CREATE TEMPORARY TABLE landfall (word CHAR(8)); INSERT INTO landfall VALUES ("works"); SELECT word FROM landfall' \
      "$(cat /etc/landfall/database)" 2>&1
)
[ "$answer" = works ] && exit 0
printf '%s\n' "$answer" >&2
case $answer in *'(28000)'*) exit 77 ;; esac
exit 1
