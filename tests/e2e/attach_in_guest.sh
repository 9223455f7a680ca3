#!/bin/sh
# attach_in_guest.sh BUILD ROUNDS: in the guest of driver vm, attach to services that run in a
# cgroup of their own, by pid and by path. For each run a line "run SERVICE HOW STATUS", the result
# as JSON, and "untouched" when pid, limits and events are as they were; at the end, one that is
# killed for memory.
build=$1
rounds=$2
group=/sys/fs/cgroup/app
cd "$build" || exit 1

results=$(mktemp -d) || exit 1 # the host's folders show through in the guest
echo +memory >/sys/fs/cgroup/cgroup.subtree_control || exit 1
mkdir -p $group/web || exit 1
echo +memory >$group/cgroup.subtree_control
echo 200M >$group/memory.max

state() {
  for file in cgroup.procs memory.max memory.high memory.min memory.low memory.swap.max \
    memory.oom.group memory.events; do
    cat $group/web/$file
  done
  cat $group/memory.max
  cut -d " " -f 1,2,22 "/proc/$pid/stat" 2>&1
}

# The shell is in the group before it becomes the service.
start() {
  sh -c "echo 0 >$group/web/cgroup.procs; PORT=18081 exec $1" >/dev/null 2>&1 &
  pid=$!
  n=0
  until grep -q ' 0100007F:46A1 00000000:0000 0A ' /proc/net/tcp; do # 18081, LISTEN
    n=$((n + 1))
    [ $n -gt 100 ] && { echo "no answer from $1"; exit 1; }
    sleep 0.1
  done
}

stop() {
  kill "$pid"
  wait "$pid" 2>/dev/null
}

attach() { # SERVICE HOW TARGET OPTIONS...
  service=$1 how=$2 target=$3
  shift 3
  before=$(state)
  ./leakcage run -o "$results" --json --attach "$target" "$@" >/tmp/out 2>/tmp/err
  echo "run $service $how $?"
  cat /tmp/out /tmp/err
  echo
  [ "$before" = "$(state)" ] && echo untouched
}

while [ "$rounds" -gt 0 ]; do
  rounds=$((rounds - 1))
  start services/global-growth
  attach global-growth pid "$pid" --url /append
  attach global-growth path $group/web --url /append
  stop
  start services/clean
  attach clean pid "$pid" --url /work
  attach clean path app/web --url /work
  stop
done

# Killed for memory while attached: its cgroup tells, and nothing starts it again.
echo 32M >$group/memory.max
start services/concurrency-spike
attach concurrency-spike killed "$pid" --url /report --concurrency 16 --requests 48 --warmup 16
kill -0 "$pid" 2>/dev/null && echo "alive"
echo "all done"
