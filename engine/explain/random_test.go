package explain_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"falcoreplay/engine"
	"falcoreplay/engine/explain"
	"falcoreplay/engine/field"
	"falcoreplay/internal/randcond"
	"falcoreplay/replay"
	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap"
)

// batch is how many conditions are compiled into one engine, where they share
// what they have in common, and eventsPerBatch on about how many events each is
// evaluated.
const (
	batch          = 1000
	eventsPerBatch = 15
)

// TestRandomConditions compares the engine with the plain evaluation of as many
// conditions as FALCOREPLAY_CONDITIONS says.
func TestRandomConditions(t *testing.T) {
	total := 3000
	if s := os.Getenv("FALCOREPLAY_CONDITIONS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("FALCOREPLAY_CONDITIONS: %v", err)
		}
		total = n
	}
	captures := readCaptures(t)
	var done, verdicts, matches, differences, next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for differences.Load() < 5 {
				n := next.Add(1) - 1
				if n*batch >= int64(total) {
					return
				}
				c := comparison{t: t, capture: captures[n%int64(len(captures))], seed: uint64(n)}
				c.run()
				done.Add(int64(len(c.conditions)))
				verdicts.Add(c.verdicts)
				matches.Add(c.matches)
				differences.Add(c.differences)
			}
		})
	}
	workers.Wait()
	t.Logf("%d conditions, %d verdicts on events of %d captures, %d of them true, %d differences",
		done.Load(), verdicts.Load(), len(captures), matches.Load(), differences.Load())
	if done.Load() < int64(total) || matches.Load() < verdicts.Load()/20 {
		t.Errorf("of %d verdicts on %d conditions, %d are true", verdicts.Load(), done.Load(), matches.Load())
	}
}

// capture is a capture in memory.
type capture struct {
	name   string
	data   []byte
	events int
}

// readCaptures reads the project's captures and those in ../shared, if they are
// there, but for the long one.
func readCaptures(t *testing.T) (list []capture) {
	t.Helper()
	names, err := filepath.Glob("../../testdata/*.scap")
	if err != nil {
		t.Fatal(err)
	}
	shared, err := filepath.Glob("../../../shared/captures/*.scap")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, shared...) {
		if filepath.Base(name) == "falco-workload.scap" {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		c := capture{name: filepath.Base(name), data: data}
		err = c.each(func(*replay.Host) { c.events++ })
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		list = append(list, c)
	}
	if len(list) == 0 {
		t.Fatal("no captures")
	}
	return list
}

// each replays the capture and calls f behind each event.
func (c *capture) each(f func(*replay.Host)) error {
	r, err := scap.NewReader(bytes.NewReader(c.data), c.name, scap.Options{})
	if err != nil {
		return err
	}
	defer r.Close()
	var host *replay.Host
	for section := -1; ; {
		ev, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if host == nil || r.Section() != section {
			section, host = r.Section(), replay.New(r.Snapshot())
		}
		host.Apply(ev)
		if !ev.StateOnly {
			f(host)
		}
	}
}

// comparison is one batch on one capture.
type comparison struct {
	t          *testing.T
	capture    capture
	seed       uint64
	conditions []syntax.Expr

	verdicts, matches, differences int64
}

func (c *comparison) run() {
	r := rand.New(rand.NewPCG(c.seed, 1))
	some := func() bool { return r.IntN(max(c.capture.events, 1)) < eventsPerBatch }
	g := randcond.New(r)
	var ctx field.Context
	err := c.capture.each(func(h *replay.Host) {
		if ctx.Host = h; some() {
			g.Learn(&ctx)
		}
	})
	if err != nil {
		c.t.Error(err)
		return
	}
	set := &rules.Set{}
	for len(set.Rules) < batch {
		e := g.Condition(3)
		// The text has to read back as the condition.
		if again, err := syntax.Parse(e.String()); err != nil || again.String() != e.String() {
			c.t.Errorf("%s does not read back: %v", e, err)
			c.differences++
			return
		}
		rule := &rules.Rule{Name: strconv.Itoa(len(set.Rules)), Expr: e, Output: "-", Source: "syscall", Enabled: true}
		if suits(rule) {
			set.Rules = append(set.Rules, rule)
			c.conditions = append(c.conditions, e)
		}
	}
	eng, problems := engine.New(set, engine.Options{Matching: engine.All, NoFields: true})
	if len(problems) > 0 {
		c.t.Errorf("%s", problems[0].Message)
		return
	}
	var host *replay.Host
	var eval *engine.Evaluator
	err = c.capture.each(func(h *replay.Host) {
		if h != host {
			host, eval = h, eng.NewEvaluator(h)
		}
		if some() && c.differences == 0 {
			c.event(host, eval, set)
		}
	})
	if err != nil {
		c.t.Error(err)
	}
}

// suits tells whether a rule can be compiled.
func suits(r *rules.Rule) bool {
	for _, p := range engine.CheckRule(r) {
		if p.Severity == rules.SeverityError {
			return false
		}
	}
	return true
}

// event compares all conditions on one event.
func (c *comparison) event(host *replay.Host, eval *engine.Evaluator, set *rules.Set) {
	matched := make(map[string]bool)
	eval.Process(func(a *engine.Alert) { matched[a.Rule.Name] = true })
	ctx := field.Context{Host: host}
	ev := host.Current.Event
	for i, e := range c.conditions {
		v, err := explain.Condition(e, &ctx)
		fits := explain.Fits(e, ev.Type)
		c.verdicts++
		if v.True {
			c.matches++
		}
		if got := matched[set.Rules[i].Name]; err != nil || got != (v.True && fits) {
			c.differences++
			c.t.Errorf("%s, event %d (%s), batch %d:\n%s\nengine %v, plain %v, fits %v, %v\n%s",
				c.capture.name, ev.Num, ev.Info().Name, c.seed, e, got, v.True, fits, err, show(v, ""))
		}
	}
}

// show writes a verdict as a tree.
func show(v explain.Verdict, indent string) string {
	s := fmt.Sprintf("%s%v: %s", indent, v.True, v.Expr)
	for _, o := range []*explain.Seen{v.Left, v.Right} {
		if o != nil {
			s += fmt.Sprintf("\n%s    %s is %v %#v", indent, o.Operand, o.Present, o.Values)
		}
	}
	for _, p := range v.Parts {
		s += "\n" + show(p, indent+"  ")
	}
	return strings.TrimRight(s, "\n")
}
