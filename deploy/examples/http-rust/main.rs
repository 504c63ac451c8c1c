//! An HTTP server and client over `wasi_net`:
//!
//!   http-rust [PORT]               serves, default 8080
//!   http-rust get HOST PORT PATH   prints the body of the answer
//!
//! GET / answers "hello"; GET /slow answers after 300 ms, and holds up nobody meanwhile; POST /echo answers what it got;
//! GET /quit ends the server.

use std::env;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use http::{Answer, Request};

fn answer(request: &Request) -> Answer {
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/") => Answer::text("200 OK", "hello\n"),
        ("GET", "/slow") => Answer { after: Duration::from_millis(300), ..Answer::text("200 OK", "slow\n") },
        ("POST", "/echo") => Answer::text("200 OK", request.body.as_slice()),
        ("GET", "/quit") => Answer { quit: true, ..Answer::text("200 OK", "bye\n") },
        _ => Answer::text("404 Not Found", "not found\n"),
    }
}

fn get(host: &str, port: u16, path: &str) -> Result<()> {
    let mut stream = wasi_net::connect(host, port)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(ErrorKind::UnexpectedEof)?;
    if head.split_whitespace().nth(1) != Some("200") {
        return Err(Error::new(ErrorKind::Other, head.lines().next().unwrap_or_default()));
    }
    print!("{body}");
    Ok(())
}

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let port = |text: &String| text.parse().map_err(|_| Error::new(ErrorKind::InvalidInput, "not a port"));
    if let [command, host, number, path] = arguments.as_slice() {
        if command == "get" {
            return get(host, port(number)?, path);
        }
    }
    let number = arguments.first().map_or(Ok(8080), port)?;
    let listener = wasi_net::listen(IpAddr::V6(Ipv6Addr::UNSPECIFIED), number)?; // IPv4 too
    eprintln!("listening on port {number}");
    http::serve(listener, answer)
}
