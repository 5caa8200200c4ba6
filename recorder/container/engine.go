//go:build linux

package container

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// engine is Docker or Podman, which have nearly the same interface: JSON over
// HTTP on a unix socket. Of Docker the newest version that it has is used, of
// Podman the one of its own interface, which says more than that of Docker's
// that it has too.
type engine struct {
	http   http.Client
	podman bool
	prefix string // of all paths
	title  string
}

var (
	errStatus     = errors.New("unexpected status")
	errNoSuch     = errors.New("no such container")
	errBodyLong   = errors.New("answer is too long")
	errNotEngine  = errors.New("neither docker nor podman")
	errOtherID    = errors.New("answer is about another container")
	versionNumber = regexp.MustCompile(`^[0-9]{1,4}(\.[0-9]{1,4}){1,3}$`)
)

// openEngine asks which of the two it is, and whether it answers.
func openEngine(ctx context.Context, p *peer) (client, error) {
	e := &engine{}
	e.http.Transport = &http.Transport{
		DialContext: p.dial, DisableCompression: true,
		ResponseHeaderTimeout: p.timeout, MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConns: 2, IdleConnTimeout: time.Minute,
	}
	// A redirection would be followed to the same socket, for ever maybe.
	e.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := e.request(ctx, "/_ping", nil)
	if err != nil {
		e.close()
		return nil, err
	}
	res.Body.Close()
	docker, podman := res.Header.Get("Api-Version"), res.Header.Get("Libpod-Api-Version")
	switch {
	case versionNumber.MatchString(podman):
		e.podman, e.prefix, e.title = true, "/v"+podman+"/libpod", "podman "+podman
	case versionNumber.MatchString(docker):
		e.title = "docker (API " + docker + ")"
	default:
		e.close()
		return nil, errNotEngine
	}
	return e, nil
}

func (e *engine) name() string { return e.title }

func (e *engine) kind() string {
	if e.podman {
		return "podman"
	}
	return "docker"
}

func (e *engine) close() { e.http.CloseIdleConnections() }

// request returns an answer of status 200, whose body must be closed.
func (e *engine) request(ctx context.Context, path string, query url.Values) (*http.Response, error) {
	target := "http://localhost" + e.prefix + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, err
	}
	res, err := e.http.Do(req)
	if err != nil {
		return nil, err
	}
	switch res.StatusCode {
	case http.StatusOK:
		return res, nil
	case http.StatusNotFound:
		err = errNoSuch
	default:
		err = fmt.Errorf("%w %d of %s", errStatus, res.StatusCode, path)
	}
	res.Body.Close()
	return nil, err
}

// ask decodes an answer.
func (e *engine) ask(ctx context.Context, path string, into any) error {
	res, err := e.request(ctx, path, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBodyBytes+1))
	switch {
	case err != nil:
		return err
	case len(body) > maxBodyBytes:
		return fmt.Errorf("%s: %w: more than %d bytes", path, errBodyLong, maxBodyBytes)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func (e *engine) list(ctx context.Context) ([]string, error) {
	var all []struct {
		ID string `json:"Id"`
	}
	if err := e.ask(ctx, "/containers/json", &all); err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(all))
	for _, c := range all {
		if isFullID(c.ID) {
			ids = append(ids, c.ID)
		}
	}
	return ids, nil
}

func (e *engine) describe(ctx context.Context, id string) (*Description, error) {
	doc, err := e.inspect(ctx, id)
	switch {
	case errors.Is(err, errNoSuch):
		return nil, nil
	case err != nil:
		return nil, err
	case !isFullID(doc.ID) || !strings.HasPrefix(doc.ID, id):
		return nil, errOtherID // both look for names as well
	}
	d := doc.describe()
	d.Type = e.kind()
	if e.podman {
		doc.describePodman(d)
		return d, nil
	}
	var image imageDoc
	if doc.Image != "" && e.ask(ctx, "/images/"+url.PathEscape(doc.Image)+"/json", &image) == nil {
		image.describe(d)
	}
	if other, ok := strings.CutPrefix(doc.HostConfig.NetworkMode, "container:"); ok && d.IP == "" {
		if doc, err := e.inspect(ctx, other); err == nil {
			d.IP = doc.address()
		}
	}
	return d, ctx.Err()
}

func (e *engine) inspect(ctx context.Context, id string) (*inspectDoc, error) {
	doc := &inspectDoc{}
	return doc, e.ask(ctx, "/containers/"+url.PathEscape(id)+"/json", doc)
}

// noticeKinds are the actions that matter, of both: whether they tell of an end.
var noticeKinds = map[string]bool{
	"create": false, "start": false,
	"die": true, "destroy": true, // Docker
	"died": true, "remove": true, // Podman
}

func (e *engine) subscribe(ctx context.Context) (func() (notice, error), error) {
	actions := []string{"create", "start", "die", "destroy"}
	if e.podman {
		actions = []string{"create", "start", "died", "remove"}
	}
	filters, err := json.Marshal(map[string][]string{"type": {"container"}, "event": actions})
	if err != nil {
		return nil, err
	}
	query := url.Values{"filters": {string(filters)}}
	if e.podman {
		query.Set("stream", "true")
	}
	res, err := e.request(ctx, "/events", query)
	if err != nil {
		return nil, err
	}
	body := &allowance{r: res.Body}
	notices := json.NewDecoder(body) // no lines: Podman ends one when the next begins
	return func() (notice, error) {
		for {
			body.left = maxNoticeBytes
			var doc struct {
				Type, Action string
				Actor        struct {
					ID         string
					Attributes struct{ Name, Image string }
				}
			}
			if err := notices.Decode(&doc); err != nil {
				res.Body.Close()
				return notice{}, fmt.Errorf("notice: %w", err)
			}
			gone, ok := noticeKinds[doc.Action]
			if ok && doc.Type == "container" && isFullID(doc.Actor.ID) {
				about := &doc.Actor.Attributes
				return notice{doc.Actor.ID, about.Name, about.Image, gone}, nil
			}
		}
	}, nil
}

// allowance bounds what is read until left is set again.
type allowance struct {
	r    io.Reader
	left int
}

func (a *allowance) Read(p []byte) (int, error) {
	if a.left <= 0 {
		return 0, errBodyLong
	}
	n, err := a.r.Read(p[:min(len(p), a.left)])
	a.left -= n
	return n, err
}
