// Package container asks container runtimes what runs on the host and writes
// the answers as the container events of a capture.
//
// It holds a Watcher, which talks to Docker, Podman and the runtimes of
// Kubernetes, and the form that a container's description has in a capture. It
// knows nothing of processes: the recorder shows it cgroups, and says when what
// it found is written. Only the recorder imports it.
//
// Names and formats of a description are those of Falco's container plugin
// 0.7.1 (falcosecurity/plugins, plugins/container, commit 0b3cbd8), the members
// of src/container_info_json.cpp. Left out are those of its members that no
// field reads: limits of memory and processors, and sizes.
package container
