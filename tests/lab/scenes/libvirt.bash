# SPDX-FileCopyrightText: 2026 The Nova contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# libvirt networks and machines. The firmware's PXE client asks for an address by
# real DHCP; then the machine starts from its disk, whose only sector halts the
# processor: emulated firmware that idles takes a thirtieth of a core.

folder=/run/lab-scene
rm -rf "$folder"
mkdir -p "$folder"
# Ends the interrupts and the timer and halts for good. The firmware starts from no
# disk that is smaller than a cylinder.
{
    printf '\xfa\xb0\x30\xe6\x43\xb0\x00\xe6\x40\xe6\x40\xf4\xeb\xfd'
    head -c 496 /dev/zero
    printf '\x55\xaa'
} >"$folder/halt.img"
truncate --size 64M "$folder/halt.img"

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
    local name=$1 source order=0 boot
    shift
    {
        printf '<domain type="qemu"><name>%s</name><memory unit="MiB">64</memory><vcpu>1</vcpu>' "$name"
        printf '<os><type arch="x86_64" machine="pc">hvm</type></os>'
        printf '<features><acpi/></features><devices><controller type="usb" model="none"/>'
        printf '<memballoon model="none"/><video><model type="none"/></video>'
        for source in "$@"; do
            # Nobody gives addresses on a bridge by itself, it would be waited for in vain.
            boot=
            [[ $source == bridge:* ]] || boot="<boot order=\"$((++order))\"/>"
            printf '<interface type="%s"><source %s="%s"/><model type="virtio"/>%s</interface>' \
                "${source%%:*}" "${source%%:*}" "${source#*:}" "$boot"
        done
        printf '<disk type="file"><driver name="qemu" type="raw"/><source file="%s/halt.img"/>' "$folder"
        printf '<target dev="vda" bus="virtio"/><readonly/><boot order="%s"/></disk>' "$((++order))"
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
