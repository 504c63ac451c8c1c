//! MariaDB and MySQL: the client/server protocol, version 10, with mysql_native_password and prepared statements.

use std::io::Write;
use std::net::TcpStream;

use crate::hash::sha1;
use crate::order::{self, Order};
use crate::store::Store;
use crate::wire::{down, read, Address, Cursor, Error, Result};

// Capabilities: long passwords, a database at once, protocol 4.1, its authentication, plugins' names.
const CAPABILITIES: u32 = 1 | 8 | 0x200 | 0x8000 | 0x8_0000;
const UTF8MB4: u8 = 45;
const METHOD: &str = "mysql_native_password";

const QUERY: u8 = 0x03;
const PREPARE: u8 = 0x16;
const EXECUTE: u8 = 0x17;
const CLOSE: u8 = 0x19;

const OK: u8 = 0x00;
const END: u8 = 0xfe;
const ERROR: u8 = 0xff;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS orders (order_id INT UNSIGNED PRIMARY KEY, product_id INT UNSIGNED NOT NULL, \
    quantity INT UNSIGNED NOT NULL, amount DOUBLE NOT NULL, shipping DOUBLE NOT NULL, tax DOUBLE NOT NULL, \
    shipping_address VARCHAR(200) NOT NULL) CHARACTER SET utf8mb4";

pub struct Mysql {
    stream: TcpStream,
    next: u8, // packets are numbered within an exchange
}

fn error_of(mut packet: Cursor) -> Error {
    let code = packet.little(2).unwrap_or(0);
    let text = String::from_utf8_lossy(packet.rest()).into_owned();
    let text = match text.strip_prefix('#') {
        Some(text) => text.get(5..).unwrap_or(text), // the SQL state stands before
        None => &text,
    };
    Error::Refused(format!("{text} (error {code})"))
}

/// How the password is proved: SHA1(password) xor SHA1(salt, SHA1(SHA1(password))).
fn proof(password: &str, salt: &[u8]) -> Vec<u8> {
    if password.is_empty() {
        return Vec::new();
    }
    let once = sha1(password.as_bytes());
    let mask = sha1(&[salt, &sha1(&once)].concat());
    once.iter().zip(mask).map(|(byte, with)| byte ^ with).collect()
}

/// A length as it stands before a string.
fn length(packet: &mut Cursor) -> Result<usize> {
    let first = packet.byte()?;
    Ok(match first {
        0xfc => packet.little(2)? as usize,
        0xfd => packet.little(3)? as usize,
        0xfe => usize::try_from(packet.little(8)?).unwrap_or(usize::MAX),
        small => usize::from(small),
    })
}

fn put_string(out: &mut Vec<u8>, text: &str) {
    match text.len() {
        size @ 0..=250 => out.push(size as u8),
        size => {
            out.push(0xfd);
            out.extend_from_slice(&(size as u32).to_le_bytes()[..3]);
        }
    }
    out.extend_from_slice(text.as_bytes());
}

impl Mysql {
    pub fn connect(address: &Address) -> Result<Mysql> {
        let mut server = Mysql { stream: wasi_net::connect(&address.host, address.port)?, next: 0 };
        let greeting = server.receive()?;
        let salt = server.salt(&greeting)?;
        let mut answer = CAPABILITIES.to_le_bytes().to_vec();
        answer.extend_from_slice(&(1u32 << 24).to_le_bytes());
        answer.push(UTF8MB4);
        answer.resize(answer.len() + 23, 0);
        answer.extend_from_slice(format!("{}\0", address.user).as_bytes());
        let proved = proof(&address.password, &salt);
        answer.push(proved.len() as u8);
        answer.extend_from_slice(&proved);
        answer.extend_from_slice(format!("{}\0{METHOD}\0", address.name).as_bytes());
        server.send(&answer)?;
        let mut reply = server.receive()?;
        if reply.first() == Some(&END) {
            let salt = server.another_method(&reply)?;
            server.send(&proof(&address.password, &salt))?;
            reply = server.receive()?;
        }
        match reply.first() {
            Some(&OK) => Ok(server),
            Some(&ERROR) => down(error_of(Cursor(&reply[1..])).to_string()),
            _ => down("it asks for more than the password"),
        }
    }

