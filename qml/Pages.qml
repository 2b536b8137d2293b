// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQml
import org.nova.networking

// The pages of the window in the order of the sidebar. A page is listed when
// it works.
QtObject {
    readonly property list<PageEntry> entries: [
        PageEntry {
            name: "topology"
            title: i18nc("@title", "Topology")
            icon: "distribute-graph-directed"
            type: "TopologyPage"
        },
        PageEntry {
            name: "switches"
            title: i18nc("@title", "Switches")
            icon: "qrc:/qt/qml/org/nova/networking/icons/nova-switch-symbolic.svg"
            type: "SwitchesPage"
            count: Session.hasPicture ? Session.switchCount : -1
        },
        PageEntry {
            name: "cards"
            title: i18nc("@title", "Cards")
            icon: "qrc:/qt/qml/org/nova/networking/icons/nova-card-symbolic.svg"
            type: "CardsPage"
            count: Session.hasPicture ? Session.cardCount : -1
        },
        PageEntry {
            name: "networks"
            title: i18nc("@title", "Networks")
            icon: "cloudstatus-symbolic"
            type: "NetworksPage"
            count: Session.hasPicture && Session.libvirtText === "" ? Session.networkCount : -1
        },
        PageEntry {
            name: "monitor"
            title: i18nc("@title", "Monitor")
            icon: "office-chart-area"
            type: "MonitorPage"
        },
        PageEntry {
            name: "history"
            title: i18nc("@title", "History")
            icon: "view-history-symbolic"
            type: "HistoryPage"
        }
    ]
}
