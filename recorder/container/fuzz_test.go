//go:build linux

package container

import (
	"encoding/json"
	"testing"

	v1 "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// FuzzDescribe makes descriptions of what runtimes may say. Each can be
// written, or is too long.
func FuzzDescribe(f *testing.F) {
	docker, _ := json.Marshal(dockerDoc())
	f.Add(docker, []byte(`{"RepoTags":["a:1"],"RepoDigests":["a@sha256:1","@"]}`))
	f.Add([]byte(`{"Config":{"Healthcheck":{"Test":["CMD"]}},"NetworkSettings":{"Ports":{"/tcp":[{"HostPort":"-1"}]}}}`), []byte(`{}`))
	f.Add([]byte(`{"config":{"envs":[{}]},"cniResult":{"Interfaces":{"lo":null}}}`), []byte(`null`))
	f.Fuzz(func(t *testing.T, doc, image []byte) {
		var inspected inspectDoc
		var of imageDoc
		if json.Unmarshal(doc, &inspected) == nil && json.Unmarshal(image, &of) == nil {
			d := inspected.describe()
			of.describe(d)
			check(t, d)
		}
		info := parseInfo(map[string]string{"info": string(doc)})
		d := describeCRI(&v1.ContainerStatus{ImageRef: string(image)}, info)
		describePod(d, &v1.PodSandboxStatus{}, info)
		check(t, d)
	})
}

func check(t *testing.T, d *Description) {
	t.Helper()
	b, err := Event{Container: d}.AppendRecord(nil, 1)
	if err == nil && (len(b) > maxDocumentBytes+100 || b[len(b)-1] != 0) || err != nil && b != nil {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}
