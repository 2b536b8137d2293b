# SPDX-FileCopyrightText: 2026 The Nova contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# What strains a window: the workstation, and beside it a switch with 200 ports,
# 60 more switches, names as long as the kernel and libvirt take them.

# shellcheck source=tests/lab/scenes/small.bash
source "${scenes:?}/small.bash"

scene_crowded() {
    local number long
    workstation
    long=network-of-the-department-of-applied-naming-$(printf 'x%.0s' {1..80})
    network "$long" vnet-long isolated 10.77.0
    machine "machine-of-$long" "network:$long"
    {
        echo link add crowd0 type bridge
        echo link set crowd0 up
        for ((number = 1; number <= 200; number++)); do
            printf 'link add crowd-port-%04d type veth peer name crowd-peer-%04d\n' "$number" "$number"
            printf 'link set crowd-port-%04d master crowd0 up\n' "$number"
        done
        for ((number = 1; number <= 60; number++)); do
            printf 'link add longest-name%03d type bridge\n' "$number"
        done
    } | ip -batch -
    start_all
    await_leases 5
}
