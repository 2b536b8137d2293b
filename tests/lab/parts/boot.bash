# SPDX-FileCopyrightText: 2026 The Nova contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Booting: the pristine root stays as it is, everything the lab writes goes to
# an overlay's upper folder, so a reset costs a boot.

# Each checkout has a lab of its own, so two of them do not disturb each other,
# and further ones by name ($NOVA_LAB_NAME).
STATE=$CACHE/state-$(cksum <<<"$CHECKOUT${NOVA_LAB_NAME:+ $NOVA_LAB_NAME}" | cut -d' ' -f1)

# What a running lab must have been booted from: root, checkout, own files.
lab_identity() {
    printf '%s %s %s\n' "$(recipe_id)" "$CHECKOUT" \
        "$(cd "$LAB_DIR/root" && tar --sort=name --mtime=@0 --owner=0 --group=0 -cf - . | sha256sum | cut -c1-12)"
}

# Process of the lab's init as this machine sees it; fails where none runs.
lab_leader() {
    local leader
    leader=$(cat "$STATE/leader" 2>/dev/null) || return 1
    # The number alone could be somebody else's by now.
    [[ $(readlink "/proc/$leader/ns/pid" 2>/dev/null) == "$(cat "$STATE/pidns" 2>/dev/null)" ]] || return 1
    printf '%s\n' "$leader"
}

lab_up() {
    exec 9>"$CACHE/lock"
    flock 9
    local identity booted=''
    identity=$(lab_identity)
    if lab_leader >/dev/null; then
        booted=$(cat "$STATE/identity")
        if [[ $booted == "$identity" ]]; then
            exec 9>&-
            return
        fi
        if [[ ${booted% *} == "${identity% *}" ]]; then
            refresh_own_files "$identity"
            exec 9>&-
            return
        fi
        say "the running lab belongs to an older recipe; starting it anew"
        stop_lab
        remove_upper
    elif [[ $(cut -d' ' -f1-2 "$STATE/identity" 2>/dev/null) != "${identity% *}" ]]; then
        remove_upper
    fi
    boot_lab "$(pristine_root)" "$identity"
    exec 9>&-
}

# Copies a folder over a system's root: own_files FOLDER ROOT. Owner and modes
# are a system's, whatever umask the checkout was made with: an /etc of mode
# 700 would lock everybody out.
own_files() {
    tar --directory="$1" --owner=0 --group=0 --mode='u=rwX,go=rX' --create . |
        tar --directory="$2" --extract --preserve-permissions --same-owner
}

# Files of `root/` reach a running lab without a boot.
refresh_own_files() {
    local leader
    leader=$(lab_leader)
    own_files "$LAB_DIR/root" "/proc/$leader/root"
    nsenter -t "$leader" -a systemctl daemon-reload
    nsenter -t "$leader" -a systemctl --user --machine=nova@ daemon-reload
    printf '%s\n' "$1" >"$STATE/identity"
}

# What suffices for a command: a lab of this checkout runs.
lab_ready() {
    local booted=''
    if lab_leader >/dev/null; then
        read -r _ booted _ <"$STATE/identity"
        [[ $booted == "$CHECKOUT" ]] && return
    fi
    lab_up
}

remove_upper() { rm -rf --one-file-system "$STATE"; }

# A boot that was broken off (Ctrl+C) leaves a lab nobody knows of, which
# holds the folders of this one.
cut_off_unknown() {
    local nspawn leader
    while nspawn=$(pgrep -xf -- "systemd-nspawn --directory=$STATE/merged .*" | head -n1) && [[ -n $nspawn ]]; do
        say "cutting off a lab whose boot was broken off"
        if leader=$(pgrep -P "$nspawn" | head -n1) && [[ -n $leader ]]; then kill -s KILL "$leader" 2>/dev/null || true; fi
        kill -s KILL "$nspawn" 2>/dev/null || true
        while [[ -d /proc/$nspawn ]]; do sleep 0.1; done
    done
}

