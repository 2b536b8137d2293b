# SPDX-FileCopyrightText: 2026 The Nova contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Named situations; each is a file in scenes/.

lab_scene() {
    [[ $# -eq 1 ]] || die "scene: name one of small, quiet, large, crowded, bench, empty"
    (in_lab root /nova -- tests/lab/scenes/build "$1")
}
