// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! How items paint themselves, see `chart_painter.h`: smooth outlines, lines and
//! words in colours of the theme.

#![allow(unsafe_code, reason = "a bridge to Qt")]

use std::pin::Pin;

use cxx_qt_lib::{QColor, QPainter};

pub use ffi::{paint_line, paint_polygon, paint_text};

#[cxx_qt::bridge]
mod ffi {
    unsafe extern "C++" {
        include!("cxx-qt-lib/qstring.h");
        type QString = cxx_qt_lib::QString;
        include!("cxx-qt-lib/qpainter.h");
        type QPainter = cxx_qt_lib::QPainter;
    }

    #[namespace = "nova"]
    unsafe extern "C++" {
        include!("nova-desktop/chart_painter.h");

        fn prepare(painter: Pin<&mut QPainter>, scale: f64);
        /// Fills the outline through x, y, x, y, …
        #[cxx_name = "paintPolygon"]
        fn paint_polygon(painter: Pin<&mut QPainter>, points: &[i32], ink: u32);
        /// Draws the line through x, y, x, y, …
        #[cxx_name = "paintLine"]
        fn paint_line(painter: Pin<&mut QPainter>, points: &[i32], width: f64, ink: u32);
        /// Writes words so that this part of their width and height lies left
        /// of and above the point.
        #[cxx_name = "paintText"]
        #[allow(clippy::too_many_arguments)]
        fn paint_text(
            painter: Pin<&mut QPainter>,
            words: &QString,
            x: f64,
            y: f64,
            across: f64,
            down: f64,
            size: f64,
            ink: u32,
        );
    }
}

/// The painter that Qt hands to an item, with smooth edges and as many units in
/// each pixel as `fine` says.
///
/// # Safety
/// The painter lives as long as the call of `paint` it was handed to, or is none.
pub unsafe fn begin<'a>(painter: *mut QPainter, fine: f64) -> Option<Pin<&'a mut QPainter>> {
    // SAFETY: the caller says so; it is C++'s own and never moved from here.
    let mut painter = unsafe { Pin::new_unchecked(painter.as_mut()?) };
    ffi::prepare(painter.as_mut(), 1.0 / fine);
    Some(painter)
}

/// Red, green and blue of a colour.
#[must_use]
pub fn rgb(colour: &QColor) -> [u8; 3] {
    [colour.red(), colour.green(), colour.blue()]
        .map(|part| u8::try_from(part.clamp(0, 255)).unwrap_or_default())
}

/// Red, green, blue and opacity as `QRgb`: 0xAARRGGBB.
#[must_use]
pub const fn argb([red, green, blue, opacity]: [u8; 4]) -> u32 {
    u32::from_be_bytes([opacity, red, green, blue])
}
