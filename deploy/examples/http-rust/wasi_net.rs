//! TCP for Rust programs on wasm32-wasi: makes the standard library's own `TcpListener` and `TcpStream`, and waits for
//! many of them, over the host's functions (module wasi_snapshot_preview1, as WasmEdge defines them).

use std::io::{Error, ErrorKind, Result};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};
use std::os::wasi::io::{FromRawFd, RawFd};
use std::time::Duration;

/// An address as the host takes it: the family, then the IP address in network order.
#[repr(C)]
struct Address {
    family: u16,
    ip: [u8; 126],
}

#[repr(C)]
struct Buffer {
    bytes: *mut Address,
    size: u32,
}

/// A node of the list that `sock_getaddrinfo` fills; the caller brings it with all that it points to.
#[repr(C)]
struct AddrInfo {
    flags: u16,
    family: u8,
    kind: u8,
    protocol: u8,
    address_size: u32,
    address: *mut SockAddr,
    name: *mut u8,
    name_size: u32,
    next: *mut AddrInfo,
}

#[repr(C)]
struct SockAddr {
    family: u8,
    size: u32,
    data: *mut u8,
}

/// What to wait for: a clock or a descriptor, by `tag`.
#[repr(C)]
struct Subscription {
    userdata: u64,
    tag: u64,
    what: u32, // the descriptor, or the clock
    timeout: u64,
    precision: u64,
    flags: u16,
}

