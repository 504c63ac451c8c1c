// An HTTP server with net/http, as on any machine but for where its listener comes from; and a client:
//
//	http-go [ADDRESS]     serves, default ":8080"
//	http-go get URL       prints the body of the answer
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"http-go/wasinet"
)

func get(url string) error {
	client := http.Client{Transport: &http.Transport{DialContext: wasinet.DialContext}, Timeout: 20 * time.Second}
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, response.Status)
	}
	_, err = io.Copy(os.Stdout, response.Body)
	return err
}

func serve(address string) error {
	http.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello\n") })
	http.HandleFunc("/from", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, r.RemoteAddr) })
	http.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
	http.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(300 * time.Millisecond) // other requests go on meanwhile
		io.WriteString(w, "slow\n")
	})
	listener, err := wasinet.Listen("tcp", address)
	if err != nil {
		return err
	}
	log.Printf("listening on %s", listener.Addr())
	return http.Serve(listener, nil)
}

func main() {
	arguments := os.Args[1:]
	var err error
	if len(arguments) == 2 && arguments[0] == "get" {
		err = get(arguments[1])
	} else if len(arguments) == 1 {
		err = serve(arguments[0])
	} else {
		err = serve(":8080")
	}
	if err != nil {
		log.Fatal(err)
	}
}
