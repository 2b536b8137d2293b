# SPDX-FileCopyrightText: 2026 The Nova contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# The virtual desktop: display :1 of user nova, 1440 x 900.

# What a program started on that desktop finds in its environment.
desktop_environment() {
    cat <<'TEXT'
DISPLAY=:1
XDG_SESSION_TYPE=x11
XDG_CURRENT_DESKTOP=KDE
XDG_MENU_PREFIX=plasma-
KDE_FULL_SESSION=true
KDE_SESSION_VERSION=6
QT_QPA_PLATFORM=xcb
QT_QPA_PLATFORMTHEME=kde
QT_QUICK_BACKEND=software
QT_LINUX_ACCESSIBILITY_ALWAYS_ON=1
LIBGL_ALWAYS_SOFTWARE=1
KWIN_COMPOSE=N
TEXT
}

as_nova() { (in_lab nova /home/nova -- "$@"); }

lab_desktop() {
    local environment leader
    case ${1:-} in
        up)
            leader=$(lab_leader)
            desktop_environment >"/proc/$leader/root/run/lab-desktop.env"
            mapfile -t environment < <(desktop_environment)
            as_nova dbus-update-activation-environment --systemd "${environment[@]}"
            as_nova systemctl --user start lab-display.service
            as_nova systemctl --user start lab-window-manager.service at-spi-dbus-bus.service
            # Assistive tools are looked for on the session bus, too.
            as_nova busctl --user set-property org.a11y.Bus /org/a11y/bus org.a11y.Status IsEnabled b true
            if [[ ${2:-} == --plasma ]]; then as_nova systemctl --user start lab-plasma.service; fi
            ;;
        down)
            as_nova systemctl --user stop lab-vnc.service lab-plasma.service \
                lab-window-manager.service lab-display.service
            leader=$(lab_leader)
            rm -f "/proc/$leader/root/run/lab-desktop.env"
            ;;
        theme)
            case ${2:-} in
                light) as_nova plasma-apply-colorscheme BreezeLight >/dev/null ;;
                dark) as_nova plasma-apply-colorscheme BreezeDark >/dev/null ;;
                *) die "desktop theme: light or dark" ;;
            esac
            ;;
        *) die "desktop: up [--plasma], down, theme light|dark" ;;
    esac
}

# shot FILE.png [--window TITLE]
lab_shot() {
    local file=${1:?shot: name a file} window=root
    if [[ ${2:-} == --window ]]; then
        window=$(as_nova xdotool search --onlyvisible --name "${3:?shot: name a title}" | tail -n 1)
        [[ -n $window ]] || die "shot: no window is called $3"
        # A covered window's picture would show what covers it.
        as_nova xdotool windowactivate --sync "$window" 2>/dev/null || true
    fi
    mkdir -p "$(dirname "$file")"
    as_nova import -window "$window" png:- >"$file"
}

lab_vnc() {
    as_nova systemctl --user start lab-vnc.service
    say "the desktop is on 127.0.0.1:5901 (a VNC viewer shows it); Ctrl+C ends this"
    exec socat TCP-LISTEN:5901,bind=127.0.0.1,reuseaddr,fork \
        EXEC:"$LAB_DIR/lab exec -- socat STDIO TCP\:127.0.0.1\:5901"
}
