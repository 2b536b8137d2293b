// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The order within columns: as few crossings as sweeps over the barycentres
//! and swaps of neighbours find.

use crate::layout_part::Part;

const SWEEPS: usize = 24;

/// Orders the items of every column so that few links cross.
pub(crate) fn reduce_crossings(part: &mut Part) {
    let mut best = part.columns.clone();
    let mut fewest = crossings(part);
    for sweep in 0..SWEEPS {
        if fewest == 0 {
            break;
        }
        let columns = part.columns.len();
        for at in 0..columns {
            // Turning ties round now and then leads out of dead ends.
            let turns_ties = sweep % 4 >= 2;
            match sweep % 2 {
                0 => sort_by_barycentre(part, at, true, turns_ties),
                _ => sort_by_barycentre(part, columns - 1 - at, false, turns_ties),
            }
        }
        swap_neighbours(part);
        let count = crossings(part);
        if count < fewest {
            fewest = count;
            best.clone_from(&part.columns);
        }
    }
    part.columns = best;
}

/// Position of every item in its column.
fn positions(part: &Part) -> Vec<usize> {
    let mut positions = vec![0; part.items.len()];
    for column in &part.columns {
        for (position, item) in column.iter().enumerate() {
            positions[*item] = position;
        }
    }
    positions
}

fn sort_by_barycentre(part: &mut Part, column: usize, by_left: bool, turns_ties: bool) {
    let positions = positions(part);
    let neighbours = if by_left { &part.left } else { &part.right };
    // Twice the sum by twice the count stays exact in whole numbers.
    let centre = |item: usize| match neighbours[item].as_slice() {
        [] => (positions[item], 1),
        some => (some.iter().map(|at| positions[*at]).sum(), some.len()),
    };
    if turns_ties {
        part.columns[column].reverse();
    }
    part.columns[column].sort_by(|a, b| {
        let ((left, of_left), (right, of_right)) = (centre(*a), centre(*b));
        (left * of_right).cmp(&(right * of_left))
    });
}

/// Crossings between two items if `upper` stands above `lower`.
fn crossings_of(neighbours: &[Vec<usize>], at: &[usize], upper: usize, lower: usize) -> usize {
    let above = neighbours[upper].iter();
    above
        .map(|a| {
            neighbours[lower]
                .iter()
                .filter(|b| at[**b] < at[*a])
                .count()
        })
        .sum()
}

fn swap_neighbours(part: &mut Part) {
    for _ in 0..4 {
        let mut is_better = false;
        for column in 0..part.columns.len() {
            let mut at = positions(part);
            for place in 1..part.columns[column].len() {
                let (upper, lower) = (part.columns[column][place - 1], part.columns[column][place]);
                let count = |first, second| {
                    crossings_of(&part.left, &at, first, second)
                        + crossings_of(&part.right, &at, first, second)
                };
                if count(lower, upper) < count(upper, lower) {
                    part.columns[column].swap(place - 1, place);
                    at.swap(upper, lower);
                    is_better = true;
                }
            }
        }
        if !is_better {
            return;
        }
    }
}

/// All crossings of links between neighbouring columns.
pub(crate) fn crossings(part: &Part) -> usize {
    let at = positions(part);
    let mut count = 0;
    for column in &part.columns {
        for (place, upper) in column.iter().enumerate() {
            for lower in column.iter().skip(place + 1) {
                count += crossings_of(&part.right, &at, *upper, *lower);
            }
        }
    }
    count
}
