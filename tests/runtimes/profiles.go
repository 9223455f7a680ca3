// Profiles as Go's runtime writes them. usage: profiles FOLDER
//
// Two of the heap, between which 100 pieces of 64 KiB were lost (and some that were freed again),
// and of 20 goroutines that hang, in both forms. Every allocation is counted.
package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"
)

var kept [][]byte

//go:noinline
func leak() {
	kept = append(kept, make([]byte, 64<<10)) // the leak
}

//go:noinline
func work() int {
	freed := make([]byte, 1<<20)
	return len(freed)
}

//go:noinline
func hang(forever chan bool) {
	<-forever // the hang
}

// Whether so many have come to where they hang.
func hanging(count int) bool {
	text := make([]byte, 1<<20)
	text = text[:runtime.Stack(text, true)]
	return bytes.Count(text, []byte(" [chan receive]:\nmain.hang(")) == count
}

func write(name, profile string, debug int) {
	file, err := os.Create(filepath.Join(os.Args[1], name))
	if err == nil {
		err = pprof.Lookup(profile).WriteTo(file, debug)
	}
	if err != nil {
		panic(err)
	}
	file.Close()
}

func heap(name string) {
	runtime.GC()
	runtime.GC()
	write(name, "heap", 0)
}

func main() {
	runtime.MemProfileRate = 1
	kept = make([][]byte, 0, 200)
	leak()
	heap("heap.000.gz")
	for n := 0; n < 100; n++ {
		leak()
		work()
	}
	heap("heap.001.gz")
	forever := make(chan bool)
	for n := 0; n < 20; n++ {
		go hang(forever)
	}
	for !hanging(20) {
		time.Sleep(time.Millisecond)
	}
	write("goroutine.001.gz", "goroutine", 0)
	write("goroutine.001.txt", "goroutine", 1)
}
