// Parity compares our alerts with Falco's, sets aside what the list of
// differences allows to differ, and tells how much fell under each of its
// entries. It fails if anything else differs, or if an entry allows what no
// longer differs.
//
//	parity LIST GOLDEN CONDITIONS OURS
//
// LIST is docs/differences.yaml. GOLDEN has Falco's alerts, NAME.probe.jsonl.gz
// and NAME.stock.jsonl, and CONDITIONS which events each condition of
// accepted.yaml matches. OURS has our alerts for the same: NAME.probe.jsonl,
// NAME.stock.jsonl and NAME.conditions.jsonl.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"falcoreplay/internal/differences"
)

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: parity LIST GOLDEN CONDITIONS OURS")
		os.Exit(2)
	}
	if err := check(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, "parity:", err)
		os.Exit(1)
	}
}

func check(listName, golden, conditions, ours string) error {
	list, err := differences.Open(listName)
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(golden, "*.jsonl*"))
	if err != nil {
		return err
	}
	c := &comparison{list: list, under: make(map[string]int)}
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(file), ".gz"), ".jsonl")
		if err := c.alerts(name, file, filepath.Join(ours, name+".jsonl")); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	matched, err := filepath.Glob(filepath.Join(conditions, "*.json.gz"))
	if err != nil {
		return err
	}
	for _, file := range matched {
		capture := strings.TrimSuffix(filepath.Base(file), ".json.gz")
		err := c.conditions(capture, filepath.Join(conditions, "accepted.yaml"), file, filepath.Join(ours, capture+".conditions.jsonl"))
		if err != nil {
			return fmt.Errorf("%s.conditions: %w", capture, err)
		}
	}
	if len(files) == 0 || len(matched) == 0 {
		return fmt.Errorf("%s and %s lack Falco's answers", golden, conditions)
	}
	return c.conclude()
}

// conclude prints the sums and tells what is wrong.
func (c *comparison) conclude() error {
	fmt.Printf("all: %s\n", c.total)
	for _, s := range c.list.Sections {
		for _, e := range s.Entries {
			n := c.under[e.ID]
			switch {
			case n > 0:
				fmt.Printf("     %d under %s\n", n, e.ID)
			case len(e.Cells) > 0:
				c.problems = append(c.problems, fmt.Sprintf("entry %s allows cells that do not differ", e.ID))
			}
		}
	}
	if len(c.problems) == 0 {
		return nil
	}
	shown := slices.Clone(c.problems[:min(len(c.problems), 20)])
	return fmt.Errorf("%d differences that the list does not allow:\n%s", len(c.problems), strings.Join(shown, "\n"))
}
