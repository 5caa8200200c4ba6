// Package recorder records a host: it loads the BPF program, says which system
// calls it records and what each event holds, and drains what it writes.
//
// What an event holds is in one table, in table.go, that the BPF program
// interprets. Only commands import the package; it needs Linux on x86-64 or
// arm64, and is empty elsewhere but for the table.
package recorder

//go:generate go test -run ^TestReference$ . -update
