# SPDX-FileCopyrightText: 2026 The Nova contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# A workstation: br0 leads to the office LAN, br1 stays inside; three libvirt
# networks; four machines. eth1 is plugged in and free.

scene_small() {
    workstation
    start_all
    await_leases 4
}

workstation() {
    make_lan
    plug eth0 52:54:00:00:01:01
    plug eth1 52:54:00:00:01:02
    ip link add br0 address 52:54:00:00:01:01 type bridge
    ip link set eth0 master br0
    ip link set br0 up
    ip address add 192.0.2.5/24 dev br0
    ip route add default via 192.0.2.1
    ip link add br1 address 52:54:00:00:02:01 type bridge
    ip link set br1 up
    ip address add 10.20.0.1/24 dev br1

    network default virbr0 nat 192.168.122
    network isolated virbr1 isolated 10.10.10
    network office br0 bridge
    machine web network:office
    machine app network:default network:isolated
    machine database network:isolated bridge:br1
    machine build network:default
}
