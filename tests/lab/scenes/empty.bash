# SPDX-FileCopyrightText: 2026 The Nova contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Nothing: no machine, no libvirt network, no link but lo.

remove_everything() {
    local item
    # Cut off together; asking libvirt for each costs a second a machine.
    {
        virsh --quiet list --name | sed '/^$/d; s/.*/destroy "&"/'
        virsh --quiet list --all --name | sed '/^$/d; s/.*/undefine "&" --nvram/'
        virsh --quiet net-list --name | sed '/^$/d; s/.*/net-destroy "&"/'
        virsh --quiet net-list --all --persistent --name | sed '/^$/d; s/.*/net-undefine "&"/'
    } >/run/lab-scene.virsh
    [[ -s /run/lab-scene.virsh ]] && virsh --quiet </run/lab-scene.virsh >/dev/null
    for item in $(ovs-vsctl --timeout=5 list-br); do ovs-vsctl --timeout=5 --if-exists del-br "$item"; done
    rm -f /etc/NetworkManager/system-connections/* /etc/systemd/network/*
    nmcli connection reload
    for item in $(ip netns list | awk '{ print $1 }'); do
        ip netns pids "$item" | xargs -r kill -KILL 2>/dev/null || true
        ip netns delete "$item"
    done
    for item in $(ip -o link show | awk -F': ' '$2 != "lo" { sub(/@.*/, "", $2); print $2 }'); do
        # A pair vanishes with its other end.
        ip link delete "$item" 2>/dev/null || true
    done
    nft flush ruleset
    rm -rf /run/lab-lan /var/lib/libvirt/dnsmasq/*.status /var/lib/libvirt/dnsmasq/*.leases
    hostname nova-lab
}