boot_lab() {
    local root=$1 identity=$2 nspawn leader='' began=$EPOCHREALTIME
    need_tools
    [[ -x $CARGO/bin/cargo && -n $(ls "$RUSTUP/toolchains" 2>/dev/null) ]] ||
        die "the lab uses this user's Rust of rustup (https://rustup.rs), and $RUSTUP has none"
    cut_off_unknown
    mkdir -p "$STATE/upper" "$STATE/merged" "$CACHE/vm/$(basename "$STATE")" "$RUSTUP" "$CARGO/registry" "$CARGO/bin"
    # The kernel refuses a volatile work folder that was not unmounted.
    rm -rf --one-file-system "$STATE/work"
    mkdir "$STATE/work"
    own_files "$LAB_DIR/root" "$STATE/upper"

    local options=(
        --directory="$STATE/merged" --boot --quiet --machine=nova-lab
        --register=no --keep-unit --private-network --capability=all
        --console=read-only --resolv-conf=off --timezone=off
        --bind="$CHECKOUT:/nova" --bind="$CACHE/ccache:/var/cache/ccache"
        --bind="$CACHE/vm:/var/cache/lab-vm"
        --bind="$CARGO" --bind-ro="$RUSTUP"
    )
    local device
    for device in /dev/net/tun /dev/kvm /dev/vhost-net; do
        [[ -e $device ]] && options+=(--bind="$device")
    done
    # shellcheck disable=SC2016
    local start='mount -t overlay overlay -o "volatile,lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/merged"
        state=$2; shift 2
        echo $$ >"$state/nspawn"
        # A control group of its own, or two labs would share one.
        group=$(awk "\$3 == \"cgroup2\" { print \$2; exit }" /proc/mounts)/nova-lab-$(cksum <<<"$state" | cut -d" " -f1)
        if [[ ! -d /run/systemd/system ]] && mkdir -p "$group"; then echo $$ >"$group/cgroup.procs"; fi
        exec systemd-nspawn "$@"'
    local prefix=(setsid)
    # On a machine run by systemd the lab is a service of its own.
    [[ -d /run/systemd/system ]] &&
        prefix=(systemd-run --quiet --collect --unit="nova-lab-${STATE##*-}" --property=Delegate=yes
            --setenv=SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1)
    rm -f "$STATE/leader" "$STATE/nspawn"
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 "${prefix[@]}" \
        unshare --mount --propagation private -- bash -c "$start" lab \
        "$root" "$STATE" "${options[@]}" </dev/null >"$STATE/console" 2>&1 9>&- &
    disown
    local tries
    for ((tries = 0; tries < 100; tries++)); do
        sleep 0.1
        nspawn=$(cat "$STATE/nspawn" 2>/dev/null) || continue
        leader=$(pgrep -P "$nspawn" | head -n1) || continue
        # Until its init runs, the child is still nspawn itself.
        [[ $(cat "/proc/$leader/comm" 2>/dev/null) == systemd ]] && break
        leader=''
    done
    [[ -n $leader ]] || { tail -n 20 "$STATE/console" >&2; die "the lab did not boot"; }
    readlink "/proc/$leader/ns/pid" >"$STATE/pidns"
    printf '%s\n' "$identity" >"$STATE/identity"
    printf '%s\n' "$leader" >"$STATE/leader"
    wait_until_settled "$leader"
    say "up after $(seconds_since "$began") s"
}

seconds_since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }'; }

wait_until_settled() {
    local leader=$1 state='' tries
    for ((tries = 0; tries < 300; tries++)); do
        state=$(nsenter -t "$leader" -a systemctl is-system-running 2>/dev/null) || true
        case $state in
            running) return ;;
            degraded)
                say "some units failed:"
                nsenter -t "$leader" -a systemctl --failed --no-legend --plain >&2
                return
                ;;
        esac
        [[ -d /proc/$leader ]] || break
        sleep 0.2
    done
    tail -n 20 "$STATE/console" >&2
    die "the lab did not settle (state: ${state:-gone})"
}

stop_lab() {
    local leader nspawn tries
    leader=$(lab_leader) || return 0
    nspawn=$(cat "$STATE/nspawn")
    kill -s RTMIN+4 "$leader" 2>/dev/null || true
    for ((tries = 0; tries < 100; tries++)); do
        [[ -d /proc/$nspawn ]] || break
        sleep 0.1
    done
    # What does not go in ten seconds is cut off, with all it started.
    if [[ -d /proc/$nspawn ]]; then
        kill -s KILL "$leader" 2>/dev/null || true
        sleep 0.5
    fi
    rm -f "$STATE/leader"
}

lab_down() {
    exec 9>"$CACHE/lock"
    flock 9
    if [[ ${1:-} == now ]]; then cut_lab; else stop_lab; fi
    exec 9>&-
}

# Ends a lab of which nothing is kept.
cut_lab() {
    local leader
    leader=$(lab_leader) || return 0
    kill -s KILL "$leader" 2>/dev/null || true
    sleep 0.5
    rm -f "$STATE/leader"
}

lab_reset() {
    exec 9>"$CACHE/lock"
    flock 9
    cut_lab
    remove_upper
    exec 9>&-
    lab_up
}

lab_status() {
    local leader root
    root=$CACHE/root-$(recipe_id)
    if [[ -e $root/.complete ]]; then
        say "root: $root"
    else
        say "root: not built"
    fi
    if leader=$(lab_leader); then
        say "up: process $leader, checkout $(cut -d' ' -f2 "$STATE/identity"), $(nsenter -t "$leader" -a systemctl is-system-running || true)"
    else
        say "down"
        return 3
    fi
}
