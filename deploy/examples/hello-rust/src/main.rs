//! A Rust program that knows nothing of containers or WebAssembly: arguments, environment and files work as anywhere.

use std::{env, fs};

fn main() {
    println!("Hello from Rust, compiled to WebAssembly!");

    let args: Vec<String> = env::args().skip(1).collect();
    if !args.is_empty() {
        println!("Arguments: {}", args.join(" "));
    }
    if let Ok(name) = env::var("NAME") {
        println!("Nice to meet you, {name}.");
    }

    match fs::read_dir("/") {
        Ok(entries) => {
            let mut names: Vec<String> =
                entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            println!("The container's root holds: {}", names.join(" "));
        }
        Err(error) => println!("The container's root cannot be read: {error}"),
    }
}
