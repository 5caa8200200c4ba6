//go:build amd64 || arm64

// Command falcorec records the system calls of a Linux host into a capture.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"falcoreplay/internal/callset"
	"falcoreplay/recorder"
	"falcoreplay/recorder/container"
	"falcoreplay/recorder/filter"
	"falcoreplay/scap"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1 // the recording could not start, or was broken off
	exitUsage  = 2 // the command line is wrong
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM)
	defer stop()
	os.Exit(program(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// program is all that the process does.
func program(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	cmd := recordCommand(stderr)
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	fmt.Fprintf(stderr, "falcorec: %v\n", err)
	var failed *failedError
	if errors.As(err, &failed) {
		return exitFailed
	}
	return exitUsage
}

// failedError is an error of recording, not of the command line.
type failedError struct{ error }

func (e *failedError) Unwrap() error { return e.error }

// settings are the values of the flags.
type settings struct {
	path, compress, syscalls, env string
	filter, snapshot, redact      string
	runtimes                      string
	snapLen                       uint32
	seconds, rotateSeconds        uint64
	events                        uint64
	rotateMiB, ringMiB            uint64
	rings                         int
	files                         int
	quiet                         bool
}

func recordCommand(stderr io.Writer) *cobra.Command { return recordCommandOf(new(settings), stderr) }

// recordCommandOf puts what the flags say into set.
func recordCommandOf(set *settings, stderr io.Writer) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "falcorec -w FILE",
		Short: "Records the system calls of this host",
		Long: `Records the system calls of this host into a capture, with a snapshot of its
processes, for falcoanalyze, Falco, sysdig and Stratoshark to read. It needs
root, or the capabilities that it names when they are missing, and Linux 5.10 or
later with BTF.

It ends on an interrupt (Ctrl-C) or SIGTERM, or at a limit; SIGUSR1 prints
figures. If it is killed the file is good up to about its last second.`,
		Example: `  sudo falcorec -w trace.scap                          until interrupted
  sudo falcorec -w trace.scap.zst -M 60                one minute, zstd
  sudo falcorec -w trace.scap -C 100 -W 10             ten files of 100 MiB at most, the newest stay
  sudo falcorec -w trace.scap --syscalls rules:my.yaml what these rules look at
  sudo falcorec -w trace.scap -f 'proc.name = nginx'   one program's events
  sudo falcorec -w trace.scap -f 'cgroup.path = /web' --snapshot filtered
                                                       nothing of the host but this
  ssh host sudo falcorec -w - | falcoanalyze -         look on from afar`,
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opt, err := set.options()
			if err != nil {
				return err
			}
			return record(cmd.Context(), opt, set.quiet, stderr)
		},
	}
	cmd.AddCommand(checkCommand())
	cmd.CompletionOptions.HiddenDefaultCmd = true
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&set.path, "write", "w", "", "write the capture to `file`, - for standard output; a file of that name is replaced")
	f.Uint32VarP(&set.snapLen, "snaplen", "s", recorder.DefaultSnapLen, "keep at most so many `bytes` of the data of a call")
	f.Uint64VarP(&set.seconds, "seconds", "M", 0, "end after so many `seconds`")
	f.Uint64VarP(&set.events, "events", "n", 0, "end after so many `events`")
	f.Uint64VarP(&set.rotateMiB, "rotate-size", "C", 0, "begin a new file when one has so many `MiB`")
	f.Uint64VarP(&set.rotateSeconds, "rotate-time", "G", 0, "begin a new file when one is so many `seconds` old")
	f.IntVarP(&set.files, "files", "W", 0, "keep only so many `files`, the newest")
	f.StringVar(&set.syscalls, "syscalls", "default", "record `which` system calls: default (what keeps track of processes and files, and what\nthe stock rules look at), all, rules:FILE (what the rules of a file or directory look at),\nor names with commas between them")
	f.StringVarP(&set.filter, "filter", "f", "", "record only what matches this `condition` on proc.name, proc.pid, proc.apid (descendants), user.uid,\ncgroup.path, container.id and evt.type, and what keeps track of processes and files")
	f.StringVar(&set.snapshot, "snapshot", "all", "of `which` processes the capture tells: all, or filtered (nothing of those that -f leaves out)")
	f.StringVar(&set.runtimes, "runtimes", "auto", "`which` container runtimes to ask: auto (those at their usual sockets), none, or sockets with commas\nbetween them, like podman=/run/podman/podman.sock (docker, podman or cri)")
	f.StringVar(&set.compress, "compress", "", "`none`, gzip[:1-9] or zstd[:1-22] (default: by the name, .zst for zstd, else gzip)")
	f.StringVar(&set.env, "env", "masked", "`how` to keep environments: all, masked (no values of names that look like secrets), names, none")
	f.StringVar(&set.redact, "redact", "", "mask what matches this `regexp` (RE2) in arguments, environments and the data of calls;\nof data only what -s keeps is looked at")
	f.Uint64Var(&set.ringMiB, "ring", recorder.DefaultRingBytes>>20, "`MiB` of each ring between kernel and recorder, a power of two; more lose less under load")
	f.IntVar(&set.rings, "rings", 0, "`how` many rings there are (default one for every 8 processors)")
	f.BoolVarP(&set.quiet, "quiet", "q", false, "no figures on standard error; errors are always shown")
	return cmd
}

