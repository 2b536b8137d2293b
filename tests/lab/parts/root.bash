# SPDX-FileCopyrightText: 2026 The Nova contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# The pristine root: Debian 13 with everything of `packages`. It is never
# booted itself; see boot.bash.

# Words of the package list, comments left out.
package_list() { sed 's/#.*//' "$LAB_DIR/packages" | xargs -n1; }

# What the root is made from. A change of it rebuilds the root.
recipe_id() {
    {
        package_list
        declare -f make_root small_initrd configure_root
        cat /usr/local/share/ca-certificates/*.crt 2>/dev/null || true
    } | sha256sum | cut -c1-12
}

# The mirror of this machine's own Debian packages, as apt knows it; none where
# this is no Debian.
# shellcheck disable=SC2016  # apt-get reads the names
debian_mirror() {
    command -v apt-get >/dev/null || return 0
    apt-get indextargets --format '$(SUITE) $(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' |
        awk '$1 !~ /security|updates|backports/ { print $2; exit }'
}

# Installs on this machine what the lab itself needs: packages in the names of
# Debian.
need_tools() {
    local maker=mmdebstrap missing=() pair
    [[ -n $(debian_mirror) ]] || maker=debootstrap
    for pair in $maker:$maker systemd-nspawn:systemd-container socat:socat; do
        command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
    done
    [[ -e /usr/share/keyrings/debian-archive-keyring.gpg ]] || missing+=(debian-archive-keyring)
    [[ ${#missing[@]} -eq 0 ]] && return
    say "installing ${missing[*]} on this machine"
    if command -v pacman >/dev/null; then
        # systemd-nspawn comes with systemd there.
        pacman -S --needed --noconfirm "${missing[@]/#systemd-container/systemd}"
    elif command -v apt-get >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
    elif command -v dnf >/dev/null; then
        dnf install --assumeyes "${missing[@]/#debian-archive-keyring/debian-keyring}"
    elif command -v zypper >/dev/null; then
        zypper --non-interactive install "${missing[@]}"
    else
        die "the lab needs ${missing[*]}; install them first"
    fi >&2
}

# Makes the pristine root of the current recipe and prints its folder.
pristine_root() {
    local id root mirror log
    id=$(recipe_id)
    root=$CACHE/root-$id
    if [[ ! -e $root/.complete ]]; then
        need_tools
        mirror=$(debian_mirror)
        log=$CACHE/root-$id.log
        say "building the root (once for this recipe; some minutes); log: $log"
        rm -rf --one-file-system "$root"
        local maker=make_root
        [[ -n $mirror ]] || maker=make_root_elsewhere
        $maker "$root" "$mirror" >"$log" 2>&1 || {
            tail -n 20 "$log" >&2
            die "the root could not be built; the whole log is $log"
        }
        touch "$root/.complete"
        # Roots of older recipes are of no more use, but where a lab of another
        # checkout stands on one.
        local old
        for old in "$CACHE"/root-*; do
            if [[ $old != "$root"* ]] && ! grep -qsF "lowerdir=${old%.log}," /proc/[0-9]*/mountinfo; then
                rm -rf --one-file-system "$old"
            fi
        done
    fi
    printf '%s\n' "$root"
}

# shellcheck disable=SC2016  # the hooks read $1
make_root() {
    local root=$1 mirror=$2
    mmdebstrap --variant=apt --mode=root --format=directory \
        --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
        --dpkgopt=force-unsafe-io \
        --skip=download/empty,essential/unlink,cleanup/apt/cache \
        --setup-hook="mkdir -p \"\$1/var/cache/apt/archives\" && mount --bind '$CACHE/debs' \"\$1/var/cache/apt/archives\" && mkdir -p '$CACHE/debs/partial'" \
        --essential-hook='printf "#!/bin/sh\nexit 101\n" >"$1/usr/sbin/policy-rc.d" && chmod 755 "$1/usr/sbin/policy-rc.d"' \
        --essential-hook='echo "man-db man-db/auto-update boolean false" | chroot "$1" debconf-set-selections' \
        --essential-hook="$(declare -f small_initrd); small_initrd \"\$1\"" \
        --include="$(package_list | paste -sd,)" \
        --customize-hook='umount "$1/var/cache/apt/archives"; rm -f "$1/usr/sbin/policy-rc.d"' \
        trixie "$root" "$mirror"
    configure_root "$root"
}

# What the second tier's machine boots from is known: its initrd needs no more.
small_initrd() {
    mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/usr/share/initramfs-tools/modules.d"
    echo MODULES=list >"$1/etc/initramfs-tools/conf.d/lab"
    printf '%s\n' virtio_pci virtio_blk ext4 >"$1/usr/share/initramfs-tools/modules.d/lab"
}

# The same where apt knows no Debian, from debootstrap's own mirror or the one
# that is given: the least first, the rest by its own apt.
make_root_elsewhere() {
    local root=$1 mirror=$2
    debootstrap --variant=minbase --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
        --include=ca-certificates,debconf trixie "$root" ${mirror:+"$mirror"}
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    echo 'man-db man-db/auto-update boolean false' | chroot "$root" debconf-set-selections
    small_initrd "$root"
    mkdir -p "$CACHE/debs/partial"
    mount --bind "$CACHE/debs" "$root/var/cache/apt/archives"
    local status=0
    # Names are words: splitting is meant.
    # shellcheck disable=SC2046
    chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install --yes \
        --no-install-recommends -o Dpkg::Options::=--force-unsafe-io $(package_list) || status=$?
    umount "$root/var/cache/apt/archives"
    rm -f "$root/usr/sbin/policy-rc.d"
    [[ $status -eq 0 ]] && configure_root "$root"
}

# What a fresh installation would ask a person for.
configure_root() {
    local root=$1
    cp -L /etc/localtime "$root/etc/localtime" 2>/dev/null || true
    mkdir -p "$root/usr/local/share/ca-certificates"
    cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
    chroot "$root" update-ca-certificates
    echo nova-lab >"$root/etc/hostname"
    printf '127.0.0.1 localhost\n127.0.1.1 nova-lab\n::1 localhost\n' >"$root/etc/hosts"
    # A fixed id, so that the first boot is not a "first boot".
    printf '%s\n' 6e6f76616c6162000000000000000001 >"$root/etc/machine-id"
    printf 'LANG=C.UTF-8\n' >"$root/etc/default/locale"
    chroot "$root" useradd --create-home --uid 1000 --shell /bin/bash nova
    chroot "$root" passwd --delete root
    mkdir -p "$root/nova" "$root/var/cache/ccache" "$root/var/lib/systemd/linger"
    touch "$root/var/lib/systemd/linger/nova"
    # Started by the tests that want it.
    chroot "$root" systemctl disable firewalld.service
    # Without a keyboard, a clock to set or packages to fetch these only wait.
    chroot "$root" systemctl mask apt-daily.timer apt-daily-upgrade.timer \
        dpkg-db-backup.timer e2scrub_all.timer man-db.timer fstrim.timer \
        systemd-networkd-wait-online.service NetworkManager-wait-online.service \
        console-getty.service udisks2.service e2scrub_reap.service \
        ModemManager.service systemd-timesyncd.service
}
