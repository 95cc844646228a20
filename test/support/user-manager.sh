# Runs a systemd user manager with nothing of this machine's: mounts, cgroup, processes and user are its own. It ends with standard
# input, and nothing of it is left then. Called as: user-manager.sh ROOT UID
set -euo pipefail
root=$1 uid=$2
mount --make-rprivate /
mount -t tmpfs tmpfs /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/systemd/system
mkdir /run/user
mkdir -m 700 "/run/user/$uid"
mount --bind "$root/passwd" /etc/passwd
group=/sys/fs/cgroup/milton-test-$$
mkdir "$group"
# The cgroup tree alone is the machine's own, and is left as it was.
trap 'for _ in 1 2 3 4 5 6 7 8 9 10; do find "$group" -depth -type d -exec rmdir {} + 2>/dev/null && break; sleep 0.2; done' EXIT
env -i PATH=/usr/local/bin:/usr/bin:/bin HOME="$root/home" USER=tester LOGNAME=tester SHELL=/bin/sh XDG_RUNTIME_DIR="/run/user/$uid" \
  sh -c 'echo $$ > "$0/cgroup.procs" && exec "$@"' "$group" \
  unshare --pid --fork --kill-child --mount-proc --user --map-user="$uid" --map-group="$uid" sh -c '
    dbus-daemon --session --address="unix:path=$XDG_RUNTIME_DIR/bus" --nofork --nopidfile --syslog-only &
    /lib/systemd/systemd --user || true
    echo "the manager has ended"
    sleep infinity
  ' &
inside=$!
until first=$(cat "/proc/$inside/task/$inside/children") && [ -n "$first" ]; do sleep 0.02; done
echo "inside ${first% }"
cat >/dev/null
kill -KILL "$inside"
wait "$inside" || true
