//! An HTTP server and client over `wasi_net`:
//!
//!   http-rust [PORT]               serves, default 8080; "GET /quit" ends it
//!   http-rust get HOST PORT PATH   prints the body of the answer

use std::env;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::{IpAddr, Ipv6Addr, TcpStream};

extern crate wasi_net;

struct Request {
    method: String,
    path: String,
    last: bool, // the client wants the connection closed behind the answer
    body: Vec<u8>,
}

fn read_request(reader: &mut impl BufRead) -> Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (method, path) = match (words.next(), words.next()) {
        (Some(method), Some(path)) => (method.to_string(), path.to_string()),
        _ => return Err(Error::new(ErrorKind::InvalidData, "no request line")),
    };
    let (mut length, mut last) = (0, false);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        last |= header == "connection: close";
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(|_| Error::new(ErrorKind::InvalidData, "content-length"))?;
        }
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    Ok(Some(Request { method, path, last, body }))
}

/// Serves one connection to its end; false: the server is to end too.
fn serve(stream: TcpStream) -> Result<bool> {
    let mut reader = BufReader::new(&stream);
    while let Some(request) = read_request(&mut reader)? {
        let (status, body) = match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/") => ("200 OK", b"hello\n".to_vec()),
            ("POST", "/echo") => ("200 OK", request.body),
            ("GET", "/quit") => ("200 OK", b"bye\n".to_vec()),
            _ => ("404 Not Found", b"not found\n".to_vec()),
        };
        let mut answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
        answer.extend_from_slice(&body);
        (&stream).write_all(&answer)?;
        if request.path == "/quit" {
            return Ok(false);
        }
        if request.last {
            break;
        }
    }
    Ok(true)
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
    loop {
        let (stream, _) = listener.accept()?;
        match serve(stream) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => eprintln!("{error}"), // of one connection
        }
    }
}
