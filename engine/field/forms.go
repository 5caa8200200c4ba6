package field

// Form is a way to write a field that takes an argument.
type Form struct {
	Example string // e.g. "proc.aname[2]"
	Means   string
}

// Forms are the ways to write a field with its argument, none for fields that
// take none.
func (d *Def) Forms() []Form { return forms[d.Name] }

// ancestorForms are the forms of fields of ancestors.
func ancestorForms(name, what string) []Form {
	return []Form{
		{name, what + " of any ancestor in conditions, of all of them in outputs"},
		{name + "[2]", what + " of the ancestor that many generations up, 0 for the process itself"},
	}
}

// mountForms are the forms of fields of a mount.
func mountForms(name, by string) []Form {
	return []Form{
		{name + "[0]", "of the mount with the number"},
		{name + "[/etc]", "of the first mount in whose " + by + " the regular expression is found"},
	}
}

func labelForms(name string) []Form { return []Form{{name + "[app]", "the value of that label"}} }

var forms = map[string][]Form{
	"evt.type.is": {{"evt.type.is.open", "1 if the event's type has that name, else 0"}},
	"evt.arg":     {{"evt.arg.name", "the parameter of that name"}, {"evt.arg[0]", "the parameter with the number"}},
	"evt.rawarg":  {{"evt.rawarg.fd", "the parameter of that name"}},
	"evt.around":  {{"evt.around[1404996934793590564]", "in a comparison with = N: within N milliseconds of that time"}},
	"evt.abspath": {
		{"evt.abspath", "of the path, or the first of two"},
		{"evt.abspath.src", "of the source of two paths"},
		{"evt.abspath.dst", "of the destination of two paths"},
	},
	"proc.aname":    ancestorForms("proc.aname", "the name"),
	"proc.aexe":     ancestorForms("proc.aexe", "the first argument"),
	"proc.aexepath": ancestorForms("proc.aexepath", "the path of the program"),
	"proc.acmdline": ancestorForms("proc.acmdline", "the command line"),
	"proc.apid":     ancestorForms("proc.apid", "the id"),
	"proc.aargs": {
		{"proc.aargs", "the arguments of all ancestors"},
		{"proc.aargs[2]", "the arguments of the ancestor that many generations up"},
	},
	"proc.args": {{"proc.args", "all arguments"}, {"proc.args[1]", "the argument with the number, 0 for the first behind the program"}},
	"proc.env": {
		{"proc.env", "all variables"},
		{"proc.env[PATH]", "the value of that variable"},
		{"proc.env[0]", "all variables: a number has no effect"},
	},
	"proc.aenv": {
		{"proc.aenv", "the variables of any ancestor in conditions, of the process in outputs"},
		{"proc.aenv[1]", "the same in conditions; in outputs of the ancestor that many generations up"},
		{"proc.aenv[PATH]", "the value of that variable in the nearest ancestor that has it"},
	},
	"thread.cgroup": {{"thread.cgroup.memory", "the control group of that subsystem"}},
	"fd.types":      {{"fd.types", "the types of all file descriptors"}, {"fd.types[1]", "the type of the file descriptor with the number"}},

	"container.mount":             mountForms("container.mount", "source"),
	"container.mount.source":      mountForms("container.mount.source", "destination"),
	"container.mount.dest":        mountForms("container.mount.dest", "source"),
	"container.mount.mode":        mountForms("container.mount.mode", "source"),
	"container.mount.rdwr":        mountForms("container.mount.rdwr", "source"),
	"container.mount.propagation": mountForms("container.mount.propagation", "source"),
	"container.label":             labelForms("container.label"),
	"k8s.pod.label":               labelForms("k8s.pod.label"),
	"k8s.rc.label":                labelForms("k8s.rc.label"),
	"k8s.svc.label":               labelForms("k8s.svc.label"),
	"k8s.ns.label":                labelForms("k8s.ns.label"),
	"k8s.rs.label":                labelForms("k8s.rs.label"),
	"k8s.deployment.label":        labelForms("k8s.deployment.label"),
}