    /// The 20 bytes of the server's greeting that the password is mixed with.
    fn salt(&self, greeting: &[u8]) -> Result<Vec<u8>> {
        let mut packet = Cursor(greeting);
        match packet.byte()? {
            10 => {}
            ERROR => return down(error_of(packet).to_string()),
            version => return down(format!("it speaks version {version} of the protocol, not 10")),
        }
        packet.text()?; // the server's version
        packet.take(4)?; // the connection's number
        let mut salt = packet.take(8)?.to_vec();
        packet.take(1 + 2 + 1 + 2 + 2 + 1 + 10)?; // capabilities, character set, status
        salt.extend_from_slice(packet.take(12)?);
        Ok(salt)
    }

    fn another_method(&self, request: &[u8]) -> Result<Vec<u8>> {
        let mut packet = Cursor(&request[1..]);
        let method = packet.text()?;
        if method != METHOD {
            return down(format!("it wants authentication by {method}; this program knows {METHOD}"));
        }
        Ok(packet.take(20)?.to_vec())
    }

    fn send(&mut self, payload: &[u8]) -> Result<()> {
        let mut packet = (payload.len() as u32).to_le_bytes();
        packet[3] = self.next;
        self.next = self.next.wrapping_add(1);
        self.stream.write_all(&[&packet, payload].concat())?;
        Ok(())
    }

    fn receive(&mut self) -> Result<Vec<u8>> {
        let head = read(&mut self.stream, 4)?;
        self.next = head[3].wrapping_add(1);
        let size = Cursor(&head).little(3)? as usize;
        if size == 0xff_ffff {
            return down("it sends a row of more than 16 MiB");
        }
        read(&mut self.stream, size)
    }

    fn command(&mut self, code: u8, rest: &[u8]) -> Result<Vec<u8>> {
        self.next = 0;
        self.send(&[&[code], rest].concat())?;
        let reply = self.receive()?;
        match reply.first() {
            Some(&ERROR) => Err(error_of(Cursor(&reply[1..]))),
            Some(_) => Ok(reply),
            None => down("it sends an empty answer"),
        }
    }

    /// Reads packets up to the one that ends a list.
    fn list(&mut self) -> Result<Vec<Vec<u8>>> {
        let mut all = Vec::new();
        loop {
            let packet = self.receive()?;
            match packet.first() {
                Some(&END) if packet.len() < 9 => return Ok(all),
                Some(&ERROR) => return Err(error_of(Cursor(&packet[1..]))),
                _ => all.push(packet),
            }
        }
    }

    fn insert(&mut self, statement: &[u8], values: &[String]) -> Result<()> {
        let mut body = statement.to_vec();
        body.extend_from_slice(&[0, 1, 0, 0, 0]); // no cursor, once
        body.resize(body.len() + (values.len() + 7) / 8, 0); // none is NULL
        body.push(1); // their types follow: all strings
        values.iter().for_each(|_| body.extend_from_slice(&[0xfd, 0]));
        values.iter().for_each(|value| put_string(&mut body, value));
        self.command(EXECUTE, &body).map(|_| ())
    }
}

impl Store for Mysql {
    fn init(&mut self) -> Result<()> {
        self.command(QUERY, TABLE.as_bytes()).map(|_| ())
    }

    fn create(&mut self, order: &Order) -> Result<()> {
        let reply = self.command(PREPARE, b"INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?)")?;
        let mut packet = Cursor(&reply[1..]);
        let statement = packet.take(4)?.to_vec();
        packet.take(2)?; // it has no columns
        if packet.little(2)? > 0 {
            self.list()?;
        }
        let done = self.insert(&statement, &order.fields());
        self.next = 0;
        self.send(&[&[CLOSE], statement.as_slice()].concat())?;
        done
    }

    fn orders(&mut self) -> Result<Vec<Order>> {
        self.command(QUERY, format!("SELECT {} FROM orders ORDER BY order_id", order::FIELDS.join(", ")).as_bytes())?;
        self.list()?; // the columns
        let rows = self.list()?;
        rows.iter()
            .map(|row| {
                let mut packet = Cursor(row);
                let field = |_| {
                    let size = length(&mut packet)?;
                    Ok(String::from_utf8_lossy(packet.take(size)?).into_owned())
                };
                Order::from_fields(&order::FIELDS.iter().map(field).collect::<Result<Vec<_>>>()?)
            })
            .collect()
    }
}
