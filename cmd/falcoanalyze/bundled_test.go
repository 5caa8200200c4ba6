package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"falcoreplay/internal/testenv"
	"falcoreplay/scap"
)

const (
	bundledCaptures = "../../testdata/captures"
	maxCaptureBytes = 64 << 10
	// maxOrdinaryBytes is for all captures of what is ordinary together.
	maxOrdinaryBytes = 4 << 20
	// minCoveragePercent is how many comparisons of the rules have to come out both
	// ways.
	minCoveragePercent = 90

	// podmanText is what podman and runc add to a scenario of containers.
	podmanText = "conmon runc:[0:PARENT] runc:[1:CHILD] runc:[2:INIT] HOSTNAME= TERM= container= GOMAXPROCS= " +
		"_LIBCONTAINER_CLONED_BINARY= _LIBCONTAINER_FIFOFD= _LIBCONTAINER_INITPIPE= _LIBCONTAINER_INITTYPE= " +
		"_LIBCONTAINER_LOGLEVEL= _LIBCONTAINER_LOGPIPE= _LIBCONTAINER_STATEDIR="
)

var (
	envNames = []string{"HOME", "OLDPWD", "PATH", "PWD", "SHLVL", "_"}
	accounts = []string{"root", "daemon", "www-data", "nobody", "alice"}
	// scenarioPath is where a machine that is like any other has its files.
	scenarioPath = regexp.MustCompile(`^/(bin|sbin|lib|lib64|usr/bin|usr/sbin|usr/lib|usr/libexec|usr/share|usr/include|etc|proc|sys|dev|tmp|var|run|opt/scenario|home/(alice|bob|carol)|srv|usr/local/(bin|include|lib/userdb|sbin)|root|victim)?(/|$)|^/(usr|etc)(/[a-z]+)?\.dpkg-(new|tmp)$`)
	pathText     = regexp.MustCompile(`(^|[^A-Za-z0-9_.~*)}/:-])(/[A-Za-z][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+)*)`)
	// kernelRelease is one without what its builders call it.
	kernelRelease = regexp.MustCompile(`^[0-9.]+$`)
	envText       = regexp.MustCompile(`(?:^|\x00)([A-Za-z_][A-Za-z0-9_]*)=`)
)

// scenario is one of testdata/scenarios/bundled.
type scenario struct {
	text  string
	kinds []string // what is recorded of it
}

// scenarios are the scenarios by their names.
func scenarios(t *testing.T) map[string]scenario {
	t.Helper()
	files, err := filepath.Glob("../../testdata/scenarios/bundled/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	pods, err := os.ReadFile("../../testdata/scenarios/pods.sh")
	if err != nil {
		t.Fatal(err)
	}
	list := make(map[string]scenario)
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split("\n"+string(b), "\n-- ")[1:] {
			name, text, ok := strings.Cut(part, " --\n")
			name, kind, slash := strings.Cut(name, "/")
			if !ok || !slash || !slices.Contains([]string{"prepare", "attack", "benign", "ordinary"}, kind) {
				t.Fatalf("%s: no part of a scenario: %.40q", file, part)
			}
			s := list[name]
			s.text += text
			if filepath.Base(file) == "containers.txtar" {
				s.text += string(pods) + podmanText
			}
			if kind != "prepare" {
				s.kinds = append(s.kinds, kind)
			}
			list[name] = s
		}
	}
	return list
}

// TestBundledCaptures holds that the captures which the bundled rules are tested
// on are small, belong to a scenario, and hold nothing of the machine that they
// were recorded on: no process, variable or path but those of the scenario.
func TestBundledCaptures(t *testing.T) {
	list := scenarios(t)
	ordinary := int64(0)
	dirs, err := os.ReadDir(bundledCaptures)
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		s, ok := list[dir.Name()]
		if both := slices.Equal(s.kinds, []string{"attack", "benign"}); !ok || !both && !slices.Equal(s.kinds, []string{"ordinary"}) {
			t.Errorf("%s belongs to no scenario that has an attack and a near miss, or to one of %q", dir.Name(), s.kinds)
		}
		delete(list, dir.Name())
		for _, kind := range s.kinds {
			path := filepath.Join(bundledCaptures, dir.Name(), kind+".scap")
			info, err := os.Stat(path)
			if err != nil {
				t.Error(err)
				continue
			}
			if kind == "ordinary" {
				ordinary += info.Size()
			} else if info.Size() > maxCaptureBytes {
				t.Errorf("%s has more than %d bytes", path, maxCaptureBytes)
			}
			first, last := nothingForeign(t, path, s.text)
			if seconds := time.Duration(last-first) * time.Nanosecond / time.Second; kind == "ordinary" && seconds < 30 {
				t.Errorf("%s is %d seconds long", path, seconds)
			}
		}
	}
	if ordinary > maxOrdinaryBytes {
		t.Errorf("captures of what is ordinary have %d bytes", ordinary)
	}
	for name := range list {
		t.Errorf("scenario %s is not recorded", name)
	}
}

