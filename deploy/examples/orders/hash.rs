//! What the databases' passwords need: SHA-1 and SHA-256 (FIPS 180-4), HMAC (RFC 2104), PBKDF2 (RFC 8018), Base64 (RFC 4648).

/// The message in blocks of 64 bytes, with the padding of both functions.
fn padded(message: &[u8]) -> Vec<u8> {
    let mut bytes = message.to_vec();
    bytes.push(0x80);
    while bytes.len() % 64 != 56 {
        bytes.push(0);
    }
    bytes.extend_from_slice(&(message.len() as u64 * 8).to_be_bytes());
    bytes
}

fn words<const N: usize>(block: &[u8]) -> [u32; N] {
    let mut out = [0; N];
    for (word, bytes) in out.iter_mut().zip(block.chunks_exact(4)) {
        *word = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    out
}

pub fn sha1(message: &[u8]) -> [u8; 20] {
    let mut state: [u32; 5] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
    for block in padded(message).chunks_exact(64) {
        let mut w: [u32; 80] = words(block);
        for i in 16..80 {
            w[i] = (w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16]).rotate_left(1);
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (i, word) in w.iter().enumerate() {
            let (f, k) = match i / 20 {
                0 => ((b & c) | (!b & d), 0x5a827999),
                1 => (b ^ c ^ d, 0x6ed9eba1),
                2 => ((b & c) | (b & d) | (c & d), 0x8f1bbcdc),
                _ => (b ^ c ^ d, 0xca62c1d6u32),
            };
            let next = a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(k).wrapping_add(*word);
            (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
        }
        for (sum, value) in state.iter_mut().zip([a, b, c, d, e]) {
            *sum = sum.wrapping_add(value);
        }
    }
    let mut out = [0; 20];
    out.chunks_exact_mut(4).zip(state).for_each(|(bytes, word)| bytes.copy_from_slice(&word.to_be_bytes()));
    out
}

/// The first 32 bits of the fractional parts of `root`s of the first primes, as both tables of SHA-256 are defined.
fn fractions<const N: usize>(root: fn(f64) -> f64) -> [u32; N] {
    let mut out = [0; N];
    let primes = (2u32..).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0));
    for (word, prime) in out.iter_mut().zip(primes) {
        *word = (root(f64::from(prime)).fract() * 4294967296.0) as u32;
    }
    out
}

pub struct Sha256 {
    initial: [u32; 8],
    constants: [u32; 64],
}

impl Sha256 {
    pub fn new() -> Sha256 {
        Sha256 { initial: fractions(f64::sqrt), constants: fractions(f64::cbrt) }
    }

    pub fn hash(&self, message: &[u8]) -> [u8; 32] {
        let mut state = self.initial;
        for block in padded(message).chunks_exact(64) {
            let mut w: [u32; 64] = words(block);
            for i in 16..64 {
                let s0 = w[i - 15].rotate_right(7) ^ w[i - 15].rotate_right(18) ^ (w[i - 15] >> 3);
                let s1 = w[i - 2].rotate_right(17) ^ w[i - 2].rotate_right(19) ^ (w[i - 2] >> 10);
                w[i] = w[i - 16].wrapping_add(s0).wrapping_add(w[i - 7]).wrapping_add(s1);
            }
            let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
            for i in 0..64 {
                let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
                let choice = (e & f) ^ (!e & g);
                let t1 = h.wrapping_add(s1).wrapping_add(choice).wrapping_add(self.constants[i]).wrapping_add(w[i]);
                let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
                let majority = (a & b) ^ (a & c) ^ (b & c);
                (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(t1), c, b, a, t1.wrapping_add(s0.wrapping_add(majority)));
            }
            for (sum, value) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
                *sum = sum.wrapping_add(value);
            }
        }
        let mut out = [0; 32];
        out.chunks_exact_mut(4).zip(state).for_each(|(bytes, word)| bytes.copy_from_slice(&word.to_be_bytes()));
        out
    }

    pub fn hmac(&self, key: &[u8], message: &[u8]) -> [u8; 32] {
        let mut block = [0; 64];
        if key.len() > block.len() {
            block[..32].copy_from_slice(&self.hash(key));
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let mut inner: Vec<u8> = block.iter().map(|byte| byte ^ 0x36).collect();
        inner.extend_from_slice(message);
        let mut outer: Vec<u8> = block.iter().map(|byte| byte ^ 0x5c).collect();
        outer.extend_from_slice(&self.hash(&inner));
        self.hash(&outer)
    }

    /// One block of PBKDF2, which is all that SCRAM-SHA-256 wants.
    pub fn pbkdf2(&self, password: &[u8], salt: &[u8], rounds: u32) -> [u8; 32] {
        let mut last = self.hmac(password, &[salt, &[0, 0, 0, 1]].concat());
        let mut sum = last;
        for _ in 1..rounds {
            last = self.hmac(password, &last);
            sum.iter_mut().zip(last).for_each(|(byte, with)| *byte ^= with);
        }
        sum
    }
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub fn to_base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            out.push(if i > chunk.len() { '=' } else { LETTERS[(bits >> (18 - 6 * i) & 63) as usize] as char });
        }
    }
    out
}

/// None: it is no Base64.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut bits, mut held) = (Vec::new(), 0u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        bits = bits << 6 | LETTERS.iter().position(|each| *each == letter)? as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    Some(out)
}
