# SPDX-FileCopyrightText: 2026 The Nova contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# A crowded host: 60 networks and 40 machines, the workstation's among them.

# shellcheck source=tests/lab/scenes/small.bash
source "${scenes:?}/small.bash"

scene_large() {
    local number modes=(nat isolated route)
    workstation
    for ((number = 3; number < 60; number++)); do
        network "$(printf 'net%02d' "$number")" "vnet-br$number" "${modes[number % 3]}" "10.$((100 + number)).0"
    done
    for ((number = 5; number <= 40; number++)); do
        machine "$(printf 'vm%02d' "$number")" "network:$(printf 'net%02d' $((3 + number % 20)))"
    done
    start_all
    await_leases 40
}