// TestBundledCoverage holds that the suites make use of nearly all of the bundled
// rules' conditions, each comparison both ways.
func TestBundledCoverage(t *testing.T) {
	var out, messages bytes.Buffer
	if code := program([]string{"coverage", "-o", "json", "../../testdata/suites"}, strings.NewReader(""), &out, &messages); code != exitDone {
		t.Fatalf("exit code %d: %s", code, &messages)
	}
	var c struct {
		Comparisons int `json:"comparisons"`
		BothWays    int `json:"both_ways"`
	}
	if err := json.Unmarshal(out.Bytes(), &c); err != nil {
		t.Fatal(err)
	}
	if c.Comparisons == 0 || c.BothWays*100 < c.Comparisons*minCoveragePercent {
		t.Errorf("%d of %d comparisons came out both ways, less than %d %%", c.BothWays, c.Comparisons, minCoveragePercent)
	}
}

// TestBundledQuiet holds that nothing of priority warning or worse is said of
// captures of other machines that do their work.
func TestBundledQuiet(t *testing.T) {
	shared := testenv.Shared(t)
	for _, name := range []string{"falco-workload", "502Error", "curl_google"} {
		var out, messages bytes.Buffer
		path := filepath.Join(shared, "captures", name+".scap")
		if code := program([]string{"-q", "--priority", "warning", "--rule-matching", "all", path}, strings.NewReader(""), &out, &messages); code != exitDone || out.Len() > 0 {
			t.Errorf("%s: exit code %d, %s%s", name, code, &messages, &out)
		}
	}
}

// nothingForeign checks a capture, and returns the times of its first and last event.
func nothingForeign(t *testing.T, path, scenario string) (first, last uint64) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := scap.NewReader(f, path, scap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	check := func(what, s string) {
		if strings.Contains(s, "falcoreplay") {
			t.Errorf("%s: %s: %q", path, what, s)
		}
		for _, m := range pathText.FindAllStringSubmatch(s, -1) {
			if what == "sendto's data" && strings.HasSuffix(s, m[2]) {
				continue // cut short
			}
			if p := m[2]; !scenarioPath.MatchString(p) && !strings.Contains(scenario, p) {
				t.Errorf("%s: %s has the path %s", path, what, p)
			}
		}
	}
	env := func(what, s string) {
		for _, m := range envText.FindAllStringSubmatch(s, -1) {
			if !slices.Contains(envNames, m[1]) && !strings.Contains(scenario, m[1]+"=") {
				t.Errorf("%s: %s has the variable %s", path, what, m[1])
			}
		}
	}
	comm := func(what, s string) {
		if s != "bash" && !strings.Contains(scenario, s) {
			t.Errorf("%s: %s is the process %q", path, what, s)
		}
	}
	events := 0
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		events++
		if last = e.TS; first == 0 {
			first = e.TS
		}
		for i := range e.NumParams() {
			p, param := string(e.Param(i)), e.Info().Params[i]
			name, typ := param.Name, param.Type
			if param.Dynamic != nil {
				d, _, _ := param.Dynamic.Value(e.Param(i))
				typ = d.Type
			}
			if typ.Size() > 0 {
				continue // a number, whatever its bytes look like
			}
			what := e.Info().Name + "'s " + name
			switch name {
			case "env":
				env(what, p)
			case "comm":
				comm(what, strings.TrimRight(p, "\x00"))
			case "cgroups":
				continue
			}
			for s := range strings.SplitSeq(p, "\x00") {
				if len(s) >= 4 {
					check(what, s)
				}
			}
		}
	}
	s := r.Snapshot()
	if i := r.Info(); s.Machine.Hostname != "victim" || i.MachineID != "" || !kernelRelease.MatchString(i.Kernel) || events == 0 {
		t.Errorf("%s: %d events on %q, machine %q, kernel %q", path, events, s.Machine.Hostname, i.MachineID, i.Kernel)
	}
	for _, u := range s.Users {
		if !slices.Contains(accounts, u.Name) {
			t.Errorf("%s has the user %s", path, u.Name)
		}
	}
	for _, fds := range s.FDs {
		for _, fd := range fds.FDs {
			check("an fd", fd.Name)
		}
	}
	for _, th := range s.Threads {
		if th.PID == 1 {
			if th.Comm != "systemd" || th.Env != "" || th.Args != "" {
				t.Errorf("%s: the first process is %+v", path, th)
			}
			continue
		}
		comm("a thread", th.Comm)
		env("a thread", th.Env)
		for _, text := range []string{th.Exe, th.ExePath, th.Args, th.Cwd, th.Root, th.Env} {
			for s := range strings.SplitSeq(text, "\x00") {
				check("a thread", s)
			}
		}
	}
	return first, last
}
