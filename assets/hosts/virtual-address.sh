# Makes a virtual address this host's own, for the kernel's IPVS: connections to it leave from the host's real address.
# $1 up|down   $2 virtual address   $3 the host's address
set -eu
PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
case $1 in
  up)
    for module in ip_vs ip_vs_rr; do modprobe "$module" 2>/dev/null || :; done
    [ -e /proc/net/ip_vs ] || { echo "the kernel has no ip_vs" >&2; exit 3; }
    # A connection to a server that was taken out ends at once instead of waiting for its client's patience.
    echo 1 >/proc/sys/net/ipv4/vs/expire_nodest_conn
    # A client's port that comes again is a new connection, for which a server is chosen anew.
    echo 1 >/proc/sys/net/ipv4/vs/conntrack
    ip route replace local "$2/32" dev lo src "$3"
    ;;
  down) ip route del local "$2/32" dev lo 2>/dev/null || : ;;
esac
