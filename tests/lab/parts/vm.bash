# SPDX-FileCopyrightText: 2026 The Nova contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# The second tier: the same Debian 13 with a kernel of its own, emulated by
# QEMU inside the lab. For what this machine's kernel lacks (VLAN filtering,
# 802.1Q, Open vSwitch's datapath, bonding, reject) and for power cuts.

# Images are shared by all labs; what one lab's machine writes is its own.
VM_FOLDER=/var/cache/lab-vm/$(basename "$STATE") # in the lab
VM_STATE=$CACHE/vm/$(basename "$STATE")          # the same on this machine

# What the machine's disk is made from.
vm_identity() {
    {
        recipe_id
        cd "$LAB_DIR" && tar --sort=name --mtime=@0 --owner=0 --group=0 -cf - vm root parts/vm.bash
    } | sha256sum | cut -c1-12
}

# Makes the disk, kernel and initrd of the current recipe; prints their stem.
vm_disk() {
    local id root stem work kernel
    id=$(vm_identity)
    stem=$CACHE/vm/$id
    if [[ ! -e $stem.img ]]; then
        root=$(pristine_root)
        say "making the machine's disk"
        rm -f "$CACHE"/vm/*.img "$CACHE"/vm/*.kernel "$CACHE"/vm/*.initrd
        work=$CACHE/vm/work
        rm -rf --one-file-system "$work"
        mkdir -p "$work"/{upper,work,merged}
        own_files "$LAB_DIR/root" "$work/upper"
        own_files "$LAB_DIR/vm/system" "$work/upper"
        install -D -m 755 "$LAB_DIR/vm/channel.py" "$work/upper/usr/local/lib/channel.py"
        kernel=("$root"/boot/vmlinuz-*)
        cp "${kernel[0]}" "$stem.kernel"
        kernel=("$root"/boot/initrd.img-*)
        cp "${kernel[0]}" "$stem.initrd"
        # shellcheck disable=SC2016
        unshare --mount --propagation private -- bash -euc '
            mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/merged"
            # Nobody builds anything in this machine, or plays films.
            (cd "$2/merged" && rm -rf usr/share/{locale,doc,man,wallpapers,i18n,vulkan} \
                usr/include usr/libexec/gcc usr/lib/gcc usr/lib/x86_64-linux-gnu/*.a \
                usr/lib/x86_64-linux-gnu/{libclang,libav,libx26}*)
            mke2fs -q -t ext4 -m 0 -d "$2/merged" "$3.part" 4G >/dev/null
        ' vm "$root" "$work" "$stem"
        rm -rf --one-file-system "$work"
        mv "$stem.part" "$stem.img"
    fi
    printf '%s\n' "$id"
}

vm_running() { (in_lab root / -- systemctl --quiet is-active lab-vm.service); }

# One command in the machine, streams and exit status included.
in_vm() { (in_lab root / -- python3 /nova/tests/lab/vm/channel.py run "$VM_FOLDER" -- "$@"); }

lab_vm() {
    local action=${1:-}
    [[ $# -gt 0 ]] && shift
    case $action in
        up)
            lab_ready
            vm_running || vm_boot
            ;;
        exec)
            lab_ready
            [[ ${1:-} == -- ]] && shift
            [[ $# -gt 0 ]] || die "vm exec: no command"
            vm_running || vm_boot
            in_vm "$@"
            ;;
        # As if the plug were pulled: what was flushed to the disk stays, until `down`.
        cut)
            (in_lab root / -- systemctl kill --signal=KILL lab-vm.service) || true
            ;;
        down)
            lab_leader >/dev/null || return 0
            (in_lab root / -- systemctl stop lab-vm.service) || true
            rm -f "$VM_STATE/disk.qcow2"
            ;;
        status)
            lab_leader >/dev/null && vm_running && say "the machine is up" && return
            say "the machine is down"
            return 3
            ;;
        *) die "vm: up, exec -- COMMAND…, cut, down, status" ;;
    esac
}

vm_boot() {
    local id began=$EPOCHREALTIME ports=() number tries
    (in_lab root / -- test -d "$VM_FOLDER") || die "this lab was booted by an older one of these scripts; run 'lab reset'"
    id=$(vm_disk)
    # Of an older disk nothing can be kept.
    if [[ $(cat "$VM_STATE/disk.of" 2>/dev/null) != "$id" ]]; then rm -f "$VM_STATE/disk.qcow2"; fi
    if [[ ! -e $VM_STATE/disk.qcow2 ]]; then
        (in_lab root / -- qemu-img create -q -f qcow2 -F raw -b "/var/cache/lab-vm/$id.img" "$VM_FOLDER/disk.qcow2")
        printf '%s\n' "$id" >"$VM_STATE/disk.of"
    fi
    rm -f "$VM_STATE"/port*
    for number in 0 1 2 3; do
        ports+=(-chardev "socket,id=port$number,path=$VM_FOLDER/port$number,server=on,wait=off"
            -device "virtserialport,chardev=port$number,name=nova.$number")
    done
    # Inside another virtual machine /dev/kvm may be there and not work.
    local accelerator=(-accel 'tcg,thread=multi' -cpu Nehalem-v2)
    if [[ -w /dev/kvm ]] && ! grep -qw hypervisor /proc/cpuinfo; then accelerator=(-accel kvm -cpu host); fi
    (in_lab root / -- systemd-run --quiet --collect --unit=lab-vm.service \
        qemu-system-x86_64 -M q35 "${accelerator[@]}" -smp 2 -m 2G \
        -nodefaults -display none -serial "file:$VM_FOLDER/console" \
        -kernel "/var/cache/lab-vm/$id.kernel" -initrd "/var/cache/lab-vm/$id.initrd" \
        -append "root=/dev/vda rw console=ttyS0 quiet mitigations=off" \
        -drive "file=$VM_FOLDER/disk.qcow2,if=virtio,format=qcow2,cache=writeback" \
        -device virtio-serial -device virtio-rng-pci "${ports[@]}")
    # A port keeps the question until the machine is there to answer it.
    in_vm systemctl is-system-running --wait </dev/null >/dev/null 2>&1 &
    local asking=$!
    for ((tries = 0; tries < 300; tries++)); do
        sleep 1
        vm_running || { tail -n 5 "$VM_STATE/console" >&2; die "the machine did not start"; }
        [[ -d /proc/$asking ]] || break
    done
    [[ -d /proc/$asking ]] && die "the machine did not settle; its console: $VM_STATE/console"
    say "the machine is up after $(seconds_since "$began") s"
}
