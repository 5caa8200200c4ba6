package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"falcoreplay/scap"
)

// recordBench measures falcorec as a whole process, as root.
type recordBench struct {
	shared string
	names  []string          // of the builds, the one in question first
	bins   map[string]string // their programs
	runs   int
	dir    string
}

// measureRecording prints the tables that are named in which.
func measureRecording(shared, bin, before, which string, runs int) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &recordBench{shared: shared, names: []string{"falcorec"}, bins: map[string]string{"falcorec": bin}, runs: runs, dir: dir}
	if before != "" {
		b.names, b.bins["before"] = append(b.names, "before"), before
	}
	tables := map[string]func() error{"calls": b.calls, "losses": b.losses, "cpu": b.cpu, "sizes": b.sizes}
	names := strings.Split(which, ",")
	if which == "all" {
		names = []string{"calls", "losses", "cpu", "sizes"}
	}
	for _, name := range names {
		table, ok := tables[name]
		if !ok {
			return fmt.Errorf("nothing to measure is named %q", name)
		}
		if err := table(); err != nil {
			return err
		}
	}
	return nil
}

// recorded is what a recording came to.
type recorded struct {
	events, lost uint64
	cpu          time.Duration // user and system, from when it records on
	fileBytes    int64
}

var (
	saidEvents = regexp.MustCompile(`(?m)^(\d+) events in `)
	saidLost   = regexp.MustCompile(`(?m)^ *(\d+)  events lost: the ring was full`)
)

// record runs do while falcorec records with some more arguments, under another
// command if there is one.
func (b *recordBench) record(name string, under, args []string, do func() error) (recorded, error) {
	var res recorded
	path := filepath.Join(b.dir, "t.scap")
	line := slices.Concat(under, []string{b.bins[name], "-w", path}, args)
	cmd := exec.Command(line[0], line[1:]...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return res, err
	}
	if err := cmd.Start(); err != nil {
		return res, err
	}
	defer cmd.Process.Kill()
	var said bytes.Buffer
	lines := bufio.NewScanner(stderr)
	for !strings.HasPrefix(lines.Text(), "recording to ") {
		if !lines.Scan() {
			return res, fmt.Errorf("%v: %v: %s", line, cmd.Wait(), &said)
		}
		fmt.Fprintln(&said, lines.Text())
	}
	begun, err := cpuTime(cmd.Process.Pid)
	if err == nil {
		err = do()
	}
	if err != nil {
		return res, err
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		return res, err
	}
	for lines.Scan() {
		fmt.Fprintln(&said, lines.Text())
	}
	if err := cmd.Wait(); err != nil {
		return res, fmt.Errorf("%v: %v: %s", line, err, &said)
	}
	res.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime() - begun
	if res.events, err = number(saidEvents, said.String()); err != nil {
		return res, err
	}
	if saidLost.MatchString(said.String()) {
		if res.lost, err = number(saidLost, said.String()); err != nil {
			return res, err
		}
	}
	info, err := os.Stat(path)
	if err == nil {
		res.fileBytes = info.Size()
	}
	return res, err
}

func number(re *regexp.Regexp, text string) (uint64, error) {
	m := re.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("nothing like %v in %q", re, text)
	}
	return strconv.ParseUint(m[1], 10, 64)
}

// cpuTime is what a process has had of the processors. The clock's number is as
// in include/linux/posix-timers_types.h of Linux, CPUCLOCK_SCHED of a process.
func cpuTime(pid int) (time.Duration, error) {
	var ts unix.Timespec
	err := unix.ClockGettime(int32(^pid<<3|2), &ts)
	return time.Duration(ts.Nano()), err
}

// produce runs a load in a process of its own, and returns how many events and
// seconds it was.
func produce(l load) (events uint64, seconds float64, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, 0, err
	}
	out, err := exec.Command(self, "--load", fmt.Sprintf("%s,%d,%g,%g", l.kind, l.threads, l.rate, l.seconds)).Output()
	if err == nil {
		_, err = fmt.Sscan(string(out), &events, &seconds)
	}
	return events, seconds, err
}

// makeLoad is that process.
func makeLoad(spec string) error {
	var l load
	kind, rest, _ := strings.Cut(spec, ",")
	if _, err := fmt.Sscanf(rest, "%d,%g,%g", &l.threads, &l.rate, &l.seconds); err != nil {
		return fmt.Errorf("load %q: %w", spec, err)
	}
	l.kind = kind
	return l.run()
}

var benchCalls = []string{"getppid", "read64", "write64", "open+close"}

