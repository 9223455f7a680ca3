// A program that keeps 1 KiB for each unit of work. usage: held [bare]
//
// Reads a number from each line, does so many units, and answers "done". Its profiles are served at
// 127.0.0.1:PORT, unless it is "bare".
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"strconv"
)

var kept [][]byte

//go:noinline
func keep() {
	kept = append(kept, make([]byte, 1024)) // the leak
}

func main() {
	mux := http.NewServeMux()
	if len(os.Args) == 1 {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		log.Fatal(err)
	}
	go http.Serve(listener, mux)
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); fmt.Println("done") {
		units, _ := strconv.Atoi(lines.Text())
		for ; units > 0; units-- {
			keep()
		}
	}
}
