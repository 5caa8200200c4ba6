//go:build linux && amd64

package recorder

func callCases() []callCase {
	var all []callCase
	for _, f := range []func() []callCase{fileCases, dataCases, socketCases} {
		all = append(all, f()...)
	}
	return all
}
