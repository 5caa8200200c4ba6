package run

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"falcoreplay/engine"
	"falcoreplay/rules"
	"falcoreplay/scap"
)

func bundled(t testing.TB) *engine.Engine {
	t.Helper()
	return compile(t, rules.Bundled()...)
}

func compile(t testing.TB, files ...rules.File) *engine.Engine {
	t.Helper()
	set, result := rules.Load(files, rules.Options{KnownField: engine.CheckField, Check: engine.CheckRule})
	if err := result.Err(); err != nil {
		t.Fatal(err)
	}
	eng, problems := engine.New(set, engine.Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return eng
}

func capture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// analyze returns the alerts as text, one a line.
func analyze(data []byte, eng *engine.Engine) (string, Result, error) {
	var out []byte
	res, err := Capture(bytes.NewReader(data), "test", eng, Options{}, func(a *engine.Alert) error {
		out = append(a.AppendText(out), '\n')
		return nil
	})
	return string(out), res, err
}

func TestCapture(t *testing.T) {
	data, eng := capture(t, "falco-attacks.scap"), bundled(t)
	alerts, res, err := analyze(data, eng)
	if err != nil || res.Capture.Events != 3742 || alerts == "" {
		t.Fatalf("%d events, error %v, alerts:\n%s", res.Capture.Events, err, alerts)
	}

	// Captures one after another in one file are analysed as if they were
	// alone.
	twice, res, err := analyze(append(bytes.Clone(data), data...), eng)
	if err != nil || twice != alerts+alerts || res.Capture.Events != 2*3742 {
		t.Errorf("twice: %d events, error %v", res.Capture.Events, err)
	}

	// What lies before the damage is reported.
	cut, _, err := analyze(data[:len(data)*3/4], eng)
	var damage *scap.Error
	if !errors.As(err, &damage) || damage.File != "test" || !bytes.HasPrefix([]byte(alerts), []byte(cut)) {
		t.Errorf("cut: error %v, alerts:\n%s", err, cut)
	}
}

// TestBeside holds that reading beside the replay changes nothing, for captures
// of all ages, joined, cut, damaged and compressed.
func TestBeside(t *testing.T) {
	names, err := filepath.Glob("../../testdata/*.scap")
	if err != nil || len(names) == 0 {
		t.Fatal(err, names)
	}
	if shared, err := filepath.Glob("../../../shared/captures/*.scap"); err == nil {
		names = append(names, shared...)
	}
	eng := compile(t, rules.File{Name: "all.yaml", Data: []byte(`
- rule: Some
  desc: Events of all kinds.
  condition: evt.num > 0 and not evt.type in (read, write, fcntl, newfstatat, nanosleep)
  output: "%evt.num %evt.type %proc.cmdline %fd.name %evt.args"
  priority: DEBUG
  warn_evttypes: false
`)})
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > 4<<20 {
			continue // a long one of what the others hold
		}
		plain := inflate(t, data)
		damaged := bytes.Clone(plain)
		for i := len(damaged) / 2; i < len(damaged); i += len(damaged)/40 + 1 {
			damaged[i] ^= 0x55
		}
		for what, data := range map[string][]byte{
			"whole": data, "twice": append(bytes.Clone(plain), plain...), "cut": data[:len(data)*2/3],
			"cut plain": plain[:len(plain)*2/3], "damaged": damaged,
		} {
			var sums [2]hash.Hash64
			var results [2]Result
			var errs [2]string
			for i := range sums {
				sums[i] = fnv.New64a()
				var buf []byte
				var err error
				results[i], err = Capture(bytes.NewReader(data), "test", eng, Options{Spare: 2 * i}, func(a *engine.Alert) error {
					buf = append(a.AppendText(buf[:0]), '\n')
					sums[i].Write(buf)
					return nil
				})
				errs[i] = fmt.Sprint(err)
			}
			if sums[0].Sum64() != sums[1].Sum64() || errs[0] != errs[1] || !reflect.DeepEqual(results[0], results[1]) {
				t.Errorf("%s, %s: %d alerts' sum and %s by turns, %d and %s beside; results\n%+v\n%+v",
					name, what, sums[0].Sum64(), errs[0], sums[1].Sum64(), errs[1], results[0], results[1])
			}
		}
	}
}

// inflate returns a capture without its compression.
func inflate(t *testing.T, data []byte) []byte {
	t.Helper()
	if len(data) < 2 || data[0] != 0x1f {
		return data
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEmitError(t *testing.T) {
	stop := errors.New("enough")
	n := 0
	_, err := Capture(bytes.NewReader(capture(t, "falco-attacks.scap")), "test", bundled(t), Options{}, func(*engine.Alert) error {
		n++
		return stop
	})
	if !errors.Is(err, stop) || n != 1 {
		t.Errorf("error %v after %d alerts", err, n)
	}
}

// TestAllocations holds what an event costs that matches no rule: nothing, but
// for the state that it changes.
func TestAllocations(t *testing.T) {
	data := capture(t, "falco-containers.scap")
	quiet := compile(t, rules.File{Name: "quiet.yaml", Data: []byte(`
- rule: Quiet
  desc: Looks at much and matches nothing.
  condition: proc.name = nobody and fd.name startswith /nowhere and proc.aname in (x, y) and evt.arg.res = z and user.name = q
  output: "%proc.cmdline"
  priority: DEBUG
  warn_evttypes: false
`)})
	none := compile(t, rules.File{Name: "none.yaml", Data: []byte("[]")})
	with := testing.AllocsPerRun(3, func() { analyze(data, quiet) })
	without := testing.AllocsPerRun(3, func() { analyze(data, none) })
	if with > without+100 {
		t.Errorf("judging 13,062 events takes %.0f allocations, of %.0f in all", with-without, with)
	}
}

func BenchmarkCapture(b *testing.B) {
	for _, name := range []string{"falco-attacks", "falco-containers"} {
		b.Run("capture="+name, func(b *testing.B) {
			data, eng := capture(b, name+".scap"), bundled(b)
			var events uint64
			for b.Loop() {
				_, res, err := analyze(data, eng)
				if err != nil {
					b.Fatal(err)
				}
				events += res.Capture.Events
			}
			b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
