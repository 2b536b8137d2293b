# SPDX-FileCopyrightText: 2026 The Nova contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Entering: a command of `lab exec` joins the namespaces of the lab and the
# control group of its user's session, so logind, polkit and the bus see what
# they would see of a person at the machine.

# Control group of the lab, as a folder of this machine.
lab_cgroup() {
    local leader=$1 mount path
    mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
    path=$(awk -F: '$1 == "0" { print $3 }' "/proc/$leader/cgroup")
    printf '%s%s\n' "$mount" "${path%/init.scope}"
}

# Runs a command in the lab: in_lab USER FOLDER [K=V…] -- COMMAND…
in_lab() {
    local user=$1 folder=$2 leader cgroup session group
    shift 2
    leader=$(lab_leader) || die "the lab is down; start it with 'lab up'"
    cgroup=$(lab_cgroup "$leader")
    local environment=(
        "TERM=${TERM:-dumb}" LANG=C.UTF-8 LC_ALL=C.UTF-8 "USER=$user" "LOGNAME=$user"
        SHELL=/bin/bash SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
    )
    local become=(setpriv --pdeathsig KILL)
    if [[ $user == root ]]; then
        environment+=(
            HOME=/root "PATH=$CARGO/bin:/usr/lib/qt6/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
            "CARGO_HOME=$CARGO" "RUSTUP_HOME=$RUSTUP" RUSTUP_AUTO_INSTALL=0
            CARGO_TARGET_DIR=/nova/target CARGO_NET_OFFLINE=true
            CARGO_BUILD_RUSTFLAGS=-Clink-arg=-fuse-ld=mold
            "CC=ccache gcc" "CXX=ccache g++" CCACHE_DIR=/var/cache/ccache CCACHE_NOHASHDIR=1
            # Generated headers are written anew with each build, mostly unchanged.
            "CCACHE_SLOPPINESS=include_file_ctime,include_file_mtime,time_macros" QMAKE=/usr/bin/qmake6
            GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=/nova
            NOVA_LAB=1
        )
        group=$cgroup/system.slice/lab-root.service
    else
        local uid
        uid=$(awk -F: -v user="$user" '$1 == user { print $3 }' "/proc/$leader/root/etc/passwd")
        [[ -n $uid ]] || die "the lab has no user $user"
        become+=(--reuid "$user" --regid "$user" --init-groups --inh-caps=-all)
        environment+=(
            "HOME=/home/$user" PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games
            "XDG_RUNTIME_DIR=/run/user/$uid" "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/$uid/bus"
            NOVA_LAB=1
        )
        group=$cgroup/user.slice/user-$uid.slice
        for session in "$group"/session-*.scope; do
            [[ -d $session ]] && group=$session && break
        done
    fi
    if [[ -e /proc/$leader/root/run/lab-desktop.env ]]; then
        local line
        while IFS= read -r line; do environment+=("$line"); done <"/proc/$leader/root/run/lab-desktop.env"
    fi
    local variable
    for variable in CARGO_TERM_COLOR NO_COLOR RUST_BACKTRACE RUST_LOG COLUMNS; do
        [[ -v $variable ]] && environment+=("$variable=${!variable}")
    done
    while [[ $1 != -- ]]; do
        environment+=("$1")
        shift
    done
    shift
    # Control groups are optional: a command outside them still runs.
    echo "$BASHPID" 2>/dev/null >"$group/cgroup.procs" || true
    exec nsenter --target "$leader" --all "${become[@]}" \
        env --ignore-environment --chdir="$folder" "${environment[@]}" "$@"
}

# Crates cannot be fetched in the lab, which has no way out; this machine has.
fetch_crates() {
    local stamp=$CACHE/fetched-${STATE##*-}
    [[ -e $CHECKOUT/Cargo.toml ]] || return 0
    if [[ -e $stamp && -e $CHECKOUT/Cargo.lock && $stamp -nt $CHECKOUT/Cargo.lock &&
        -z $(find "$CHECKOUT" -maxdepth 3 -name Cargo.toml -newer "$stamp" -not -path '*/target/*' -print -quit) ]]; then
        return 0
    fi
    # By its path: sudo does not pass on where this user's programs are.
    (cd "$CHECKOUT" && PATH=$CARGO/bin:$PATH cargo fetch --quiet) || { say "crates could not be fetched on this machine"; return 0; }
    touch "$stamp"
}

lab_exec() {
    local user=root folder=/nova environment=()
    while [[ $# -gt 0 ]]; do
        case $1 in
            --user) user=$2; shift 2 ;;
            --env) environment+=("$2"); shift 2 ;;
            --dir) folder=$2; shift 2 ;;
            --) shift; break ;;
            *) die "exec: write '--' before the command" ;;
        esac
    done
    [[ $# -gt 0 ]] || die "exec: no command"
    case $1 in cargo | make) fetch_crates ;; esac
    # In place of this shell: who ends `lab exec` ends the command.
    in_lab "$user" "$folder" "${environment[@]}" -- "$@"
}