// calls prints what a system call costs with and without a recorder.
func (b *recordBench) calls() error {
	const repeats = 12 // of short runs, of which the least is taken
	program := filepath.Join(b.dir, "sysbench")
	if out, err := exec.Command("cc", "-O2", "-o", program, filepath.Join(b.shared, "perf/sysbench.c")).CombinedOutput(); err != nil {
		return fmt.Errorf("sysbench: %w: %s", err, out)
	}
	rows, least := []string{"nothing"}, map[string][]float64{}
	run := func(row string) error {
		for range repeats {
			out, err := exec.Command("taskset", "-c", "0", program, "5000").Output()
			if err != nil {
				return fmt.Errorf("sysbench: %w", err)
			}
			for i, call := range benchCalls {
				var ns float64
				if _, after, ok := strings.Cut(string(out), call+" "); !ok {
					return fmt.Errorf("no %s in %q", call, out)
				} else if _, err := fmt.Sscan(after, &ns); err != nil {
					return err
				}
				if len(least[row]) <= i {
					least[row] = append(least[row], ns)
				}
				least[row][i] = min(least[row][i], ns)
			}
		}
		return nil
	}
	for _, calls := range []string{"default", "all"} {
		for _, name := range b.names {
			rows = append(rows, name+" --syscalls "+calls)
		}
	}
	for round := range b.runs {
		for _, row := range rows {
			name, calls, recorded := strings.Cut(row, " --syscalls ")
			if !recorded {
				if err := run(row); err != nil {
					return err
				}
				continue
			}
			_, err := b.record(name, []string{"taskset", "-c", "1"}, []string{"--syscalls", calls}, func() error { return run(row) })
			if err != nil {
				return err
			}
		}
		fmt.Fprintf(os.Stderr, "calls: round %d of %d\n", round+1, b.runs)
	}
	fmt.Printf("ns per call, the least of %d runs: | %s |\n", b.runs*repeats, strings.Join(benchCalls, " | "))
	fmt.Println("| --- | --- | --- | --- | --- |")
	for _, row := range rows {
		fmt.Printf("| %s", row)
		for i := range benchCalls {
			fmt.Printf(" | %.0f (+%.0f)", least[row][i], least[row][i]-least["nothing"][i])
		}
		fmt.Println(" |")
	}
	fmt.Println()
	return nil
}

// benchRates are in millions a second, 0 for as fast as it goes.
var benchRates = []float64{1, 1.5, 2, 3, 0}

// losses prints at which rates events are lost.
func (b *recordBench) losses() error {
	fmt.Println("| events | build | asked for, million/s | made, median | lost in | lost, median % |")
	fmt.Println("| --- | --- | --- | --- | --- | --- |")
	for _, l := range []load{{kind: "small", threads: 1}, {kind: "small", threads: 2}, {kind: "mixed", threads: 1}, {kind: "mixed", threads: 2}} {
		l.seconds = 2
		for _, rate := range benchRates {
			l.rate = rate * 1e6
			fmt.Fprintf(os.Stderr, "losses: %s, %d threads, %g million/s\n", l.kind, l.threads, rate)
			made, lost, losing := map[string][]float64{}, map[string][]float64{}, map[string]int{}
			for range b.runs {
				for _, name := range b.names {
					var seconds float64
					res, err := b.record(name, nil, nil, func() (err error) {
						_, seconds, err = produce(l)
						return err
					})
					if err != nil {
						return err
					}
					all := float64(res.events + res.lost)
					made[name] = append(made[name], all/seconds/1e6)
					lost[name] = append(lost[name], float64(res.lost)/all*100)
					if res.lost > 0 {
						losing[name]++
					}
				}
			}
			asked := "all"
			if rate > 0 {
				asked = fmt.Sprint(rate)
			}
			for _, name := range b.names {
				fmt.Printf("| %s, %d threads | %s | %s | %.2f | %d of %d | %.2f |\n", l.kind, l.threads, name,
					asked, median(made[name]), losing[name], b.runs, median(lost[name]))
			}
		}
	}
	fmt.Println()
	return nil
}

// cpu prints how much processor time a million events take.
func (b *recordBench) cpu() error {
	fmt.Println("| events, 0.5 million/s | compression | build | CPU s per million, median | lowest–highest | bytes per event |")
	fmt.Println("| --- | --- | --- | --- | --- | --- |")
	for _, kind := range []string{"small", "mixed"} {
		for _, comp := range []string{"gzip", "zstd", "none"} {
			fmt.Fprintf(os.Stderr, "CPU: %s, %s\n", kind, comp)
			took, bytes := map[string][]float64{}, map[string][]float64{}
			for range b.runs {
				for _, name := range b.names {
					res, err := b.record(name, nil, []string{"--compress", comp}, func() error {
						_, _, err := produce(load{kind: kind, threads: 1, rate: 5e5, seconds: 4})
						return err
					})
					if err != nil {
						return err
					}
					took[name] = append(took[name], res.cpu.Seconds()/float64(res.events)*1e6)
					bytes[name] = append(bytes[name], float64(res.fileBytes)/float64(res.events))
				}
			}
			for _, name := range b.names {
				t := took[name]
				fmt.Printf("| %s | %s | %s | %.3f | %.3f–%.3f | %.1f |\n", kind, comp, name, median(t), slices.Min(t), slices.Max(t), median(bytes[name]))
			}
		}
	}
	fmt.Println()
	return nil
}

// sizes prints what the events of Falco's own capture take when they are written
// as falcorec would.
func (b *recordBench) sizes() error {
	member := filepath.Join(b.shared, "captures/falco-workload.scap")
	plain, err := exec.Command("gzip", "-dc", member).Output()
	if err != nil {
		return err
	}
	info, err := os.Stat(member)
	if err != nil {
		return err
	}
	fmt.Println("| falco-workload | MB | bytes per event | of Falco's file |")
	fmt.Println("| --- | --- | --- | --- |")
	falco, events := float64(info.Size()), 0
	for _, comp := range []scap.Compression{scap.None, scap.Gzip, scap.Zstd} {
		path := filepath.Join(b.dir, "size.scap")
		if events, err = rewrite(plain, path, comp, true); err != nil {
			return err
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		size := float64(info.Size())
		fmt.Printf("| falcorec's writer, %v | %.2f | %.2f | %.2f |\n", comp, size/1e6, size/float64(events), size/falco)
	}
	fmt.Printf("| Falco, gzip | %.2f | %.2f | 1.00 |\n", falco/1e6, falco/float64(events))
	return nil
}

func median(list []float64) float64 {
	list = slices.Clone(list)
	slices.Sort(list)
	return list[len(list)/2]
}
