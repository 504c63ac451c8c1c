//! An order, as JSON (RFC 8259) and as the fields of a row.

use std::collections::HashMap;

use crate::wire::{down, Result};

pub const FIELDS: [&str; 7] = ["order_id", "product_id", "quantity", "amount", "shipping", "tax", "shipping_address"];
const MAX_ADDRESS: usize = 200; // characters

pub struct Order {
    pub order_id: u32,
    product_id: u32,
    quantity: u32,
    amount: f64,
    shipping: f64,
    tax: f64,
    shipping_address: String,
}

impl Order {
    /// The values in the order of FIELDS, as text.
    pub fn fields(&self) -> [String; 7] {
        [
            self.order_id.to_string(),
            self.product_id.to_string(),
            self.quantity.to_string(),
            self.amount.to_string(),
            self.shipping.to_string(),
            self.tax.to_string(),
            self.shipping_address.clone(),
        ]
    }

    pub fn from_fields(fields: &[String]) -> Result<Order> {
        let pairs = FIELDS.iter().zip(fields).map(|(name, value)| (name.to_string(), value.clone()));
        Order::from_pairs(&pairs.collect()).or_else(|error| down(format!("it holds no order: {error}")))
    }

    pub fn from_json(text: &str) -> std::result::Result<Order, String> {
        Order::from_pairs(&Parser { rest: text }.object()?)
    }

    fn from_pairs(pairs: &HashMap<String, String>) -> std::result::Result<Order, String> {
        let get = |name: &str| pairs.get(name).ok_or(format!("{name} is missing"));
        let whole = |name| get(name)?.parse::<u32>().map_err(|_| format!("{name} is no whole number"));
        let number = |name| match get(name)?.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(value),
            _ => Err(format!("{name} is no number")),
        };
        let address = get("shipping_address")?;
        if address.chars().count() > MAX_ADDRESS || address.contains('\0') {
            return Err(format!("shipping_address has more than {MAX_ADDRESS} characters, or a NUL"));
        }
        Ok(Order {
            order_id: whole("order_id")?,
            product_id: whole("product_id")?,
            quantity: whole("quantity")?,
            amount: number("amount")?,
            shipping: number("shipping")?,
            tax: number("tax")?,
            shipping_address: address.clone(),
        })
    }

    pub fn to_json(&self) -> String {
        let fields = self.fields();
        let pairs = FIELDS.iter().zip(&fields).map(|(name, value)| match *name {
            "shipping_address" => format!("\"{name}\":{}", quoted(value)),
            _ => format!("\"{name}\":{value}"),
        });
        format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
    }
}

pub fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            control if (control as u32) < 0x20 => out += &format!("\\u{:04x}", control as u32),
            other => out.push(other),
        }
    }
    out + "\""
}

/// One JSON object of strings and numbers, which is all that an order is.
struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn next(&mut self) -> std::result::Result<char, String> {
        let letter = self.rest.chars().next().ok_or("the JSON ends too early")?;
        self.rest = &self.rest[letter.len_utf8()..];
        Ok(letter)
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    fn expect(&mut self, wanted: char) -> std::result::Result<(), String> {
        self.space();
        match self.next()? {
            letter if letter == wanted => Ok(()),
            letter => Err(format!("the JSON has {letter:?} where {wanted:?} was expected")),
        }
    }

    fn object(&mut self) -> std::result::Result<HashMap<String, String>, String> {
        let mut pairs = HashMap::new();
        self.expect('{')?;
        loop {
            self.expect('"')?;
            let name = self.string()?;
            self.expect(':')?;
            let value = self.value()?;
            if pairs.insert(name.clone(), value).is_some() {
                return Err(format!("{name} is there twice"));
            }
            self.space();
            match self.next()? {
                ',' => continue,
                '}' => break,
                letter => return Err(format!("the JSON has {letter:?} where ',' or '}}' was expected")),
            }
        }
        self.space();
        if self.rest.is_empty() { Ok(pairs) } else { Err("something follows the JSON object".to_string()) }
    }

    fn value(&mut self) -> std::result::Result<String, String> {
        self.space();
        if let Some(rest) = self.rest.strip_prefix('"') {
            self.rest = rest;
            return self.string();
        }
        let end = self.rest.find(|letter: char| !"+-.eE0123456789".contains(letter)).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        if number.is_empty() { Err("the JSON has a value that is neither number nor string".to_string()) } else { Ok(number.to_string()) }
    }

    /// What follows the first quotation mark, up to the second.
    fn string(&mut self) -> std::result::Result<String, String> {
        let mut out = String::new();
        loop {
            match self.next()? {
                '"' => return Ok(out),
                '\\' => out.push(self.escape()?),
                control if (control as u32) < 0x20 => return Err("the JSON has a control character in a string".to_string()),
                letter => out.push(letter),
            }
        }
    }

    fn escape(&mut self) -> std::result::Result<char, String> {
        Ok(match self.next()? {
            letter @ ('"' | '\\' | '/') => letter,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let mut units = vec![self.unit()?];
                if (0xd800..0xdc00).contains(&units[0]) && self.rest.starts_with("\\u") {
                    self.rest = &self.rest[2..];
                    units.push(self.unit()?); // the second half
                }
                let text = String::from_utf16(&units).map_err(|_| "the JSON has half a character")?;
                text.chars().next().unwrap_or_default()
            }
            letter => return Err(format!("the JSON has an escape \\{letter}")),
        })
    }

    fn unit(&mut self) -> std::result::Result<u16, String> {
        let digits = self.rest.get(..4).ok_or("the JSON ends too early")?;
        let unit = u16::from_str_radix(digits, 16).map_err(|_| "the JSON has a \\u without four digits")?;
        self.rest = &self.rest[4..];
        Ok(unit)
    }
}
