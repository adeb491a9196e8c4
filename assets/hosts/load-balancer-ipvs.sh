# Runs keepalived from a copy of its image, by systemd alone. It fills the kernel's IPVS, which balances what goes to a
# virtual address; the address is this host's own, and connections to it leave from the host's real one.
# $1 start   $2 folder $3 runtime folder $4 the host's address   becomes the balancer
# $1 reload  $2 folder $3 runtime folder   gives it its new servers; connections to those that stay go on
# $1 loaded  $2 runtime folder             whether what runs has loaded the configuration that is there
# $1 serving                               whether the kernel balances
# $1 end                                   takes the address and what the kernel balances away
set -eu
PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
settings=/etc/landfall/load-balancer/keepalived.conf
# The same file in the folder that is keepalived's root.
copy=/etc/landfall-keepalived.conf
digest() { sha256sum <"$settings"; }
# Address and port.
virtual_server() { sed -n 's/^virtual_server \([0-9.]*\) \([0-9]*\) .*/\1 \2/p' "$settings"; }
keepalived() {
  folder=$1
  shift
  exec env -i PATH="$PATH" chroot "$folder" keepalived --dont-fork --log-console --check --pid=/run/landfall-keepalived.pid \
    --checkers_pid=/run/landfall-checkers.pid "$@"
}
# $1 virtual address   $2 the host's address
own() { [ -n "$(ip -4 route show table local "$1" 2>/dev/null)" ] || ip -4 route replace local "$1/32" dev lo src "$2"; }
serving() {
  [ -r /proc/net/ip_vs ] || return 1
  # shellcheck disable=SC2046
  set -- $(virtual_server | tr . ' ')
  [ $# -eq 5 ] || return 1
  grep -q "^TCP  *$(printf '%02X%02X%02X%02X:%04X' "$@") " /proc/net/ip_vs
}
case $1 in
  start)
    for module in ip_vs ip_vs_rr; do modprobe "$module" 2>/dev/null || :; done
    [ -e /proc/net/ip_vs ] || { echo "the kernel has no ip_vs" >&2; exit 3; }
    # A connection to a server that was taken out ends at once instead of waiting for its client's patience.
    echo 1 >/proc/sys/net/ipv4/vs/expire_nodest_conn
    # Answers of servers belong to a known connection, or a firewall of the host would drop them.
    if [ -e /proc/sys/net/ipv4/vs/conntrack ]; then echo 1 >/proc/sys/net/ipv4/vs/conntrack; fi
    address=$(virtual_server | sed 's/ .*//')
    own "$address" "$4"
    # Whatever takes the host's address away for a moment takes the virtual one with it.
    while sleep 2; do own "$address" "$4" 2>/dev/null || :; done &
    mkdir -p "$2/etc" "$2/run" "$2/tmp"
    # Numbers of processes of another boot are those of strangers now.
    rm -f "$2/run/landfall-keepalived.pid" "$2/run/landfall-checkers.pid"
    cp "$settings" "$2$copy"
    digest >"$3/loaded"
    keepalived "$2" --use-file "$copy"
    ;;
  reload)
    cp "$settings" "$2$copy.new"
    (keepalived "$2" --config-test --use-file "$copy.new")
    mv -f "$2$copy.new" "$2$copy"
    digest >"$3/loaded"
    kill -HUP "$MAINPID"
    ;;
  loaded) digest | cmp -s - "$2/loaded" ;;
  serving) serving ;;
  end)
    [ -r "$settings" ] || exit 0
    address=$(virtual_server | sed 's/ .*//')
    # One that was killed left what it had told the kernel; another one clears that when it starts and when it ends. How
    # long it takes to start is not known, so it is given more time when the first was not enough.
    for seconds in 1 3 9; do
      serving || break
      for root in /var/lib/landfall/load-balancer/root-*; do
        # A copy that was interrupted has not all that keepalived needs.
        case $root in *.new*) continue ;; esac
        [ -d "$root" ] || continue
        mkdir -p "$root/etc" "$root/run" "$root/tmp"
        rm -f "$root/run/landfall-keepalived.pid" "$root/run/landfall-checkers.pid"
        cp "$settings" "$root$copy"
        (keepalived "$root" --use-file "$copy") >/dev/null 2>&1 &
        process=$!
        sleep "$seconds"
        kill "$process" 2>/dev/null || :
        for _ in $(seq 50); do
          kill -0 "$process" 2>/dev/null || break
          sleep 0.1
        done
        kill -9 "$process" 2>/dev/null || :
        checkers=$(cat "$root/run/landfall-checkers.pid" 2>/dev/null || :)
        case $checkers in '' | *[!0-9]*) ;; *) kill -9 "$checkers" 2>/dev/null || : ;; esac
      done
    done
    ip -4 route del local "$address/32" dev lo 2>/dev/null || :
    if serving; then echo "the kernel's IPVS still balances $address" >&2; exit 1; fi
    ;;
esac
