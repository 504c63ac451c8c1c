//! PostgreSQL: the frontend/backend protocol, version 3, with SCRAM-SHA-256 (RFC 7677) and the extended query.

use std::io::Write;
use std::net::TcpStream;

use crate::hash::{from_base64, to_base64, Sha256};
use crate::order::{self, Order};
use crate::store::Store;
use crate::wire::{down, read, Address, Cursor, Error, Result};

const VERSION: u32 = 3 << 16;
const METHOD: &str = "SCRAM-SHA-256";
const MAX_ROUNDS: u32 = 1_000_000; // of a server that is to be trusted no further than needed

const TABLE: &str = "CREATE TABLE IF NOT EXISTS orders (order_id BIGINT PRIMARY KEY, product_id BIGINT NOT NULL, \
    quantity BIGINT NOT NULL, amount DOUBLE PRECISION NOT NULL, shipping DOUBLE PRECISION NOT NULL, \
    tax DOUBLE PRECISION NOT NULL, shipping_address TEXT NOT NULL)";

#[link(wasm_import_module = "wasi_snapshot_preview1")]
extern "C" {
    fn random_get(bytes: *mut u8, size: u32) -> u32;
}

pub struct Postgres {
    stream: TcpStream,
}

type Row = Vec<String>;

fn error_of(body: &[u8]) -> Error {
    let (mut fields, mut text, mut code) = (Cursor(body), String::new(), String::new());
    while let (Ok(kind), Ok(value)) = (fields.byte(), fields.text()) {
        match kind {
            b'M' => text = value,
            b'C' => code = value,
            _ => {}
        }
    }
    Error::Refused(format!("{text} (error {code})"))
}

/// The value of `name` in a message of SCRAM such as "r=…,s=…,i=…".
fn attribute<'a>(message: &'a str, name: &str) -> Result<&'a str> {
    match message.split(',').find_map(|each| each.strip_prefix(name)?.strip_prefix('=')) {
        Some(value) => Ok(value),
        None => down(format!("its {METHOD} lacks {name}")),
    }
}

impl Postgres {
    pub fn connect(address: &Address) -> Result<Postgres> {
        let mut server = Postgres { stream: wasi_net::connect(&address.host, address.port)? };
        let options = format!("user\0{}\0database\0{}\0\0", address.user, address.name);
        let mut packet = (options.len() as u32 + 8).to_be_bytes().to_vec();
        packet.extend_from_slice(&VERSION.to_be_bytes());
        packet.extend_from_slice(options.as_bytes());
        server.stream.write_all(&packet)?;
        match server.authenticate(address) {
            Err(Error::Refused(text)) => down(text),
            done => done.map(|()| server),
        }
    }

    fn authenticate(&mut self, address: &Address) -> Result<()> {
        loop {
            let (kind, body) = self.receive()?;
            match kind {
                b'R' => match Cursor(&body).big(4)? {
                    0 => {}
                    10 => self.scram(&body, &address.password)?,
                    other => return down(format!("it wants authentication of kind {other}; this program knows {METHOD}")),
                },
                b'Z' => return Ok(()),
                _ => {} // settings, and the key with which queries are cancelled
            }
        }
    }

    fn scram(&mut self, offer: &[u8], password: &str) -> Result<()> {
        if !offer[4..].split(|byte| *byte == 0).any(|each| each == METHOD.as_bytes()) {
            return down(format!("it does not offer {METHOD}"));
        }
        let mut random = [0; 18];
        if unsafe { random_get(random.as_mut_ptr(), random.len() as u32) } != 0 {
            return down("there are no random numbers to be had");
        }
        let nonce = to_base64(&random);
        let first = format!("n=,r={nonce}"); // the user's name is known already
        let mut body = format!("{METHOD}\0").into_bytes();
        body.extend_from_slice(&(first.len() as u32 + 3).to_be_bytes());
        body.extend_from_slice(format!("n,,{first}").as_bytes());
        self.send(b'p', &body)?;

        let challenge = self.scram_step(11)?;
        let both = attribute(&challenge, "r")?;
        let salt = from_base64(attribute(&challenge, "s")?);
        let rounds = attribute(&challenge, "i")?.parse::<u32>();
        let (salt, rounds) = match (salt, rounds) {
            (Some(salt), Ok(rounds)) if both.starts_with(&nonce) && (1..=MAX_ROUNDS).contains(&rounds) => (salt, rounds),
            _ => return down(format!("its {METHOD} has a challenge that cannot be right")),
        };
        let sha = Sha256::new();
        let salted = sha.pbkdf2(password.as_bytes(), &salt, rounds);
        let last = format!("c=biws,r={both}");
        let signed = format!("{first},{challenge},{last}");
        let key = sha.hmac(&salted, b"Client Key");
        let signature = sha.hmac(&sha.hash(&key), signed.as_bytes());
        let proof: Vec<u8> = key.iter().zip(signature).map(|(byte, with)| byte ^ with).collect();
        self.send(b'p', format!("{last},p={}", to_base64(&proof)).as_bytes())?;

        let end = self.scram_step(12)?;
        let expected = sha.hmac(&sha.hmac(&salted, b"Server Key"), signed.as_bytes());
        if from_base64(attribute(&end, "v")?).as_deref() != Some(&expected[..]) {
            return down("it does not know the password itself: this is another server");
        }
        Ok(())
    }

