// Prints a greeting from a goroutine, after a timer, and its arguments.
package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	greeting := make(chan string)
	go func() {
		time.Sleep(5 * time.Millisecond)
		greeting <- "Hello from Go"
	}()
	fmt.Println(<-greeting, os.Args[1:], os.Getenv("GREETING"))
}
