// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A backend for plotters that keeps what is drawn instead of drawing it, so
//! that the window can paint it at the resolution of the screen.

use std::convert::Infallible;

use plotters::prelude::DrawingBackend;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind,
};

use crate::chart::{ChartStyle, Span, Traffic, draw_traffic};
use crate::error::Result;

/// Red, green, blue and opacity (0–255).
pub type Ink = [u8; 4];

/// What was drawn. Places are pixels of the backend.
#[derive(Clone, Debug, PartialEq)]
pub enum Primitive {
    /// A line through these points.
    Line {
        /// The points.
        points: Vec<(i32, i32)>,
        /// Its width.
        width: u32,
        /// Its colour.
        ink: Ink,
    },
    /// A filled outline.
    Polygon {
        /// The corners.
        points: Vec<(i32, i32)>,
        /// Its colour.
        ink: Ink,
    },
    /// A text.
    Text {
        /// The words.
        words: String,
        /// Where its anchor lies.
        at: (i32, i32),
        /// What part of its width lies left of the anchor: 0, ½ or 1.
        across: f32,
        /// What part of its height lies above the anchor: 0, ½ or 1.
        down: f32,
        /// Its height.
        size: f64,
        /// Its colour.
        ink: Ink,
    },
}

impl Primitive {
    /// The words of a text.
    #[must_use]
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Text { words, .. } => Some(words),
            _ => None,
        }
    }
}

/// What [`draw_traffic`] draws on a canvas of this size in pixels.
///
/// # Errors
/// `Internal` where plotters fails.
pub fn record(
    traffic: &[Traffic],
    span: Span,
    style: &ChartStyle,
    size: (u32, u32),
) -> Result<Vec<Primitive>> {
    let mut primitives = Vec::new();
    let recorder = Recorder {
        size,
        primitives: &mut primitives,
    };
    draw_traffic(recorder, traffic, span, style)?;
    Ok(primitives)
}

struct Recorder<'a> {
    size: (u32, u32),
    primitives: &'a mut Vec<Primitive>,
}

type Drawn = std::result::Result<(), DrawingErrorKind<Infallible>>;

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0.0–1.0.
fn ink(colour: BackendColor) -> Ink {
    let (red, green, blue) = colour.rgb;
    [
        red,
        green,
        blue,
        (colour.alpha.clamp(0.0, 1.0) * 255.0).round() as u8,
    ]
}

impl DrawingBackend for Recorder<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.primitives.push(Primitive::Polygon {
            points: vec![(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)],
            ink: ink(color),
        });
        Ok(())
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
        match fill {
            true => self.fill_polygon(corners, style),
            false => self.draw_path(corners.into_iter().chain([(left, top)]), style),
        }
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        self.primitives.push(Primitive::Line {
            points: path.into_iter().collect(),
            width: style.stroke_width(),
            ink: ink(style.color()),
        });
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Drawn {
        self.primitives.push(Primitive::Polygon {
            points: corners.into_iter().collect(),
            ink: ink(style.color()),
        });
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Drawn {
        let anchor = style.anchor();
        self.primitives.push(Primitive::Text {
            words: text.to_owned(),
            at,
            across: match anchor.h_pos {
                HPos::Left => 0.0,
                HPos::Center => 0.5,
                HPos::Right => 1.0,
            },
            down: match anchor.v_pos {
                VPos::Top => 0.0,
                VPos::Center => 0.5,
                VPos::Bottom => 1.0,
            },
            size: style.size(),
            ink: ink(style.color()),
        });
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> std::result::Result<(u32, u32), DrawingErrorKind<Self::ErrorType>> {
        // Nothing is placed by it: anchors say where text goes.
        let letters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let height = style.size().max(0.0).round() as u32;
        Ok((letters.saturating_mul(height) / 2, height))
    }
}
