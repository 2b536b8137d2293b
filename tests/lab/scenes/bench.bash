# SPDX-FileCopyrightText: 2026 The Nova contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# What Nova is measured on: 50 networks and 20 running machines.

# shellcheck source=tests/lab/scenes/large.bash
source "${scenes:?}/large.bash"

scene_bench() {
    workstation
    crowd 50 20
}
