# Gives the SSH server its usual limits by files of our own.
# `remember` is defined before this script.
set -eu
first=/etc/ssh/sshd_config.d/00-landfall.conf
# Of MaxSessions the first line counts, of MaxStartups in some versions the last.
last=/etc/ssh/sshd_config.d/zz-landfall.conf
if ! grep -qiE '^[[:space:]]*Include[[:space:]]+/etc/ssh/sshd_config\.d/' /etc/ssh/sshd_config; then
  echo "/etc/ssh/sshd_config does not include /etc/ssh/sshd_config.d" >&2
  exit 3
fi
remember "$first" "$last"
umask 077
printf '# Written by Landfall; removed by landfall reset.\nMaxSessions 10\nMaxStartups 10:30:100\n' >"$first"
cp "$first" "$last"
limits=$(sshd -T 2>/dev/null | grep -ciE '^(maxsessions 10|maxstartups 10:30:100)$') || :
if ! sshd -t || [ "$limits" != 2 ]; then
  rm -f "$first" "$last"
  echo "another line of the SSH server's configuration wins; set MaxSessions and MaxStartups in /etc/ssh/sshd_config" >&2
  exit 3
fi
systemctl reload ssh 2>/dev/null || systemctl reload sshd
