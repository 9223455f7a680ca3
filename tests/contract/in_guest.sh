#!/bin/sh
# in_guest.sh LEAKCAGE COMMAND...: run each shell command in one guest of driver vm, all of them
# even when one fails. 77, with the reason on stderr, where driver vm cannot run.
leakcage=$1
shift
reason=$("$leakcage" vm -- true 2>&1)
if [ $? -eq 3 ]; then
  echo "skipped: $reason" >&2
  exit 77
fi
script='failed=0'
for command in "$@"; do
  script="$script; $command || { echo \"failed with \$?: $command\"; failed=1; }"
done
exec "$leakcage" vm -- sh -c "$script; exit \$failed"
