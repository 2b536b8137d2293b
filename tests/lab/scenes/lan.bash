# SPDX-FileCopyrightText: 2026 The Nova contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# The world outside: a LAN with a gateway that serves addresses, a remote
# administrator at 192.0.2.77, and "network cards" plugged into it.

make_lan() {
    mkdir -p /run/lab-lan
    ip netns add lan
    ip -n lan link set lo up
    ip -n lan link add lan type bridge
    ip -n lan address add 192.0.2.1/24 dev lan
    ip -n lan link set lan up
    ip netns add admin
    ip -n admin link set lo up
    ip -n lan link add admin type veth peer name eth0 netns admin
    ip -n lan link set admin master lan up
    ip -n admin address add 192.0.2.77/24 dev eth0
    ip -n admin link set eth0 up
    ip -n admin route add default via 192.0.2.1
    ip netns exec lan dnsmasq --conf-file=/dev/null --interface=lan --bind-interfaces \
        --dhcp-range=192.0.2.100,192.0.2.199,1h --dhcp-leasefile=/run/lab-lan/leases \
        --pid-file=/run/lab-lan/dnsmasq.pid --no-resolv --no-hosts --user=root
}

# A network card of this host, its cable in the LAN: plug NAME ADDRESS
plug() {
    ip link add "$1" address "$2" type veth peer name "lan-$1" netns lan
    ip -n lan link set "lan-$1" master lan up
    ip link set "$1" up
}
