// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Declaring sets of options together with the wish to change some of them, so
//! that an option is named once and cannot be forgotten in a comparison.

use crate::error::{NovaError, Result};

/// Declares the options of something and the wish to change some of them.
macro_rules! options {
    (
        $(#[$options_doc:meta])* $options:ident,
        $(#[$patch_doc:meta])* $patch:ident,
        { $( $(#[$doc:meta])* $field:ident: $kind:ty = $default:expr, )+ }
    ) => {
        $(#[$options_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields, default)]
        pub struct $options {
            $( $(#[$doc])* pub $field: $kind, )+
        }

        impl Default for $options {
            /// What the kernel gives at first.
            fn default() -> Self {
                Self { $( $field: $default, )+ }
            }
        }

        $(#[$patch_doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
        )]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields, default)]
        pub struct $patch {
            $(
                #[doc = concat!("See [`", stringify!($options), "::", stringify!($field), "`].")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<$kind>,
            )+
        }

        impl $patch {
            /// Whether it asks for nothing.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                *self == Self::default()
            }

            /// The options after the wish.
            #[must_use]
            pub fn applied_to(&self, options: &$options) -> $options {
                $options {
                    $( $field: self.$field.unwrap_or(options.$field), )+
                }
            }

            /// The wish that turns `from` into `to`: only what differs.
            #[must_use]
            pub fn between(from: &$options, to: &$options) -> Self {
                Self {
                    $( $field: (from.$field != to.$field).then_some(to.$field), )+
                }
            }

            /// The wish for all of these options.
            #[must_use]
            pub fn all_of(options: &$options) -> Self {
                Self {
                    $( $field: Some(options.$field), )+
                }
            }

            /// This wish with what `now` says of the options that `named` names.
            #[must_use]
            pub fn renewed(&self, named: &Self, now: &Self) -> Self {
                Self {
                    $( $field: if named.$field.is_some() { now.$field } else { self.$field }, )+
                }
            }

            /// The wish taken apart: for each option it names, the option's
            /// name and a wish for that one alone.
            pub(crate) fn singles(&self) -> Vec<(&'static str, Self)> {
                let all = [
                    $( (stringify!($field), Self { $field: self.$field, ..Self::default() }), )+
                ];
                all.into_iter()
                    .filter(|(_, single)| !single.is_empty())
                    .collect()
            }
        }
    };
}

pub(crate) use options;

/// Refuses a number outside its range.
pub(crate) fn in_range(
    field: &str,
    value: Option<u32>,
    least: u32,
    most: u32,
    unit: &str,
) -> Result<()> {
    match value {
        Some(value) if !(least..=most).contains(&value) => Err(NovaError::invalid(
            field,
            value,
            format!("{least} to {most} {unit}").trim_end(),
        )),
        _ => Ok(()),
    }
}

/// The word for a switch.
pub(crate) const fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}
