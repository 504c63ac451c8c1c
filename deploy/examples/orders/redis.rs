//! Redis: RESP, version 2. The orders are the fields of one hash, by their numbers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::order::Order;
use crate::store::Store;
use crate::wire::{down, read, Address, Error, Result, MAX_MESSAGE};

const KEY: &str = "orders";
const MAX_LINE: u64 = 64 * 1024;

pub struct Redis {
    stream: BufReader<TcpStream>,
}

enum Reply {
    Text(String),
    List(Vec<String>),
}

impl Redis {
    pub fn connect(address: &Address) -> Result<Redis> {
        let mut server = Redis { stream: BufReader::new(wasi_net::connect(&address.host, address.port)?) };
        let login = |server: &mut Redis| {
            server.command(&["AUTH", &address.user, &address.password])?;
            server.command(&["SELECT", &address.name])
        };
        match login(&mut server) {
            Err(Error::Refused(text)) => down(text),
            done => done.map(|_| server),
        }
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        (&mut self.stream).take(MAX_LINE).read_line(&mut line)?;
        match line.strip_suffix("\r\n") {
            Some(line) => Ok(line.to_string()),
            None => down("it sends a line without an end"),
        }
    }

    /// A string of the reply whose first line is `line`.
    fn text(&mut self, line: &str) -> Result<String> {
        let size = |text: &str| text.parse().ok().filter(|size| *size <= MAX_MESSAGE);
        match (line.get(..1), line.get(1..)) {
            (Some("-"), Some(error)) => Err(Error::Refused(error.to_string())),
            (Some("+" | ":"), Some(value)) => Ok(value.to_string()),
            (Some("$"), Some(number)) => match size(number) {
                Some(size) => {
                    let bytes = read(&mut self.stream, size + 2)?;
                    Ok(String::from_utf8_lossy(&bytes[..size]).into_owned())
                }
                None => down(format!("it sends a string of {number} bytes")),
            },
            _ => down("it does not speak RESP"),
        }
    }

    fn command(&mut self, words: &[&str]) -> Result<Reply> {
        let mut request = format!("*{}\r\n", words.len());
        words.iter().for_each(|word| request += &format!("${}\r\n{word}\r\n", word.len()));
        self.stream.get_mut().write_all(request.as_bytes())?;
        let line = self.line()?;
        let count = match line.strip_prefix('*') {
            None => return self.text(&line).map(Reply::Text),
            Some(number) => match number.parse::<u32>() {
                Ok(count) => count,
                Err(_) => return down(format!("it sends a list of {number} elements")),
            },
        };
        let mut list = Vec::new();
        for _ in 0..count {
            let line = self.line()?;
            list.push(self.text(&line)?);
        }
        Ok(Reply::List(list))
    }
}

impl Store for Redis {
    /// There is nothing to make; but what is there must be ours.
    fn init(&mut self) -> Result<()> {
        match self.command(&["TYPE", KEY])? {
            Reply::Text(kind) if kind == "none" || kind == "hash" => Ok(()),
            _ => Err(Error::Refused(format!("the key {KEY} holds something else"))),
        }
    }

    fn create(&mut self, order: &Order) -> Result<()> {
        match self.command(&["HSETNX", KEY, &order.order_id.to_string(), &order.to_json()])? {
            Reply::Text(added) if added == "1" => Ok(()),
            _ => Err(Error::Refused(format!("there is an order {} already", order.order_id))),
        }
    }

    fn orders(&mut self) -> Result<Vec<Order>> {
        let list = match self.command(&["HVALS", KEY])? {
            Reply::List(list) => list,
            Reply::Text(_) => return down("it does not answer with a list"),
        };
        let parse = |text: &String| Order::from_json(text).or_else(|error| down(format!("it holds no order: {error}")));
        let mut orders = list.iter().map(parse).collect::<Result<Vec<_>>>()?;
        orders.sort_by_key(|order| order.order_id);
        Ok(orders)
    }
}
