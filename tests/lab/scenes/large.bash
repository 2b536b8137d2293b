# SPDX-FileCopyrightText: 2026 The Nova contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# A crowded host: 60 networks and 40 machines, the workstation's among them.

# shellcheck source=tests/lab/scenes/small.bash
source "${scenes:?}/small.bash"

scene_large() {
    workstation
    crowd 60 40
}

# Fills the workstation up to so many networks and machines, and starts all.
crowd() {
    local networks=$1 machines=$2 number modes=(nat isolated route)
    for ((number = 3; number < networks; number++)); do
        network "$(printf 'net%02d' "$number")" "vnet-br$number" "${modes[number % 3]}" "10.$((100 + number)).0"
    done
    for ((number = 5; number <= machines; number++)); do
        machine "$(printf 'vm%02d' "$number")" "network:$(printf 'net%02d' $((3 + number % 20)))"
    done
    start_all
    await_leases "$machines"
}
