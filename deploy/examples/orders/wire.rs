//! What the three clients share: errors, the database's address, and bytes of a message that cannot be read beyond its end.

use std::fmt;
use std::io::{self, Read};

/// The longest message that a database may send, in bytes.
pub const MAX_MESSAGE: usize = 16 << 20;

pub enum Error {
    /// The connection is of no use any more: it broke, or the server spoke nonsense, or let nobody in.
    Down(String),
    /// The database understood and said no.
    Refused(String),
}

pub type Result<T> = std::result::Result<T, Error>;

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        Error::Down(error.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Error::Down(text) => write!(out, "the database cannot be used: {text}"),
            Error::Refused(text) => write!(out, "the database refused: {text}"),
        }
    }
}

pub fn down<T>(text: impl Into<String>) -> Result<T> {
    Err(Error::Down(text.into()))
}

/// KIND://USER:PASSWORD@HOST:PORT/NAME, as in DATABASE_URL.
pub struct Address {
    pub kind: String,
    pub user: String,
    pub password: String,
    pub host: String,
    pub port: u16,
    pub name: String,
}

impl Address {
    /// None: it is none.
    pub fn parse(text: &str) -> Option<Address> {
        let (kind, rest) = text.split_once("://")?;
        let (login, rest) = rest.rsplit_once('@')?;
        let (user, password) = login.split_once(':')?;
        let (place, name) = rest.split_once('/')?;
        let (host, port) = place.rsplit_once(':')?;
        let own = |part: &str| part.to_string();
        Some(Address {
            kind: own(kind),
            user: own(user),
            password: own(password),
            host: own(host),
            port: port.parse().ok()?,
            name: own(name),
        })
    }
}

/// `size` bytes off the stream.
pub fn read(stream: &mut impl Read, size: usize) -> Result<Vec<u8>> {
    if size > MAX_MESSAGE {
        return down(format!("it sends a message of {size} bytes"));
    }
    let mut bytes = vec![0; size];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Takes a message apart from its begin.
pub struct Cursor<'a>(pub &'a [u8]);

impl<'a> Cursor<'a> {
    pub fn take(&mut self, size: usize) -> Result<&'a [u8]> {
        if size > self.0.len() {
            return down("it sends a message that is cut short");
        }
        let (taken, rest) = self.0.split_at(size);
        self.0 = rest;
        Ok(taken)
    }

    pub fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    pub fn little(&mut self, size: usize) -> Result<u64> {
        Ok(self.take(size)?.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    pub fn big(&mut self, size: usize) -> Result<u64> {
        Ok(self.take(size)?.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    /// Up to a NUL, which is taken too.
    pub fn text(&mut self) -> Result<String> {
        let size = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        let text = String::from_utf8_lossy(self.take(size)?).into_owned();
        self.take(1)?;
        Ok(text)
    }

    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }
}
