package regress

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"falcoreplay/internal/testenv"
)

// edited is the stock rules with one edit each.
var edited = []struct {
	name     string
	from, to string // a text of the stock rules and what stands in its place; to an empty one it is appended
	want     string // rule by rule: + - ~ with the numbers of events, the changed text in parentheses
}{
	{"a list item removed",
		"  items: [ash, bash, csh, ksh, sh, tcsh, zsh, dash]", "  items: [ash, bash, csh, ksh, tcsh, zsh, dash]",
		`Directory traversal monitored file read (list "shell_binaries")
Execution from /dev/shm (list "shell_binaries")
  - a930
Modify Shell Configuration File (list "shell_binaries")
Read Shell Configuration File (list "shell_binaries")
Read sensitive file untrusted (list "shell_binaries")
Run shell untrusted (list "shell_binaries")
  - a2449
System procs network activity (list "shell_binaries")
Terminal shell in container (list "shell_binaries")
  - c4415
Web Server Spawned Shell (list "shell_binaries")
Web Server Spawned Suspicious Child Process (list "shell_binaries")
`},
	{"an exception added",
		"- rule: Read sensitive file untrusted\n", "- rule: Read sensitive file untrusted\n  exceptions: [{name: cat, fields: [proc.name, proc.pname], comps: [=, =], values: [[cat, bash]]}]\n",
		`Read sensitive file untrusted (exceptions)
  - c11919
`},
	{"a macro loosened",
		"evt.arg.request contains PTRACE_ATTACH or", "evt.arg.request contains PTRACE or",
		`PTRACE anti-debug attempt ()
  - a1522
PTRACE attached to process (macro "ptrace_attach_or_injection")
  + a1522
  + a1673
`},
	{"a priority changed",
		"exe_flags=%evt.arg.flags\n  priority: CRITICAL\n  tags: [maturity_stable, host, container, process, mitre_defense_evasion, T1620]",
		"exe_flags=%evt.arg.flags\n  priority: ERROR\n  tags: [maturity_stable, host, container, process, mitre_defense_evasion, T1620]",
		`Fileless execution via memfd_create (priority)
  ~ a1093 priority
`},
	{"an operator changed without effect",
		"and evt.arg.domain contains AF_PACKET", "and evt.arg.domain = AF_PACKET",
		`Packet socket created in container (condition)
`},
	{"an operator changed",
		"and evt.arg.flags contains \"O_TRUNC\"", "and evt.arg.flags = \"O_TRUNC\"",
		`Clear Log Activities (condition)
  - a242
Delete or rename shell history (macro "truncate_shell_history")
`},
	{"an output changed",
		"output: Log files were tampered |", "output: A log was cleared |",
		`Clear Log Activities (output)
  ~ a242 output
`},
	{"a rule disabled",
		"- rule: Drop and execute new binary in container\n", "- rule: Drop and execute new binary in container\n  enabled: false\n",
		`Drop and execute new binary in container (enabled)
  - c11139
`},
	{"a condition narrowed",
		"    and proc.tty != 0\n    and container_entrypoint\n", "    and proc.tty != 0\n    and container_entrypoint\n    and container.name startswith prod\n",
		`Terminal shell in container (condition)
  - c4415
`},
	{"a rule added",
		"", "\n- rule: Image of busybox\n  desc: d\n  condition: evt.type = execve and container.image.repository endswith busybox and proc.name = sh\n  output: o %proc.name\n  priority: INFO\n",
		`Image of busybox (added)
  + c5696
  + c5730
  + c11057
`},
	{"a rule renamed",
		"- rule: Clear Log Activities\n", "- rule: Clear Log Activities 2\n",
		`Clear Log Activities (removed)
  - a242
Clear Log Activities 2 (added)
  + a242
`},
	{"a description and white space changed",
		"  desc: >\n    Detect an attempt to inject potentially", "  desc: >\n    Detects   an attempt to inject potentially",
		`PTRACE attached to process (description)
`},
	{"tags changed",
		"tags: [maturity_stable, host, container, process, mitre_privilege_escalation, T1055.008]", "tags: [T1055.008]",
		`PTRACE attached to process (tags)
  ~ a1672 tags
`},
}

func TestEdits(t *testing.T) {
	shared := testenv.Shared(t)
	var stock []byte
	for _, path := range testenv.StockRules(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		stock = append(append(stock, data...), '\n')
	}
	captures := []string{filepath.Join(shared, "captures", "falco-attacks.scap"), filepath.Join(shared, "captures", "falco-containers.scap")}
	before := plainAlerts(t, stock, captures)
	for _, e := range edited {
		t.Run(e.name, func(t *testing.T) {
			changed := append(bytes.Clone(stock), e.to...)
			if e.from != "" {
				if !bytes.Contains(stock, []byte(e.from)) {
					t.Fatalf("the stock rules do not hold %q", e.from)
				}
				changed = bytes.ReplaceAll(stock, []byte(e.from), []byte(e.to))
			}
			files := memory{"old.yaml": stock, "new.yaml": changed}
			d, err := CompareRules(captures, DiffOptions{Files: files, From: []string{"old.yaml"}, To: []string{"new.yaml"}, Workers: 2})
			if err != nil {
				t.Fatal(err)
			}
			if got := brief(d); got != e.want {
				t.Errorf("got\n%s", got)
			}
			// The same by comparing whole alerts.
			gone, come := 0, 0
			after := plainAlerts(t, changed, captures)
			for alert, n := range before {
				gone += max(0, n-after[alert])
			}
			for alert, n := range after {
				come += max(0, n-before[alert])
			}
			if added, removed, altered := d.Count(); removed+altered != gone || added+altered != come {
				t.Errorf("%d alerts are gone and %d have come; the difference has %d added, %d removed, %d altered", gone, come, added, removed, altered)
			}
		})
	}
}

// plainAlerts counts the alerts of rules as they are printed.
func plainAlerts(t *testing.T, file []byte, captures []string) map[string]int {
	t.Helper()
	c := &choice{rules: &ruleSet{files: memory{"r": file}, paths: []string{"r"}}, fields: true}
	out := make(map[string]int)
	for _, name := range captures {
		p := pass{choice: c, capture: name}
		if p.run(memory{}); p.err != nil {
			t.Fatal(p.err)
		}
		for _, a := range p.alerts {
			out[name+string(a.AppendJSON(nil))]++
		}
	}
	if len(out) == 0 {
		t.Fatal("no alerts")
	}
	return out
}

// brief shows a difference in lines.
func brief(d *RulesDiff) string {
	var b strings.Builder
	for i := range d.Rules {
		c := &d.Rules[i]
		fmt.Fprintf(&b, "%s (%s)\n", c.Rule, strings.Join(append(c.Text, c.Through...), ", "))
		if c.Alerts == nil {
			continue
		}
		at := func(capture string, event uint64) string {
			return fmt.Sprintf("%c%d", strings.TrimPrefix(filepath.Base(capture), "falco-")[0], event)
		}
		for _, a := range c.Alerts.Added {
			fmt.Fprintf(&b, "  + %s\n", at(a.Capture, a.Event))
		}
		for _, a := range c.Alerts.Removed {
			fmt.Fprintf(&b, "  - %s\n", at(a.Capture, a.Event))
		}
		for _, a := range c.Alerts.Altered {
			fmt.Fprintf(&b, "  ~ %s", at(a.To.Capture, a.To.Event))
			for _, ch := range a.Changes {
				fmt.Fprintf(&b, " %s", ch.What)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}
