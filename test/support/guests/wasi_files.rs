// What Rust's standard library does with WASI: files and directories in /data, arguments, environment, time, stdin.
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

fn files(root: &Path) -> io::Result<()> {
    let path = root.join("file.txt");
    fs::write(&path, "first\nsecond\n")?;
    assert_eq!(fs::read_to_string(&path)?, "first\nsecond\n");
    let mut file = OpenOptions::new().read(true).append(true).open(&path)?;
    file.write_all(b"third\n")?;
    file.seek(SeekFrom::Start(6))?;
    let mut rest = String::new();
    file.read_to_string(&mut rest)?;
    assert_eq!(rest, "second\nthird\n");
    assert_eq!(file.metadata()?.len(), 19);
    file.sync_all()?;
    let file = OpenOptions::new().write(true).open(&path)?;
    file.set_len(5)?;
    assert_eq!(fs::read(&path)?, b"first");
    assert!(SystemTime::now().duration_since(fs::metadata(&path)?.modified()?).is_ok());
    fs::copy(&path, root.join("copy.txt"))?;
    fs::hard_link(&path, root.join("hard.txt"))?;
    fs::rename(root.join("copy.txt"), root.join("renamed.txt"))?;
    assert_eq!(fs::read(root.join("renamed.txt"))?, b"first");
    let exclusive = OpenOptions::new().write(true).create_new(true).open(&path);
    assert_eq!(exclusive.unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(File::open(root.join("none")).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(fs::read(root.join("to-secret")).unwrap_err().kind(), ErrorKind::PermissionDenied);
    assert!(fs::read("/etc/passwd").is_err());
    for name in ["file.txt", "hard.txt", "renamed.txt"] {
        fs::remove_file(root.join(name))?;
    }
    Ok(())
}

fn directories(root: &Path) -> io::Result<()> {
    let top = root.join("tree");
    for i in 0..20 {
        let dir = top.join(format!("level/{i}"));
        fs::create_dir_all(&dir)?;
        fs::write(dir.join("leaf"), vec![b'x'; i * 1000])?;
    }
    let mut sizes = BTreeMap::new();
    for entry in fs::read_dir(top.join("level"))? {
        let entry = entry?;
        assert!(entry.file_type()?.is_dir());
        let name: usize = entry.file_name().to_str().unwrap().parse().unwrap();
        sizes.insert(name, fs::metadata(entry.path().join("leaf"))?.len() as usize);
    }
    assert_eq!(sizes.len(), 20);
    assert!(sizes.iter().all(|(name, size)| name * 1000 == *size));
    assert!(fs::remove_dir(&top).is_err());
    fs::remove_dir_all(&top)?;
    assert!(!top.exists());
    Ok(())
}

fn time() {
    let before = Instant::now();
    std::thread::sleep(Duration::from_millis(20));
    assert!(before.elapsed() >= Duration::from_millis(20));
}

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    println!("args {args:?}");
    println!("GREETING {:?} NONE {:?}", std::env::var("GREETING").ok(), std::env::var("NONE").ok());
    let mut input = String::new();
    io::stdin().read_to_string(&mut input)?;
    println!("stdin {} bytes, {} lines", input.len(), input.lines().count());
    let root = Path::new("/data");
    files(root)?;
    directories(root)?;
    time();
    eprintln!("to stderr");
    println!("rust ok");
    std::process::exit(9);
}