#[repr(C)]
#[derive(Clone)]
struct Event {
    userdata: u64,
    error: u16,
    kind: u8,
    size: u64,
    flags: u16,
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
extern "C" {
    fn sock_open(family: u32, kind: u32, fd: *mut u32) -> u32;
    fn sock_bind(fd: u32, address: *const Buffer, port: u32) -> u32;
    fn sock_listen(fd: u32, backlog: u32) -> u32;
    fn sock_connect(fd: u32, address: *const Buffer, port: u32) -> u32;
    fn sock_setsockopt(fd: u32, level: u32, name: u32, value: *const u32, size: u32) -> u32;
    fn sock_getaddrinfo(
        node: *const u8, node_size: u32, service: *const u8, service_size: u32, hints: *const AddrInfo,
        results: *mut *mut AddrInfo, max: u32, count: *mut u32,
    ) -> u32;
    fn poll_oneoff(subscriptions: *const Subscription, events: *mut Event, count: u32, occurred: *mut u32) -> u32;
}

const INET4: u32 = 1;
const INET6: u32 = 2;
const STREAM: u32 = 2;
const MAX_RESULTS: usize = 8;

fn result(error: u32) -> Result<()> {
    match error {
        0 => Ok(()),
        code => Err(Error::from_raw_os_error(code as i32)), // the host's numbers are the standard library's
    }
}

fn host_address(ip: IpAddr) -> Address {
    let mut address = Address { family: INET4 as u16, ip: [0; 126] };
    match ip {
        IpAddr::V4(v4) => address.ip[..4].copy_from_slice(&v4.octets()),
        IpAddr::V6(v6) => {
            address.family = INET6 as u16;
            address.ip[..16].copy_from_slice(&v6.octets());
        }
    }
    address
}

/// What `poll` waits for on a socket.
#[derive(Clone, Copy, PartialEq)]
pub enum Interest {
    Read,
    Write,
}

/// Waits until something can be done with one of the sockets, or the time is over; which are ready, or have failed.
pub fn poll(sockets: &[(RawFd, Interest)], timeout: Option<Duration>) -> Result<Vec<RawFd>> {
    const MONOTONIC: u32 = 1;
    const CLOCK: u64 = 0;
    let timer = timeout.map(|time| (CLOCK, MONOTONIC, time.as_nanos() as u64));
    let sockets = sockets.iter().map(|(fd, interest)| (1 + (*interest == Interest::Write) as u64, *fd as u32, 0));
    let subscriptions: Vec<Subscription> = sockets
        .chain(timer)
        .map(|(tag, what, timeout)| Subscription { userdata: u64::from(what), tag, what, timeout, precision: 0, flags: 0 })
        .collect();
    let mut events = vec![Event { userdata: 0, error: 0, kind: 0, size: 0, flags: 0 }; subscriptions.len()];
    let mut count = 0;
    let error = unsafe {
        poll_oneoff(subscriptions.as_ptr(), events.as_mut_ptr(), subscriptions.len() as u32, &mut count)
    };
    result(error)?;
    let ready = events.iter().take(count as usize).filter(|event| u64::from(event.kind) != CLOCK);
    Ok(ready.map(|event| event.userdata as RawFd).collect())
}

/// The standard library's `TcpListener::bind`.
pub fn listen(ip: IpAddr, port: u16) -> Result<TcpListener> {
    let mut address = host_address(ip);
    let buffer = Buffer { bytes: &mut address, size: 128 };
    let (mut fd, one) = (0, 1);
    unsafe {
        result(sock_open(u32::from(address.family), STREAM, &mut fd))?;
        let listener = TcpListener::from_raw_fd(fd as i32); // closes it, whatever comes
        result(sock_setsockopt(fd, 0, 0, &one, 4))?; // SO_REUSEADDR
        result(sock_bind(fd, &buffer, u32::from(port)))?;
        result(sock_listen(fd, 1024))?;
        Ok(listener)
    }
}

/// The addresses of a host, by the container's /etc/hosts and /etc/resolv.conf.
pub fn lookup(host: &str) -> Result<Vec<IpAddr>> {
    let mut data = [[0u8; 26]; MAX_RESULTS];
    let mut addresses: Vec<SockAddr> =
        data.iter_mut().map(|each| SockAddr { family: 0, size: 26, data: each.as_mut_ptr() }).collect();
    let empty = || AddrInfo {
        flags: 0,
        family: 0,
        kind: STREAM as u8,
        protocol: 0,
        address_size: 0,
        address: std::ptr::null_mut(),
        name: std::ptr::null_mut(),
        name_size: 0,
        next: std::ptr::null_mut(),
    };
    let mut nodes: Vec<AddrInfo> = addresses.iter_mut().map(|each| AddrInfo { address: each, ..empty() }).collect();
    let first = nodes.as_mut_ptr();
    for i in 1..MAX_RESULTS {
        nodes[i - 1].next = unsafe { first.add(i) };
    }
    let (mut results, mut count, hints) = (first, 0, empty());
    let error = unsafe {
        sock_getaddrinfo(
            host.as_ptr(), host.len() as u32, std::ptr::null(), 0, &hints, &mut results, MAX_RESULTS as u32, &mut count,
        )
    };
    match error {
        0 => {}
        84 | 83 => return Err(Error::new(ErrorKind::NotFound, format!("no such host: {host}"))),
        code => return Err(Error::new(ErrorKind::Other, format!("{host} cannot be resolved: error {code}"))),
    }
    let mut found = Vec::new();
    for i in 0..count as usize {
        let bytes = &data[i];
        found.push(if u32::from(addresses[i].family) == INET4 {
            let mut ip = [0; 4];
            ip.copy_from_slice(&bytes[2..6]); // behind the port
            IpAddr::V4(Ipv4Addr::from(ip))
        } else {
            let mut ip = [0; 16];
            ip.copy_from_slice(&bytes[6..22]); // behind port and flow
            IpAddr::V6(Ipv6Addr::from(ip))
        });
    }
    Ok(found)
}

/// The standard library's `TcpStream::connect`: tries each address of the host.
pub fn connect(host: &str, port: u16) -> Result<TcpStream> {
    let mut last = Error::new(ErrorKind::NotFound, format!("{host} has no address"));
    for ip in lookup(host)? {
        let mut address = host_address(ip);
        let buffer = Buffer { bytes: &mut address, size: 128 };
        let mut fd = 0;
        let stream = unsafe {
            result(sock_open(u32::from(address.family), STREAM, &mut fd))?;
            TcpStream::from_raw_fd(fd as i32)
        };
        match result(unsafe { sock_connect(fd, &buffer, u32::from(port)) }) {
            Ok(()) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}
