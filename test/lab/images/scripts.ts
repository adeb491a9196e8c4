/**
 * iptables has two interfaces to the kernel, and all programs of a node must use the same one. The kubelet leaves a chain
 * in the one it uses; where there is none, the one with more rules is right, and nft when both are empty.
 */
export const iptablesWrapper = `#!/bin/sh
set -u
folder=/usr/sbin
hinted() {
  "$folder/xtables-$1-multi" iptables-save -t mangle 2>/dev/null | grep -qE '^:KUBE-(IPTABLES-HINT|KUBELET-CANARY) '
}
rules() {
  { "$folder/xtables-$1-multi" iptables-save; "$folder/xtables-$1-multi" ip6tables-save; } 2>/dev/null | grep -c '^-'
}
if hinted nft; then mode=nft
elif hinted legacy; then mode=legacy
elif [ "$(rules legacy)" -gt "$(rules nft)" ]; then mode=legacy
else mode=nft
fi
# A read-only image decides again at each call, which is slower and just as right.
for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
  ln -s "xtables-$mode-multi" "$folder/.$name.$$" 2>/dev/null && mv -f "$folder/.$name.$$" "$folder/$name"
done
exec "$folder/xtables-$mode-multi" "\${0##*/}" "$@"
`;

/** The part of the official image's entrypoint that its documentation promises: passwords, a database, a user. */
export const mariadbEntrypoint = `#!/bin/sh
set -eu
case \${1:-} in -* | '') set -- mariadbd "$@" ;; esac
case $1 in mariadbd | mysqld) ;; *) exec "$@" ;; esac
data=/var/lib/mysql
socket=/run/mysqld/mysqld.sock
as_user=
if [ "$(id -u)" = 0 ]; then
  as_user=--user=mysql
  mkdir -p "$data" /run/mysqld
  chown mysql:mysql "$data" /run/mysqld
fi
# Prints the value of the variable or of the file that the variable with _FILE names, under both of the image's names.
setting() {
  for name in "MARIADB_$1" "MYSQL_$1"; do
    eval "file=\\\${\${name}_FILE:-} value=\\\${$name:-}"
    if [ -n "$file" ]; then cat "$file"; return; fi
    if [ -n "$value" ]; then printf %s "$value"; return; fi
  done
}
quoted() { printf %s "$1" | sed -e 's/\\\\/\\\\\\\\/g' -e "s/'/''/g"; }
root_password=$(setting ROOT_PASSWORD)
database=$(setting DATABASE)
user=$(setting USER)
password=$(setting PASSWORD)
for name in ROOT_PASSWORD PASSWORD; do unset "MARIADB_$name" "MYSQL_$name"; done
marker=$data/.initialising
if [ -e "$marker" ]; then
  echo 'entrypoint: an interrupted initialisation is started again'
  find "$data" -mindepth 1 -maxdepth 1 ! -name .initialising -exec rm -rf {} +
fi
if [ ! -d "$data/mysql" ]; then
  if [ -z "$root_password" ] && [ -z "\${MARIADB_ALLOW_EMPTY_ROOT_PASSWORD:-}\${MYSQL_ALLOW_EMPTY_PASSWORD:-}" ]; then
    echo 'entrypoint: set MARIADB_ROOT_PASSWORD, MARIADB_ROOT_PASSWORD_FILE or MARIADB_ALLOW_EMPTY_ROOT_PASSWORD' >&2
    exit 1
  fi
  : >"$marker"
  sync
  echo 'entrypoint: making the database files'
  mariadb-install-db $as_user --datadir="$data" --auth-root-authentication-method=normal --skip-test-db \\
    --cross-bootstrap >/dev/null
  "$@" $as_user --skip-networking --socket="$socket" &
  server=$!
  attempt=0
  until mariadb-admin --no-defaults --socket="$socket" --user=root --silent ping >/dev/null 2>&1; do
    attempt=$((attempt + 1))
    if [ "$attempt" -gt 120 ] || ! kill -0 "$server" 2>/dev/null; then
      echo 'entrypoint: the server did not start' >&2
      exit 1
    fi
    sleep 0.5
  done
  {
    echo "SET @@SESSION.SQL_LOG_BIN=0; SET @@SESSION.SQL_MODE=REPLACE(@@SESSION.SQL_MODE, 'NO_BACKSLASH_ESCAPES', '');"
    # The new database lets root in without a password from some addresses.
    echo "DELETE FROM mysql.global_priv WHERE NOT (User = 'mariadb.sys' OR (User = 'root' AND Host = 'localhost'));"
    echo "FLUSH PRIVILEGES;"
    if [ -n "$database" ]; then echo "CREATE DATABASE IF NOT EXISTS \\\`$database\\\`;"; fi
    if [ -n "$user" ]; then
      echo "CREATE USER '$(quoted "$user")'@'%' IDENTIFIED BY '$(quoted "$password")';"
      if [ -n "$database" ]; then echo "GRANT ALL ON \\\`$database\\\`.* TO '$(quoted "$user")'@'%';"; fi
    fi
    echo "CREATE USER 'root'@'\${MARIADB_ROOT_HOST:-%}' IDENTIFIED BY '$(quoted "$root_password")';"
    echo "GRANT ALL ON *.* TO 'root'@'\${MARIADB_ROOT_HOST:-%}' WITH GRANT OPTION;"
    echo "ALTER USER 'root'@'localhost' IDENTIFIED BY '$(quoted "$root_password")';"
  } | mariadb --no-defaults --socket="$socket" --user=root --database=mysql
  kill "$server"
  wait "$server"
  rm -f "$marker"
  echo 'entrypoint: ready to start'
fi
exec "$@" $as_user
`;

/** Like the official image's: the server runs as its own user, also when the container starts as root. */
export const valkeyEntrypoint = `#!/bin/sh
set -eu
case \${1:-} in -* | *.conf) set -- valkey-server "$@" ;; esac
if [ "\${1:-}" = valkey-server ] && [ "$(id -u)" = 0 ]; then
  find /data ! -user valkey -exec chown valkey '{}' +
  exec /usr/bin/setpriv --reuid=valkey --regid=valkey --clear-groups -- "$0" "$@"
fi
umask 0077
exec "$@"
`;

export const nginxConfiguration = `user  nginx;
worker_processes  auto;
error_log  /var/log/nginx/error.log notice;
pid        /var/run/nginx.pid;

events {
    worker_connections  1024;
}

http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;
    log_format  main  '$remote_addr - $remote_user [$time_local] "$request" '
                      '$status $body_bytes_sent "$http_referer" '
                      '"$http_user_agent" "$http_x_forwarded_for"';
    access_log  /var/log/nginx/access.log  main;
    sendfile        on;
    keepalive_timeout  65;
    include /etc/nginx/conf.d/*.conf;
}
`;

export const nginxDefaultSite = `server {
    listen       80;
    server_name  localhost;
    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }
}
`;
