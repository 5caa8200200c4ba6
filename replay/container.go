package replay

// Mount is a mount of a container.
type Mount struct {
	Source, Dest, Mode, Propagation string
	RDWR                            bool
}

// HealthProbe is a command by which a runtime checks a container.
type HealthProbe struct {
	Exe  string   `json:"exe"`
	Args []string `json:"args"`
}

// PortMapping maps a port of the host to one of a container.
type PortMapping struct {
	HostIP        uint32
	HostPort      uint16
	ContainerPort uint16
}

// Label is a label of a container or pod.
type Label struct{ Key, Value string }

// Container describes a container, as its runtime described it to the
// recorder. Where only its cgroup is known, the id and the type are all there
// is.
type Container struct {
	ID             string // short id, 12 characters for most runtimes
	FullID         string
	Type           string // e.g. "docker", "podman", "containerd", "cri-o"
	Name           string
	Image          string
	ImageID        string
	ImageRepo      string
	ImageTag       string
	ImageDigest    string
	User           string
	Privileged     bool
	HostPID        bool
	HostNetwork    bool
	HostIPC        bool
	CreatedTime    int64 // seconds since the epoch
	IP             string
	Mounts         []Mount
	Env            []string
	Labels         []Label // sorted by key
	PortMappings   []PortMapping
	HealthCheck    *HealthProbe
	LivenessProbe  *HealthProbe
	ReadinessProbe *HealthProbe
	CNIJSON        string
	PodSandboxID   string
	PodLabels      []Label // sorted by key
	IsPodSandbox   bool
}
