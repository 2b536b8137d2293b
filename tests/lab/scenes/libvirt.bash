# SPDX-FileCopyrightText: 2026 The Nova contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# libvirt networks and machines. A machine has no disk: the firmware's PXE
# client asks for an address by real DHCP and then idles.

folder=/run/lab-scene
rm -rf "$folder"
mkdir -p "$folder"

# network NAME BRIDGE MODE SUBNET-PREFIX (nat, route or isolated), or
# network NAME BRIDGE bridge (an existing switch)
network() {
    local name=$1 bridge=$2 mode=$3 prefix=${4:-}
    {
        printf '<network><name>%s</name>' "$name"
        [[ $mode == isolated ]] || printf '<forward mode="%s"/>' "$mode"
        if [[ $mode == bridge ]]; then
            printf '<bridge name="%s"/>' "$bridge"
        else
            printf '<bridge name="%s" stp="on" delay="0"/>' "$bridge"
            printf '<ip address="%s.1" netmask="255.255.255.0"><dhcp>' "$prefix"
            printf '<range start="%s.2" end="%s.254"/></dhcp></ip>' "$prefix" "$prefix"
        fi
        printf '</network>\n'
    } >"$folder/net-$name.xml"
    printf 'net-define %s/net-%s.xml\nnet-start %s\nnet-autostart %s\n' \
        "$folder" "$name" "$name" "$name" >>"$folder/networks"
}

# machine NAME SOURCE…, each source network:NAME or bridge:NAME
machine() {
    local name=$1 source order=0
    shift
    {
        printf '<domain type="qemu"><name>%s</name><memory unit="MiB">64</memory><vcpu>1</vcpu>' "$name"
        printf '<os><type arch="x86_64" machine="pc">hvm</type></os>'
        printf '<features><acpi/></features><devices><controller type="usb" model="none"/>'
        printf '<memballoon model="none"/><video><model type="none"/></video>'
        for source in "$@"; do
            printf '<interface type="%s"><source %s="%s"/><model type="virtio"/><boot order="%s"/></interface>' \
                "${source%%:*}" "${source%%:*}" "${source#*:}" "$((++order))"
        done
        printf '</devices></domain>\n'
    } >"$folder/vm-$name.xml"
    printf 'define %s/vm-%s.xml\nstart %s --paused\n' "$folder" "$name" "$name" >>"$folder/machines"
}

# Defines and starts everything declared above; machines two at a time, and
# none runs before all are there: an emulated firmware takes a whole core.
start_all() {
    virsh --quiet <"$folder/networks" >"$folder/log" 2>"$folder/errors"
    awk -v base="$folder/machines" '{ print >(base "." int((NR - 1) / 2) % 2) }' "$folder/machines"
    local half jobs=()
    for half in "$folder"/machines.*; do
        virsh --quiet <"$half" >>"$folder/log" 2>>"$folder/errors" &
        jobs+=($!)
    done
    wait "${jobs[@]}"
    sed -n 's/^start \(.*\) --paused$/resume \1/p' "$folder/machines" | virsh --quiet >>"$folder/log" 2>>"$folder/errors"
    # virsh reading commands from a file reports errors, yet ends with 0.
    if grep '^error' "$folder/errors" >&2; then return 1; fi
}

# Waits until this many cards have an address, at most a minute. A second card
# of a machine asks some ten seconds after the first.
await_leases() {
    local wanted=$1 have=0 tries
    for ((tries = 0; tries < 300; tries++)); do
        have=$(cat /var/lib/libvirt/dnsmasq/*.status /run/lab-lan/leases 2>/dev/null |
            grep -cE '"ip-address"|^[0-9]+ ([0-9a-f]{2}:){5}') || true
        [[ $have -ge $wanted ]] && break
        sleep 0.2
    done
    say "$have addresses leased"
    [[ $have -ge $wanted ]] || { say "expected $wanted"; return 1; }
}
