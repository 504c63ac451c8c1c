// What Go's runtime and library do with WASI: goroutines and timers, files and directories in /data, stdin.
package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func require(condition bool, what string) {
	if !condition {
		panic(what)
	}
}

func files(root string) {
	path := filepath.Join(root, "file.txt")
	check(os.WriteFile(path, []byte("hello"), 0o600))
	file, err := os.OpenFile(path, os.O_APPEND|os.O_RDWR, 0)
	check(err)
	_, err = file.WriteString(" world")
	check(err)
	check(file.Sync())
	info, err := file.Stat()
	check(err)
	require(info.Size() == 11 && info.Mode().IsRegular(), "size")
	check(file.Close())
	text, err := os.ReadFile(path)
	check(err)
	require(string(text) == "hello world", "content")
	check(os.Truncate(path, 5))
	check(os.Chtimes(path, time.Unix(1000, 0), time.Unix(2000, 0)))
	info, err = os.Stat(path)
	check(err)
	require(info.Size() == 5 && info.ModTime().Unix() == 2000, "truncated, with its time")
	check(os.Symlink("file.txt", filepath.Join(root, "link")))
	target, err := os.Readlink(filepath.Join(root, "link"))
	check(err)
	require(target == "file.txt", "readlink")
	check(os.Remove(filepath.Join(root, "link")))
	_, err = os.Stat(filepath.Join(root, "none"))
	require(errors.Is(err, fs.ErrNotExist), "not exist")
	_, err = os.ReadFile(filepath.Join(root, "to-secret"))
	require(errors.Is(err, fs.ErrPermission), "a way out")
	check(os.Remove(path))
}

func directories(root string) {
	top := filepath.Join(root, "tree")
	for i := 0; i < 50; i++ {
		check(os.MkdirAll(filepath.Join(top, fmt.Sprint(i), "below"), 0o700))
	}
	count := 0
	check(filepath.WalkDir(top, func(_ string, entry fs.DirEntry, err error) error {
		if entry.IsDir() {
			count++
		}
		return err
	}))
	require(count == 101, "walk")
	check(os.RemoveAll(top))
	_, err := os.Stat(top)
	require(errors.Is(err, fs.ErrNotExist), "removed")
}

func main() {
	fmt.Println("args", os.Args[1:], os.Getenv("GREETING"))
	var group sync.WaitGroup
	begin := time.Now()
	for i := 0; i < 100; i++ {
		group.Add(1)
		go func() { defer group.Done(); time.Sleep(20 * time.Millisecond) }()
	}
	group.Wait()
	require(time.Since(begin) >= 20*time.Millisecond, "slept")
	var random [32]byte
	_, err := rand.Read(random[:])
	check(err)
	lines := 0
	for scanner := bufio.NewScanner(os.Stdin); scanner.Scan(); {
		lines++
	}
	fmt.Println("lines", lines)
	files("/data")
	directories("/data")
	fmt.Println("go ok")
	os.Exit(5)
}
