package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"falcoreplay/scap"
)

const (
	bundledCaptures = "../../testdata/captures"
	maxCaptureBytes = 64 << 10

	// podmanText is what podman and runc add to a scenario of containers.
	podmanText = "conmon runc:[0:PARENT] runc:[1:CHILD] runc:[2:INIT] HOSTNAME= TERM= container="
)

var (
	envNames = []string{"HOME", "OLDPWD", "PATH", "PWD", "SHLVL", "_"}
	accounts = []string{"root", "daemon", "www-data", "nobody", "alice"}
	// scenarioPath is where a machine that is like any other has its files.
	scenarioPath = regexp.MustCompile(`^/(bin|sbin|lib|lib64|usr/bin|usr/sbin|usr/lib|usr/libexec|usr/local/bin|usr/local/sbin|usr/share|etc|proc|sys|dev|tmp|var|run|opt/scenario|home/alice|root|victim)?(/|$)`)
	pathText     = regexp.MustCompile(`(^|[^A-Za-z0-9_.~*)}/:-])(/[A-Za-z][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+)*)`)
	envText      = regexp.MustCompile(`(?:^|\x00)([A-Za-z_][A-Za-z0-9_]*)=`)
)

// scenarios are the texts of the scenarios by their name.
func scenarios(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../../testdata/scenarios/bundled/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	pods, err := os.ReadFile("../../testdata/scenarios/pods.sh")
	if err != nil {
		t.Fatal(err)
	}
	texts := make(map[string]string)
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split("\n"+string(b), "\n-- ")[1:] {
			name, text, ok := strings.Cut(part, " --\n")
			scenario, kind, slash := strings.Cut(name, "/")
			if !ok || !slash || !slices.Contains([]string{"prepare", "attack", "benign"}, kind) {
				t.Fatalf("%s: no part of a scenario: %.40q", file, part)
			}
			texts[scenario] += text
			if filepath.Base(file) == "containers.txtar" {
				texts[scenario] += string(pods) + podmanText
			}
		}
	}
	return texts
}

// TestBundledCaptures holds that the captures which the bundled rules are tested
// on are small, belong to a scenario, and hold nothing of the machine that they
// were recorded on: no process, variable or path but those of the scenario.
func TestBundledCaptures(t *testing.T) {
	texts := scenarios(t)
	dirs, err := os.ReadDir(bundledCaptures)
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		text, ok := texts[dir.Name()]
		if !ok {
			t.Errorf("%s belongs to no scenario", dir.Name())
		}
		delete(texts, dir.Name())
		for _, kind := range []string{"attack", "benign"} {
			path := filepath.Join(bundledCaptures, dir.Name(), kind+".scap")
			if info, err := os.Stat(path); err != nil || info.Size() > maxCaptureBytes {
				t.Errorf("%s: %v, or more than %d bytes", path, err, maxCaptureBytes)
				continue
			}
			nothingForeign(t, path, text)
		}
	}
	for name := range texts {
		t.Errorf("scenario %s is not recorded", name)
	}
}

func nothingForeign(t *testing.T, path, scenario string) {
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
	if s.Machine.Hostname != "victim" || r.Info().MachineID != "" || events == 0 {
		t.Errorf("%s: %d events on %q, machine %q", path, events, s.Machine.Hostname, r.Info().MachineID)
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
}
