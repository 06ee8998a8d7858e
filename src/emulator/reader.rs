//! Reading members of a JSON object, with the service's words for what is wrong.

use serde_json::{Map, Value};

use crate::duration::Duration;
use crate::emulator::answer::{ServiceError, invalid_data_model};

/// An object of a body and where in the body it stands.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    object: &'a Map<String, Value>,
    path: String,
}

impl<'a> Reader<'a> {
    /// The object at `path`.
    pub(crate) fn new(object: &'a Map<String, Value>, path: impl Into<String>) -> Self {
        Self {
            object,
            path: path.into(),
        }
    }

    /// Takes `value` for an object.
    pub(crate) fn of(value: &'a Value, path: &str) -> Result<Self, ServiceError> {
        match value {
            Value::Object(object) => Ok(Self::new(object, path)),
            other => Err(wrong_type(other, "System.Object", path)),
        }
    }

    /// Where a member stands.
    pub(crate) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// The member's value; null counts as absent.
    pub(crate) fn value(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    /// Refuses members that `model` does not have.
    pub(crate) fn only(&self, model: &str, known: &[&str]) -> Result<(), ServiceError> {
        match self
            .object
            .keys()
            .find(|name| !known.contains(&name.as_str()))
        {
            Some(name) => Err(invalid_data_model(format!(
                "Could not find member '{name}' on object of type '{model}'. Path '{}'.",
                self.path_of(name)
            ))),
            None => Ok(()),
        }
    }

    /// Refuses absence.
    pub(crate) fn required<T>(&self, name: &str, found: Option<T>) -> Result<T, ServiceError> {
        found.ok_or_else(|| {
            invalid_data_model(format!(
                "Required property '{name}' not found in JSON. Path '{}'.",
                self.path
            ))
        })
    }

    /// A string.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&'a str>, ServiceError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong_type(other, "System.String", &self.path_of(name))),
        }
    }

    /// A boolean.
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, ServiceError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(other) => Err(wrong_type(other, "System.Boolean", &self.path_of(name))),
        }
    }

    /// A 32-bit integer.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i32>, ServiceError> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        match value.as_i64().and_then(|value| i32::try_from(value).ok()) {
            Some(value) => Ok(Some(value)),
            None => Err(wrong_type(value, "System.Int32", &self.path_of(name))),
        }
    }

    /// One of a closed list, in its exact case.
    pub(crate) fn one_of(
        &self,
        name: &str,
        model: &str,
        values: &[&str],
    ) -> Result<Option<&'a str>, ServiceError> {
        match self.text(name)? {
            Some(text) if !values.contains(&text) => {
                Err(not_in_list(text, model, &self.path_of(name)))
            }
            found => Ok(found),
        }
    }

    /// A duration as `XmlConvert.ToTimeSpan` reads it: ISO 8601 in capitals, without weeks; months and years,
    /// whose length it guesses, are refused here.
    pub(crate) fn duration(&self, name: &str) -> Result<Option<Duration>, ServiceError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let iso =
            text.starts_with('P') && !text.contains(|c: char| c.is_ascii_lowercase() || c == 'W');
        match text.parse::<Duration>() {
            Ok(duration) if iso => Ok(Some(duration)),
            _ => Err(not_in_list(text, "System.TimeSpan", &self.path_of(name))),
        }
    }

    /// An array.
    pub(crate) fn array(&self, name: &str) -> Result<Option<&'a [Value]>, ServiceError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(other) => Err(wrong_type(
                other,
                "System.Collections.Generic.List",
                &self.path_of(name),
            )),
        }
    }

    /// An array of strings.
    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<&'a str>>, ServiceError> {
        let Some(items) = self.array(name)? else {
            return Ok(None);
        };
        let texts = items.iter().enumerate().map(|(index, item)| {
            item.as_str().ok_or_else(|| {
                wrong_type(
                    item,
                    "System.String",
                    &format!("{}[{index}]", self.path_of(name)),
                )
            })
        });
        texts.collect::<Result<Vec<_>, _>>().map(Some)
    }

    /// An array whose items are of a closed list.
    pub(crate) fn texts_of(
        &self,
        name: &str,
        model: &str,
        values: &[&str],
    ) -> Result<Option<Vec<&'a str>>, ServiceError> {
        let texts = self.texts(name)?;
        for (index, text) in texts.iter().flatten().enumerate() {
            if !values.contains(text) {
                let path = format!("{}[{index}]", self.path_of(name));
                return Err(not_in_list(text, model, &path));
            }
        }
        Ok(texts)
    }

    /// An object.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>, ServiceError> {
        self.value(name)
            .map(|value| Self::of(value, &self.path_of(name)))
            .transpose()
    }

    /// The names and values of all members that are not null.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let members = self.object.iter().filter(|(_, value)| !value.is_null());
        members.map(|(name, value)| (name.as_str(), value))
    }
}

/// A value of the wrong JSON type.
pub(crate) fn wrong_type(value: &Value, model: &str, path: &str) -> ServiceError {
    let shown = match value {
        Value::Object(_) => "{".to_owned(),
        Value::Array(_) => "[".to_owned(),
        other => other.to_string(),
    };
    invalid_data_model(format!(
        "Error converting value {shown} to type '{model}'. Path '{path}'."
    ))
}

fn not_in_list(text: &str, model: &str, path: &str) -> ServiceError {
    invalid_data_model(format!(
        "Error converting value \"{text}\" to type '{model}'. Path '{path}'."
    ))
}
