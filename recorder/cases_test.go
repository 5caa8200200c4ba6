//go:build linux && (amd64 || arm64)

package recorder

func callCases() []callCase {
	var all []callCase
	for _, f := range []func() []callCase{fileCases, dataCases, mountCases, socketCases, unixCases, taskCases, execCases, ptraceCases, restCases, faultCases} {
		all = append(all, f()...)
	}
	return all
}
