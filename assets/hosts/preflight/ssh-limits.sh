# Gives the SSH server its usual limits by a file of our own, which counts before the others.
# `remember` is defined before this script.
set -eu
file=/etc/ssh/sshd_config.d/00-landfall.conf
if ! grep -qiE '^[[:space:]]*Include[[:space:]]+/etc/ssh/sshd_config\.d/' /etc/ssh/sshd_config; then
  echo "/etc/ssh/sshd_config does not include /etc/ssh/sshd_config.d" >&2
  exit 3
fi
remember "$file"
umask 077
printf '# Written by Landfall; removed by landfall reset.\nMaxSessions 10\nMaxStartups 10:30:100\n' >"$file"
if ! sshd -t; then
  rm -f "$file"
  exit 3
fi
systemctl reload ssh 2>/dev/null || systemctl reload sshd
