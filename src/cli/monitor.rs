// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! `nova network monitor`: what links carry, a sample a second.

use std::sync::Arc;

use nova::networking::{LinkRate, NetworkManager, NovaError, Rates};
use nova_model::name::printable;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::arguments::{self, Output};
use crate::table::{Align, Table};
use crate::terminal::{self, Outcome, Terminal};
use crate::units::bit_rate;

/// Shows one sample, or goes on for a while or until Ctrl+C.
pub async fn monitor(
    manager: &NetworkManager,
    terminal: Terminal,
    output: Output,
    arguments: arguments::Monitor,
) -> Outcome {
    let end = arguments.duration.map(|duration| Instant::now() + duration);
    let goes_on = arguments.real_time || end.is_some();
    let wanted = Wanted::new(&arguments);
    let watch = manager.watch().await?;
    wanted.require_existing(|name| {
        let snapshot = watch.snapshots.borrow();
        snapshot
            .host
            .links
            .values()
            .any(|link| link.name.is(name) || link.name.to_string() == name)
    })?;
    let mut monitor = manager.monitor().await?;
    let mut shown_lines = 0;
    loop {
        tokio::select! {
            changed = monitor.rates.changed() => {
                changed.map_err(|_| NovaError::internal("the counters are not read any more"))?;
            }
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
        let rates = Arc::clone(&monitor.rates.borrow_and_update());
        if rates.seconds == 0.0 {
            continue;
        }
        match output {
            Output::Json => {
                let mut line = document(&rates, &wanted).to_string();
                line.push('\n');
                terminal.print(&line)?;
            }
            Output::Table => {
                let is_redrawn = terminal.is_interactive && goes_on;
                let lines = is_redrawn.then(terminal::height).flatten();
                let text = text(&rates, &wanted, terminal, arguments.show_drops, lines);
                let back = if is_redrawn && shown_lines > 0 {
                    format!("\x1b[{shown_lines}A\x1b[J")
                } else {
                    String::new()
                };
                shown_lines = lines_of(&text, terminal);
                terminal.print(&format!("{back}{text}"))?;
            }
        }
        if !goes_on || end.is_some_and(|end| Instant::now() >= end) {
            return Ok(());
        }
    }
}

/// Which links are shown.
enum Wanted {
    /// All of them.
    All,
    /// These, in this order.
    Named(Vec<String>),
}

impl Wanted {
    fn new(arguments: &arguments::Monitor) -> Self {
        let names: Vec<String> = arguments
            .interfaces
            .iter()
            .chain(&arguments.links)
            .filter(|name| !name.is_empty())
            .cloned()
            .collect();
        if names.is_empty() || names.iter().any(|name| name == "all") {
            Self::All
        } else {
            Self::Named(names)
        }
    }

    const fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }

    fn require_existing(&self, exists: impl Fn(&str) -> bool) -> Result<(), NovaError> {
        let Self::Named(names) = self else {
            return Ok(());
        };
        match names.iter().find(|name| !exists(name)) {
            Some(name) => Err(NovaError::not_found(format!(
                "there is no link {} on this host",
                printable(name)
            ))
            .with_remedy("\"nova network list --all\" shows what exists.")),
            None => Ok(()),
        }
    }

    fn of<'a>(&self, rates: &'a Rates) -> Vec<&'a LinkRate> {
        match self {
            Self::All => rates.links.values().collect(),
            Self::Named(names) => names
                .iter()
                .flat_map(|name| {
                    rates
                        .links
                        .values()
                        .filter(move |link| link.name.is(name) || link.name.to_string() == **name)
                })
                .collect(),
        }
    }
}

/// The picture of one sample, in at most so many lines of a terminal: more than
/// it has cannot be drawn over again. Where that leaves links out, those that carry
/// most come first.
fn text(
    rates: &Rates,
    wanted: &Wanted,
    terminal: Terminal,
    shows_drops: bool,
    lines: Option<usize>,
) -> String {
    let mut links = wanted.of(rates);
    let outside = match wanted.is_all() {
        true => format!(
            "To and from outside: {} received, {} sent\n",
            bit_rate(rates.outside.received),
            bit_rate(rates.outside.sent)
        ),
        false => String::new(),
    };
    let draw = |links: &[&LinkRate], left_out: usize| {
        let left_out = match (left_out, wanted.is_all()) {
            (0, _) => String::new(),
            (1, true) => "1 link that carries no more is left out\n".to_owned(),
            (some, true) => format!("{some} links that carry no more are left out\n"),
            (1, false) => "1 link has no room here\n".to_owned(),
            (some, false) => format!("{some} links have no room here\n"),
        };
        picture(links, terminal, shows_drops) + &left_out + &outside
    };
    let mut all = draw(&links, 0);
    // The cursor stands in a line of its own.
    let room = lines.map_or(usize::MAX, |lines| lines.saturating_sub(1));
    if lines_of(&all, terminal) > room && wanted.is_all() {
        links.sort_by(|one, other| other.rate.sum().total_cmp(&one.rate.sum()));
    }
    let total = links.len();
    while links.len() > 1 {
        let drawn = lines_of(&all, terminal);
        if drawn <= room {
            break;
        }
        // In a narrow terminal a link takes several lines; none goes that could stay.
        let each = drawn.div_ceil(links.len());
        let fewer = ((drawn - room) / each).clamp(1, links.len() - 1);
        links.truncate(links.len() - fewer);
        all = draw(&links, total - links.len());
    }
    all
}

/// How many lines of the terminal a text takes: longer ones it goes on with below.
fn lines_of(text: &str, terminal: Terminal) -> usize {
    let width = terminal.style.width.unwrap_or(usize::MAX);
    // Lines of the table fit, and a heading is longer by what sets it off.
    let rows = |line: &str| match line.starts_with('\u{1b}') {
        true => 1,
        false => line.chars().count().div_ceil(width).max(1),
    };
    text.lines().map(rows).sum()
}

/// These links as a table.
fn picture(links: &[&LinkRate], terminal: Terminal, shows_drops: bool) -> String {
    let mut headings = vec![
        ("LINK", Align::Left),
        ("RECEIVED", Align::Right),
        ("SENT", Align::Right),
        ("PACKETS/S", Align::Right),
    ];
    if shows_drops {
        headings.extend([("DROPPED/S", Align::Right), ("BROKEN/S", Align::Right)]);
    }
    let mut table = Table::new(&headings);
    for link in links {
        let mut cells = vec![
            link.name.to_string(),
            bit_rate(link.rate.received),
            bit_rate(link.rate.sent),
            format!("{:.0}", link.received_packets + link.sent_packets),
        ];
        if shows_drops {
            cells.extend([format!("{:.0}", link.drops), format!("{:.0}", link.errors)]);
        }
        table.row(cells);
    }
    table.render(terminal.style)
}

fn document(rates: &Rates, wanted: &Wanted) -> Value {
    let interfaces: Vec<Value> = wanted
        .of(rates)
        .into_iter()
        .map(|link| {
            json!({
                "name": link.name,
                "received_bps": link.rate.received,
                "sent_bps": link.rate.sent,
                "received_packets": link.received_packets,
                "sent_packets": link.sent_packets,
                "drops": link.drops,
                "errors": link.errors,
                "rx_bytes": link.counters.rx_bytes,
                "tx_bytes": link.counters.tx_bytes,
            })
        })
        .collect();
    json!({
        "at": rates.at,
        "interfaces": interfaces,
        "outside": {
            "received_bps": rates.outside.received,
            "sent_bps": rates.outside.sent,
        },
    })
}
