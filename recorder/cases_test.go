//go:build linux && amd64

package recorder

func callCases() []callCase {
	var all []callCase
	for _, f := range []func() []callCase{fileCases, dataCases, socketCases, taskCases, execCases, ptraceCases, restCases} {
		all = append(all, f()...)
	}
	return all
}
