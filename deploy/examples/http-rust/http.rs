//! A small HTTP/1.1 server of one thread: a loop over `poll_oneoff` in which many connections and requests are in flight.

use std::collections::HashMap;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::os::wasi::io::{AsRawFd, RawFd};
use std::time::{Duration, Instant};

use wasi_net::Interest;

const MAX_CONNECTIONS: usize = 4096;
const MAX_REQUEST: usize = 64 * 1024; // bytes, head and body

pub struct Request {
    pub method: String,
    pub path: String,
    pub body: Vec<u8>,
    last: bool, // the client wants the connection closed behind the answer
}

pub struct Answer {
    pub status: &'static str,
    pub kind: &'static str, // Content-Type
    pub body: Vec<u8>,
    pub after: Duration, // goes out this much later, while others are served
    pub quit: bool,      // the server ends when this answer is out
}

impl Answer {
    pub fn text(status: &'static str, body: impl Into<Vec<u8>>) -> Answer {
        Answer { status, kind: "text/plain", body: body.into(), after: Duration::ZERO, quit: false }
    }
}

/// Takes the first request out of `input`; None: not all of it is there yet.
fn take_request(input: &mut Vec<u8>) -> Result<Option<Request>> {
    let bad = |what: &str| Error::new(ErrorKind::InvalidData, format!("bad request: {what}"));
    let end = match input.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
        Some(end) => end,
        None if input.len() >= MAX_REQUEST => return Err(bad("its head is too long")),
        None => return Ok(None),
    };
    let head = std::str::from_utf8(&input[..end]).map_err(|_| bad("its head is no UTF-8"))?;
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, path) = match (words.next(), words.next(), words.next()) {
        (Some(method), Some(path), Some("HTTP/1.1" | "HTTP/1.0")) => (method.to_string(), path.to_string()),
        _ => return Err(bad("no request line")),
    };
    let (mut length, mut last) = (0, false);
    for line in lines {
        let (name, value) = line.split_once(':').ok_or_else(|| bad("a header without a colon"))?;
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(|_| bad("content-length is no number"))?;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            return Err(bad("a body without content-length"));
        } else if name.eq_ignore_ascii_case("connection") {
            last = value.trim().eq_ignore_ascii_case("close");
        }
    }
    if length > MAX_REQUEST - (end + 4).min(MAX_REQUEST) {
        return Err(bad("it is too long"));
    }
    if input.len() < end + 4 + length {
        return Ok(None);
    }
    let body = input[end + 4..end + 4 + length].to_vec();
    input.drain(..end + 4 + length);
    Ok(Some(Request { method, path, body, last }))
}

struct Connection {
    stream: TcpStream,
    input: Vec<u8>,
    output: Vec<u8>, // of one answer, what is still to go
    due: Option<Instant>,
    ended: bool, // no more requests: only what is due goes out
    quit: bool,
}

/// What became of a connection after its turn.
#[derive(PartialEq)]
enum State {
    Open,
    Over,
    Quit, // and the server with it
}

impl Connection {
    fn new(stream: TcpStream) -> Result<Connection> {
        stream.set_nonblocking(true)?;
        Ok(Connection { stream, input: Vec::new(), output: Vec::new(), due: None, ended: false, quit: false })
    }

    fn busy(&self) -> bool {
        !self.output.is_empty()
    }

    fn interest(&self) -> Option<Interest> {
        match (self.busy(), self.due) {
            (true, None) => Some(Interest::Write),
            (true, Some(_)) => None,
            (false, _) => Some(Interest::Read),
        }
    }

    fn put(&mut self, answer: Answer) {
        let (status, kind, size) = (answer.status, answer.kind, answer.body.len());
        self.output =
            format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n\r\n").into_bytes();
        self.output.extend_from_slice(&answer.body);
        self.due = if answer.after.is_zero() { None } else { Some(Instant::now() + answer.after) };
        self.quit = answer.quit;
    }

    /// Reads what has come; a client that sends no more still gets its answer.
    fn receive(&mut self) -> Result<()> {
        let mut bytes = [0; 8192];
        match self.stream.read(&mut bytes) {
            Ok(0) => self.ended = true,
            Ok(size) => self.input.extend_from_slice(&bytes[..size]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Sends what is due and can be sent, and answers what has arrived meanwhile.
    fn advance(&mut self, handler: &mut impl FnMut(&Request) -> Answer) -> Result<State> {
        loop {
            if matches!(self.due, Some(due) if due > Instant::now()) {
                return Ok(State::Open);
            }
            self.due = None;
            while self.busy() {
                match self.stream.write(&self.output) {
                    Ok(size) => drop(self.output.drain(..size)),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(State::Open),
                    Err(error) => return Err(error),
                }
            }
            if self.quit {
                return Ok(State::Quit);
            }
            match take_request(&mut self.input) {
                Ok(Some(request)) => {
                    self.put(handler(&request));
                    self.ended |= request.last;
                }
                Ok(None) => return Ok(if self.ended { State::Over } else { State::Open }),
                Err(error) if self.input.is_empty() => return Err(error),
                Err(error) => {
                    self.input.clear(); // where the next request would begin is not known
                    self.ended = true;
                    self.put(Answer::text("400 Bad Request", format!("{error}\n")));
                }
            }
        }
    }
}

/// Serves until an answer says `quit`. What goes wrong with one connection is that connection's end, and a line on
/// stderr.
pub fn serve(listener: TcpListener, mut handler: impl FnMut(&Request) -> Answer) -> Result<()> {
    listener.set_nonblocking(true)?;
    let mut connections: HashMap<RawFd, Connection> = HashMap::new();
    loop {
        let mut wanted: Vec<(RawFd, Interest)> =
            connections.iter().filter_map(|(fd, each)| Some((*fd, each.interest()?))).collect();
        if connections.len() < MAX_CONNECTIONS {
            wanted.push((listener.as_raw_fd(), Interest::Read));
        }
        let until = connections.values().filter_map(|each| each.due).min();
        let mut ready = wasi_net::poll(&wanted, until.map(|at| at.saturating_duration_since(Instant::now())))?;
        let now = Instant::now();
        ready.extend(connections.iter().filter(|(_, each)| matches!(each.due, Some(due) if due <= now)).map(|(fd, _)| *fd));
        for fd in ready {
            if fd == listener.as_raw_fd() {
                while connections.len() < MAX_CONNECTIONS {
                    match listener.accept().and_then(|(stream, _)| Connection::new(stream)) {
                        Ok(connection) => drop(connections.insert(connection.stream.as_raw_fd(), connection)),
                        Err(_) => break, // nobody waits any more, or who waited is gone
                    }
                }
                continue;
            }
            let connection = match connections.get_mut(&fd) {
                Some(connection) => connection,
                None => continue,
            };
            let received = if connection.busy() { Ok(()) } else { connection.receive() };
            match received.and_then(|()| connection.advance(&mut handler)) {
                Ok(State::Open) => continue,
                Ok(State::Quit) => return Ok(()),
                Ok(State::Over) => {}
                Err(error) => eprintln!("{error}"),
            }
            connections.remove(&fd);
        }
    }
}