    /// The text of the server's next message of the authentication, which is to be of `kind`.
    fn scram_step(&mut self, kind: u64) -> Result<String> {
        let (letter, body) = self.receive()?;
        let mut message = Cursor(&body);
        if letter != b'R' || message.big(4)? != kind {
            return down(format!("it does not follow {METHOD}"));
        }
        Ok(String::from_utf8_lossy(message.rest()).into_owned())
    }

    fn send(&mut self, kind: u8, body: &[u8]) -> Result<()> {
        self.stream.write_all(&[&[kind], &(body.len() as u32 + 4).to_be_bytes()[..], body].concat())?;
        Ok(())
    }

    /// A message's kind and body; an error while connecting is an error, later ones query() looks for itself.
    fn receive(&mut self) -> Result<(u8, Vec<u8>)> {
        let (kind, body) = self.receive_any()?;
        if kind == b'E' {
            return Err(error_of(&body));
        }
        Ok((kind, body))
    }

    fn receive_any(&mut self) -> Result<(u8, Vec<u8>)> {
        let head = read(&mut self.stream, 5)?;
        let size = Cursor(&head[1..]).big(4)? as usize;
        if size < 4 {
            return down("it sends a message shorter than its head");
        }
        Ok((head[0], read(&mut self.stream, size - 4)?))
    }

    /// Runs one statement with its values, all of it as text; the rows.
    fn query(&mut self, statement: &str, values: &[String]) -> Result<Vec<Row>> {
        self.send(b'P', format!("\0{statement}\0\0\0").as_bytes())?;
        let mut bind = vec![0, 0, 0, 0]; // unnamed, both of them; all values are text
        bind.extend_from_slice(&(values.len() as u16).to_be_bytes());
        for value in values {
            bind.extend_from_slice(&(value.len() as u32).to_be_bytes());
            bind.extend_from_slice(value.as_bytes());
        }
        bind.extend_from_slice(&[0, 0]);
        self.send(b'B', &bind)?;
        self.send(b'E', &[0; 5])?; // all rows
        self.send(b'S', &[])?;
        let (mut rows, mut refused) = (Vec::new(), None);
        loop {
            let (kind, body) = self.receive_any()?;
            match kind {
                b'D' => rows.push(row(&body)?),
                b'E' => refused = Some(error_of(&body)),
                b'Z' => return refused.map_or(Ok(rows), Err),
                _ => {}
            }
        }
    }
}

fn row(body: &[u8]) -> Result<Row> {
    let mut message = Cursor(body);
    (0..message.big(2)?)
        .map(|_| {
            let size = message.big(4)? as u32 as i32;
            let value = message.take(usize::try_from(size).unwrap_or(0))?; // -1: NULL
            Ok(String::from_utf8_lossy(value).into_owned())
        })
        .collect()
}

impl Store for Postgres {
    fn init(&mut self) -> Result<()> {
        self.query(TABLE, &[]).map(|_| ())
    }

    fn create(&mut self, order: &Order) -> Result<()> {
        self.query("INSERT INTO orders VALUES ($1, $2, $3, $4, $5, $6, $7)", &order.fields()).map(|_| ())
    }

    fn orders(&mut self) -> Result<Vec<Order>> {
        let statement = format!("SELECT {} FROM orders ORDER BY order_id", order::FIELDS.join(", "));
        self.query(&statement, &[])?.iter().map(|row| Order::from_fields(row)).collect()
    }
}
