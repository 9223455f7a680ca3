// A service of Go's standard library. usage: service clean|leak
//
// Each request is parsed and answered with JSON, and is forgotten; the leak keeps 1 KiB of each.
// net/http/pprof tells what the runtime knows of itself, at /debug/pprof/.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime"
	"sync"
)

type row struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

var lock sync.Mutex
var kept [][]byte

func answer(response http.ResponseWriter, leaks bool) {
	rows := make([]row, 50)
	for n := range rows {
		rows[n] = row{n, fmt.Sprintf("row %d", n)}
	}
	body, _ := json.Marshal(rows)
	if leaks {
		lock.Lock()
		kept = append(kept, make([]byte, 1024))
		lock.Unlock()
	}
	response.Header().Set("Content-Type", "application/json")
	response.Write(body)
}

func main() {
	leaks := len(os.Args) > 1 && os.Args[1] == "leak"
	http.HandleFunc("/", func(response http.ResponseWriter, request *http.Request) {
		answer(response, leaks)
	})
	http.HandleFunc("/gc", func(response http.ResponseWriter, request *http.Request) {
		runtime.GC()
	})
	http.HandleFunc("/heap", func(response http.ResponseWriter, request *http.Request) {
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		fmt.Fprintf(response, `{"arena_bytes":%d,"in_use_bytes":%d,"free_bytes":%d}`,
			memory.HeapSys, memory.HeapAlloc, memory.HeapIdle)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
