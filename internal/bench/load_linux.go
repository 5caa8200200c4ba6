package main

import (
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// load is a number of threads that make system calls.
type load struct {
	kind    string // a key of loads
	threads int
	rate    float64 // recorded events a second of all threads, 0 for as many as they can
	seconds float64
}

// loadKind is a round of calls, and how many events falcorec records of it with
// its default choice of calls.
type loadKind struct {
	events int
	round  func()
}

// loads are the kinds: small is the cheapest call that is recorded by default,
// with the smallest event, mixed what programs do with files.
var loads = map[string]loadKind{
	"small": {1, func() { unix.Close(-1) }},
	"mixed": {5, func() {
		fd, err := unix.Open("/etc/passwd", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return // too few events, which the recorder's count shows
		}
		var b [64]byte
		unix.Read(fd, b[:]) // not recorded
		dup, _ := unix.Dup(fd)
		unix.Close(dup)
		unix.Close(fd)
		unix.Open("/etc/no such file", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	}},
}

// A thread with a rate wakes up once in a slice, and makes up for at most
// lateSlices of them where it was kept from running.
const (
	slice      = time.Millisecond
	lateSlices = 10
)

// run makes the calls, and prints how many events and seconds they were.
func (l *load) run() error {
	kind, ok := loads[l.kind]
	if !ok || l.threads < 1 {
		return fmt.Errorf("no load %q of %d threads", l.kind, l.threads)
	}
	done := make(chan int)
	start := time.Now()
	for range l.threads {
		go func() {
			runtime.LockOSThread()
			done <- l.thread(kind, start)
		}()
	}
	rounds := 0
	for range l.threads {
		rounds += <-done
	}
	fmt.Println(rounds*kind.events, time.Since(start).Seconds())
	return nil
}

// thread makes one thread's calls and returns the number of rounds.
func (l *load) thread(kind loadKind, start time.Time) (rounds int) {
	end := time.Duration(l.seconds * float64(time.Second))
	if l.rate == 0 {
		for time.Since(start) < end {
			for range 1000 {
				kind.round()
			}
			rounds += 1000
		}
		return rounds
	}
	perSlice := l.rate / float64(l.threads) / float64(kind.events) * slice.Seconds()
	var due float64
	for next := slice; next < end; next += slice {
		wait := next - time.Since(start)
		if wait > 0 {
			ts := unix.NsecToTimespec(int64(wait))
			unix.Nanosleep(&ts, nil)
		} else if late := -wait - lateSlices*slice; late > 0 {
			next += late
		}
		for due += perSlice; due >= 1; due-- {
			kind.round()
			rounds++
		}
	}
	return rounds
}
