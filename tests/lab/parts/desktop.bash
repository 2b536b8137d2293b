# SPDX-FileCopyrightText: 2026 The Nova contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# The virtual desktop: display :1 of user nova, 1440 x 900.

as_nova() { (in_lab nova /home/nova -- "$@"); }

lab_desktop() {
    case ${1:-} in
        up | down) (in_lab root / -- /usr/local/lib/lab-desktop "$@") ;;
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
