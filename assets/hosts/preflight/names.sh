# Asks the name server for names nobody has. Prints "answer SECONDS found|none|timeout" and "wildcard ADDRESS" when a
# search domain answers for everything.
command -v getent >/dev/null 2>&1 && command -v timeout >/dev/null 2>&1 || exit 69
grep -q '^nameserver' /etc/resolv.conf 2>/dev/null || exit 0
name=landfall-$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')
start=$(date +%s)
timeout 4 getent ahostsv4 "$name.invalid." >/dev/null 2>&1
code=$?
end=$(date +%s)
case $code in
  0) printf 'answer %s found\n' $((end - start)) ;;
  124) printf 'answer %s timeout\n' $((end - start)) ;;
  *) printf 'answer %s none\n' $((end - start)) ;;
esac
[ "$code" = 124 ] && exit 0
address=$(timeout 4 getent ahostsv4 "$name" 2>/dev/null | sed -n '1s/ .*//p')
[ -n "$address" ] && printf 'wildcard %s\n' "$address"
exit 0
