//! What the service wants of a database, and which one it is.

use crate::mysql::Mysql;
use crate::order::Order;
use crate::postgres::Postgres;
use crate::redis::Redis;
use crate::wire::{down, Address, Error, Result};

pub trait Store {
    /// Makes what the orders are kept in, unless it is there.
    fn init(&mut self) -> Result<()>;
    /// Refused where there is an order of that number.
    fn create(&mut self, order: &Order) -> Result<()>;
    /// All of them, by number.
    fn orders(&mut self) -> Result<Vec<Order>>;
}

fn connect(address: &Address) -> Result<Box<dyn Store>> {
    Ok(match address.kind.as_str() {
        "mysql" | "mariadb" => Box::new(Mysql::connect(address)?),
        "postgres" | "postgresql" => Box::new(Postgres::connect(address)?),
        "redis" => Box::new(Redis::connect(address)?),
        other => return down(format!("DATABASE_URL names {other}; there are mysql, postgres and redis")),
    })
}

/// A connection that is made when it is needed, and anew after it broke.
pub struct Connection {
    address: Address,
    store: Option<Box<dyn Store>>,
}

impl Connection {
    pub fn new(address: Address) -> Connection {
        Connection { address, store: None }
    }

    pub fn with<T>(&mut self, work: impl FnOnce(&mut dyn Store) -> Result<T>) -> Result<T> {
        let mut store = match self.store.take() {
            Some(store) => store,
            None => connect(&self.address)?,
        };
        let done = work(store.as_mut());
        if !matches!(done, Err(Error::Down(_))) {
            self.store = Some(store);
        }
        done
    }
}
