// Command bench measures falcoanalyze as a whole process, in units of what
// gzip -dc takes for the same capture in the same minute:
//
//	bench [--runs N] [--twenty] [--before FALCOANALYZE] SHARED FALCOANALYZE
//
// SHARED is the directory with the reference data. Where the environment has
// FALCO, that is run too: a program that is given a capture and rule files and
// writes Falco's alerts. It prints a table in Markdown.
//
// As root it measures falcorec, too:
//
//	bench --record all [--runs N] [--before FALCOREC] SHARED FALCOREC
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

func main() {
	runs := flag.Int("runs", 7, "`number` of rounds, of which medians are shown")
	twenty := flag.Bool("twenty", false, "also the capture twenty times, which takes 2.5 GB of disk, in three rounds")
	before := flag.String("before", "", "another `falcoanalyze` to be measured beside")
	recording := flag.String("record", "", "measure falcorec: `all`, or of calls, losses, cpu and sizes those named, with commas between them")
	made := flag.String("load", "", "only make system calls: the `kind, threads, rate and seconds`, with commas between them")
	into := flag.String("prepare", "", "only make the captures, in a `directory`")
	flag.Parse()
	var err error
	switch {
	case *made != "":
		err = makeLoad(*made)
	case *into != "":
		err = prepare(flag.Arg(0), *into, *twenty)
	case flag.NArg() != 2 || *runs < 1:
		flag.Usage()
		os.Exit(2)
	case *recording != "":
		err = measureRecording(flag.Arg(0), flag.Arg(1), *before, *recording, *runs)
	default:
		err = measure(flag.Arg(0), flag.Arg(1), *before, *runs, *twenty)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// row is one thing that is measured.
type row struct {
	what   string
	cmd    []string
	target string
	runs   []result
}

// result is what one run took.
type result struct {
	ratio     float64 // of its wall time and that of gzip before it
	wall, cpu time.Duration
	rssBytes  int64
}

func measure(shared, bin, before string, runs int, twenty bool) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	// By another process: what a child has in memory at most is at least what
	// its parent had (fs/exec.c, exec_mmap).
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, "--prepare", dir, fmt.Sprintf("--twenty=%t", twenty), shared)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("making the captures: %w", err)
	}
	c := capturesIn(shared, dir)
	var rules []string
	for _, name := range []string{"falco", "falco-incubating", "falco-sandbox"} {
		rules = append(rules, filepath.Join(shared, "rules", name+"_rules.yaml"))
	}
	analyze := func(bin, capture string) []string {
		cmd := []string{bin, "--quiet", "-o", "json"}
		for _, r := range rules {
			cmd = append(cmd, "-r", r)
		}
		return append(cmd, capture)
	}
	gzip := row{what: "gzip -dc", cmd: []string{"gzip", "-dc", c.member}}
	rows := []*row{&gzip}
	add := func(name, bin string) {
		for _, r := range []row{
			{what: "uncompressed", cmd: analyze(bin, c.plain), target: "0.32"},
			{what: "uncompressed, one core", cmd: append([]string{"taskset", "-c", "0"}, analyze(bin, c.plain)...), target: "0.6"},
			{what: "chunked gzip", cmd: analyze(bin, c.gzip), target: "0.40"},
			{what: "chunked zstd", cmd: analyze(bin, c.zstd), target: "0.40"},
			{what: "single-member gzip", cmd: analyze(bin, c.member), target: "0.60"},
			{what: "no events: start-up", cmd: analyze(bin, c.none), target: "30 ms"},
			{what: fmt.Sprintf("%d captures", manyCaptures), cmd: analyze(bin, c.many)},
		} {
			r.what = name + ", " + r.what
			rows = append(rows, &r)
		}
	}
	add("falcoanalyze", bin)
	if before != "" {
		add("before", before)
		last := rows[len(rows)-1] // it may not take directories
		names, err := filepath.Glob(filepath.Join(c.many, "*"))
		if err != nil {
			return err
		}
		last.cmd = append(last.cmd[:len(last.cmd)-1], names...)
	}
	if falco := os.Getenv("FALCO"); falco != "" {
		rows = append(rows,
			&row{what: "Falco, uncompressed", cmd: append([]string{falco, c.plain}, rules...)},
			&row{what: "Falco, single-member gzip", cmd: append([]string{falco, c.member}, rules...)})
	}
	for round := range runs {
		for _, r := range rows {
			if err := r.run(&gzip); err != nil {
				return err
			}
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, runs)
	}
	if twenty {
		r := &row{what: "falcoanalyze, twenty times", cmd: analyze(bin, c.twenty), target: "20 times the first, 10 %"}
		for range 3 {
			if err := r.run(&gzip); err != nil {
				return err
			}
		}
		rows = append(rows, r)
	}
	printTable(rows)
	return nil
}

// run runs it once. gzip has been run before in the same round.
func (r *row) run(gzip *row) error {
	out, err := os.CreateTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd := exec.Command(r.cmd[0], r.cmd[1:]...)
	cmd.Stdout = out
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", r.what, err)
	}
	res := result{wall: time.Since(start), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), ratio: 1}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		res.rssBytes = usage.Maxrss << 10
	}
	if r != gzip {
		res.ratio = res.wall.Seconds() / gzip.runs[len(gzip.runs)-1].wall.Seconds()
	}
	r.runs = append(r.runs, res)
	return nil
}

func printTable(rows []*row) {
	fmt.Println("| | in units of gzip -dc: median | lowest–highest | target | wall, median and lowest ms | CPU, median and lowest ms | most memory, MiB |")
	fmt.Println("| --- | --- | --- | --- | --- | --- | --- |")
	for _, r := range rows {
		ratio := sorted(r, func(r result) float64 { return r.ratio })
		wall := sorted(r, func(r result) float64 { return r.wall.Seconds() * 1000 })
		cpu := sorted(r, func(r result) float64 { return r.cpu.Seconds() * 1000 })
		rss := sorted(r, func(r result) float64 { return float64(r.rssBytes) / (1 << 20) })
		mid, end := len(r.runs)/2, len(r.runs)-1
		fmt.Printf("| %s | %.2f | %.2f–%.2f | %s | %.0f, %.0f | %.0f, %.0f | %.0f |\n", r.what,
			ratio[mid], ratio[0], ratio[end], r.target, wall[mid], wall[0], cpu[mid], cpu[0], rss[end])
	}
}

func sorted(r *row, of func(result) float64) []float64 {
	list := make([]float64, len(r.runs))
	for i, x := range r.runs {
		list[i] = of(x)
	}
	slices.Sort(list)
	return list
}