// options checks the flags, and tells everything that is wrong with them.
func (set *settings) options() (recorder.Options, error) {
	var errs []string
	check := func(flag string, err error) {
		if err != nil {
			errs = append(errs, fmt.Sprintf("%s: %v", flag, err))
		}
	}
	opt := recorder.Options{
		Path: set.path, SnapLen: set.snapLen, Events: set.events, RingBytes: int(set.ringMiB << 20), Rings: set.rings,
		Duration: time.Duration(set.seconds) * time.Second, RotateAfter: time.Duration(set.rotateSeconds) * time.Second,
		RotateBytes: set.rotateMiB << 20, KeepFiles: set.files, Version: version(),
	}
	if set.path == "" {
		errs = append(errs, "-w: name a file for the capture, or - for standard output")
	}
	rotates := opt.RotateBytes > 0 || opt.RotateAfter > 0
	if rotates && set.path == "-" {
		errs = append(errs, "-C and -G need a file: standard output has no next one")
	}
	if set.files < 0 || set.files > 0 && !rotates {
		errs = append(errs, "-W: a number above 0, together with -C or -G")
	}
	if set.ringMiB == 0 || set.ringMiB&(set.ringMiB-1) != 0 || set.ringMiB > 1024 {
		errs = append(errs, "--ring: a power of two from 1 to 1024")
	}
	if set.rings < 0 {
		errs = append(errs, "--rings: 0 or more")
	}
	if set.snapLen > recorder.MaxSnapLen {
		errs = append(errs, fmt.Sprintf("-s: at most %d", recorder.MaxSnapLen))
	}
	var err error
	opt.Compression, opt.Level, err = compression(set.path, set.compress)
	check("--compress", err)
	opt.Env, err = recorder.ParseEnvMode(set.env)
	check("--env", err)
	opt.Syscalls, err = selectSyscalls(set.syscalls)
	check("--syscalls", err)
	check("-f", set.filters(&opt))
	opt.Containers, err = sockets(set.runtimes)
	check("--runtimes", err)
	if set.redact != "" {
		opt.Redact, err = regexp.Compile(set.redact)
		check("--redact", err)
		if err == nil && opt.Redact.MatchString("") {
			errs = append(errs, "--redact: the pattern matches the empty text, and so everywhere")
		}
	}
	if len(errs) > 0 {
		return opt, errors.New(strings.Join(errs, "\nfalcorec: "))
	}
	return opt, nil
}

// filters reads -f and --snapshot.
func (set *settings) filters(opt *recorder.Options) (err error) {
	switch set.snapshot {
	case "all":
	case "filtered":
		if set.filter == "" {
			return errors.New("--snapshot filtered needs a filter")
		}
		opt.FilterSnapshot = true
	default:
		return fmt.Errorf("--snapshot is all or filtered, not %q", set.snapshot)
	}
	if set.filter == "" {
		return nil
	}
	opt.State = callset.State()
	if opt.Filter, err = filter.Parse(set.filter); err != nil {
		return err
	}
	for _, a := range opt.Filter.Atoms {
		if a.Kind == filter.Call && !recorder.Recordable(a.Text) {
			return fmt.Errorf("%q is no system call", a.Text)
		}
	}
	return nil
}

// sockets reads --runtimes; nil stands for none.
func sockets(flag string) (*container.Sockets, error) {
	switch flag {
	case "auto":
		return &container.Sockets{}, nil
	case "none":
		return nil, nil
	}
	s := &container.Sockets{Docker: []string{}, Podman: []string{}, CRI: []string{}}
	lists := map[string]*[]string{"docker": &s.Docker, "podman": &s.Podman, "cri": &s.CRI}
	for entry := range strings.SplitSeq(flag, ",") {
		kind, path, _ := strings.Cut(entry, "=")
		list := lists[strings.TrimSpace(kind)]
		if list == nil || path == "" {
			return nil, fmt.Errorf("%q is none of auto, none, docker=SOCKET, podman=SOCKET and cri=SOCKET", entry)
		}
		*list = append(*list, path)
	}
	return s, nil
}

func compression(path, flag string) (scap.Compression, int, error) {
	switch {
	case flag != "":
		return scap.ParseCompression(flag)
	case strings.HasSuffix(path, ".zst"):
		return scap.Zstd, 0, nil
	}
	return scap.Gzip, 0, nil
}
