# SPDX-FileCopyrightText: 2026 The Nova contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# The workstation of `small`, for what only looks at it: its machines are
# suspended as soon as they have their addresses. Emulated and idle, each takes
# three hundredths of a core.

# shellcheck source=tests/lab/scenes/small.bash disable=SC2154 # of build
source "$scenes/small.bash"

scene_quiet() {
    scene_small
    local machine
    for machine in $(virsh list --name); do virsh --quiet suspend "$machine"; done
}
