//! Orders over HTTP, kept in the database that DATABASE_URL names: KIND://USER:PASSWORD@HOST:PORT/NAME, where KIND is mysql,
//! postgres or redis. PORT is where it serves, default 8080.
//!
//!   GET /init            makes the table
//!   POST /create_order   adds one, given as JSON
//!   GET /orders          all of them, as JSON

mod hash;
mod mysql;
mod order;
mod postgres;
mod redis;
mod store;
mod wire;

use std::env;
use std::net::{IpAddr, Ipv6Addr};

use http::{Answer, Request};
use order::Order;
use store::Connection;
use wire::{Address, Error, Result};

fn json(status: &'static str, body: String) -> Answer {
    Answer { kind: "application/json", ..Answer::text(status, body + "\n") }
}

fn failure(status: &'static str, text: &str) -> Answer {
    json(status, format!("{{\"status\":false,\"error\":{}}}", order::quoted(text)))
}

fn outcome(done: Result<String>) -> Answer {
    match done {
        Ok(body) => json("200 OK", body),
        Err(error) => {
            let text = error.to_string();
            eprintln!("{text}");
            failure(if matches!(error, Error::Refused(_)) { "409 Conflict" } else { "503 Service Unavailable" }, &text)
        }
    }
}

fn answer(database: &mut Connection, request: &Request) -> Answer {
    let good = || r#"{"status":true}"#.to_string();
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/init") => outcome(database.with(|store| store.init()).map(|()| good())),
        ("POST", "/create_order") => match Order::from_json(&String::from_utf8_lossy(&request.body)) {
            Ok(order) => outcome(database.with(|store| store.create(&order)).map(|()| good())),
            Err(error) => failure("400 Bad Request", &error),
        },
        ("GET", "/orders") => outcome(database.with(|store| store.orders()).map(|orders| {
            let all: Vec<String> = orders.iter().map(Order::to_json).collect();
            format!("[{}]", all.join(","))
        })),
        _ => failure("404 Not Found", "there are GET /init, POST /create_order and GET /orders"),
    }
}

fn run() -> std::result::Result<(), String> {
    let url = env::var("DATABASE_URL").map_err(|_| "DATABASE_URL is not set")?;
    let address = Address::parse(&url).ok_or("DATABASE_URL is not KIND://USER:PASSWORD@HOST:PORT/NAME")?;
    let port = env::var("PORT").unwrap_or_else(|_| "8080".to_string());
    let port: u16 = port.parse().map_err(|_| format!("PORT is no port: {port}"))?;
    let listener = wasi_net::listen(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port).map_err(|error| error.to_string())?;
    let mut database = Connection::new(address);
    eprintln!("listening on port {port}");
    http::serve(listener, |request| answer(&mut database, request)).map_err(|error| error.to_string())
}

fn main() {
    if let Err(error) = run() {
        eprintln!("orders: {error}");
        std::process::exit(1);
    }
}
