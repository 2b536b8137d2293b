# SPDX-FileCopyrightText: 2026 The Nova contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# What virt-manager was measured with: 50 networks and 20 running machines.

scene_bench() {
    local number modes=(nat isolated route)
    for ((number = 0; number < 50; number++)); do
        network "$(printf 'net%02d' "$number")" "vnet-br$number" "${modes[number % 3]}" "10.$((100 + number)).0"
    done
    for ((number = 0; number < 20; number++)); do
        machine "$(printf 'vm%02d' "$number")" "network:$(printf 'net%02d' "$number")"
    done
    start_all
    await_leases 20
}
