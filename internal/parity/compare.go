package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"falcoreplay/internal/differences"
	"falcoreplay/rules/syntax"
)

// count is a number of cells.
type count struct{ all, equal, allowed int }

func (n count) String() string {
	rest := n.all - n.allowed
	return fmt.Sprintf("cells %d/%d %.3f%%, without %d deliberate differences %d/%d %.3f%%",
		n.equal, n.all, share(n.equal, n.all), n.allowed, n.equal, rest, share(n.equal, rest))
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 100
	}
	return 100 * float64(part) / float64(whole)
}

// comparison is what was found so far.
type comparison struct {
	list     *differences.List
	total    count
	under    map[string]int // cells and verdicts by the entry that allows them
	problems []string
	// differing has the entry for each field that was allowed to differ, by
	// capture and event number.
	differing map[string]map[uint64]map[string]*differences.Entry
}

func (c *comparison) problem(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

// alert is the part of an alert that is compared.
type alert struct {
	Rule   string            `json:"rule"`
	Time   string            `json:"time"`
	Fields differences.Alert `json:"output_fields"`
}

// alerts compares two files of alerts.
func (c *comparison) alerts(name, falco, ours string) error {
	a, err := open(falco)
	if err != nil {
		return err
	}
	b, err := open(ours)
	if err != nil {
		return err
	}
	capture, _, _ := strings.Cut(name, ".")
	var n count
	for line := 1; ; line++ {
		var want, have alert
		errWant, errHave := a.next(&want), b.next(&have)
		switch {
		case errors.Is(errWant, io.EOF) && errors.Is(errHave, io.EOF):
			fmt.Printf("%s: %s\n", name, n)
			c.total.all, c.total.equal, c.total.allowed = c.total.all+n.all, c.total.equal+n.equal, c.total.allowed+n.allowed
			return nil
		case errWant != nil || errHave != nil:
			return fmt.Errorf("alert %d: Falco's: %v, ours: %v", line, errWant, errHave)
		case want.Rule != have.Rule || want.Time != have.Time:
			return fmt.Errorf("alert %d: Falco's is of %s at %s, ours is of %s at %s", line, want.Rule, want.Time, have.Rule, have.Time)
		}
		c.cells(name, capture, &want, &have, &n)
	}
}

// cells compares two alerts.
func (c *comparison) cells(name, capture string, want, have *alert, n *count) {
	n.all += len(want.Fields)
	for field, value := range want.Fields {
		if bytes.Equal(value, have.Fields[field]) {
			n.equal++
			continue
		}
		e := c.list.Allowing(capture, field, want.Fields, have.Fields)
		if e == nil {
			c.problem("%s, event %s: %s is %s, ours %s", name, want.Fields["evt.num"], field, value, have.Fields[field])
			continue
		}
		n.allowed++
		c.under[e.ID]++
		c.remember(capture, want.Fields["evt.num"], field, e)
	}
}

func (c *comparison) remember(capture string, num json.RawMessage, field string, e *differences.Entry) {
	var n uint64
	if json.Unmarshal(num, &n) != nil {
		return // alerts of the stock rules do not show it
	}
	if c.differing == nil {
		c.differing = make(map[string]map[uint64]map[string]*differences.Entry)
	}
	if c.differing[capture] == nil {
		c.differing[capture] = make(map[uint64]map[string]*differences.Entry)
	}
	if c.differing[capture][n] == nil {
		c.differing[capture][n] = make(map[string]*differences.Entry)
	}
	c.differing[capture][n][field] = e
}

// conditions compares which events conditions match. One that reads a field
// whose value was allowed to differ in an event may have another verdict there.
func (c *comparison) conditions(capture, accepted, falco, ours string) error {
	fields, err := readConditions(accepted)
	if err != nil {
		return err
	}
	want := make(map[string][]uint64)
	r, err := open(falco)
	if err != nil {
		return err
	}
	if err := r.next(&want); err != nil {
		return err
	}
	have := make(map[string][]uint64)
	if r, err = open(ours); err != nil {
		return err
	}
	for {
		var a struct {
			Rule   string `json:"rule"`
			Fields struct {
				Num uint64 `json:"evt.num"`
			} `json:"output_fields"`
		}
		if err := r.next(&a); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		have[a.Rule] = append(have[a.Rule], a.Fields.Num)
	}
	equal, allowed := 0, 0
	for rule, names := range fields {
		wrong := exclusive(want[rule], have[rule])
		if len(wrong) == 0 {
			equal++
			continue
		}
		n := len(c.problems)
		for _, num := range wrong {
			c.verdict(capture, rule, num, names)
		}
		if len(c.problems) == n {
			allowed++
		}
	}
	fmt.Printf("%s.conditions: rules %d/%d, without %d that differ deliberately %d/%d\n",
		capture, equal, len(fields), allowed, equal, len(fields)-allowed)
	return nil
}

func (c *comparison) verdict(capture, rule string, num uint64, fields []string) {
	for field, e := range c.differing[capture][num] {
		if slices.Contains(fields, field) {
			c.under[e.ID]++
			return
		}
	}
	c.problem("%s, event %d: condition %s has another verdict", capture, num, rule)
}

// exclusive are the numbers in one list only.
func exclusive(a, b []uint64) (list []uint64) {
	for _, x := range a {
		if !slices.Contains(b, x) {
			list = append(list, x)
		}
	}
	for _, x := range b {
		if !slices.Contains(a, x) {
			list = append(list, x)
		}
	}
	return list
}

// readConditions reads the fields in the condition of each rule of a file.
func readConditions(name string) (map[string][]string, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var rules []struct{ Rule, Condition string }
	if err := yaml.Unmarshal(data, &rules); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	fields := make(map[string][]string)
	for _, r := range rules {
		e, err := syntax.Parse(r.Condition)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, r.Rule, err)
		}
		fields[r.Rule] = nil
		syntax.Walk(e, func(n syntax.Node) bool {
			if f, ok := n.(*syntax.Field); ok {
				fields[r.Rule] = append(fields[r.Rule], f.String())
			}
			return true
		})
	}
	return fields, nil
}

// lines reads JSON, one value a line.
type lines struct{ r *bufio.Reader }

// open reads a file, which may be compressed, into memory.
func open(name string) (*lines, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(data, []byte("\x1f\x8b")) {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return &lines{bufio.NewReaderSize(z, 1<<20)}, nil
	}
	return &lines{bufio.NewReader(bytes.NewReader(data))}, nil
}

// next reads the next line that is JSON; the error is io.EOF if there is none.
func (l *lines) next(v any) error {
	for {
		line, err := l.r.ReadBytes('\n')
		if bytes.HasPrefix(line, []byte("{")) {
			return json.Unmarshal(line, v)
		}
		if err != nil {
			return err
		}
	}
}
