# Runs the mesh program with the interpreter this host has; exit code 69 when it has none.
# The two programs stand in `perl_program` and `python_program` before this script.   $@ their arguments
if command -v perl >/dev/null 2>&1 && perl -MSocket -MErrno -MFcntl -e 1 2>/dev/null; then
  # shellcheck disable=SC2154
  exec perl -e "$perl_program" "$@"
fi
for python in python3 /usr/libexec/platform-python python python2; do
  # shellcheck disable=SC2154
  command -v "$python" >/dev/null 2>&1 && exec "$python" -c "$python_program" "$@"
done
exit 69
