package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"falcoreplay/engine/reference"
)

const fieldsText = `Lists the fields that conditions and outputs may name, with their types and the
forms of their arguments, all of them or those of the classes, plugins and names
given. A name may be a glob or the beginning of names up to a dot.`

const fieldsExamples = `  falcoanalyze fields
  falcoanalyze fields fd container
  falcoanalyze fields 'proc.a*' evt.arg
  falcoanalyze fields -o markdown > fields.md`

// listSettings are the flags of lists.
type listSettings struct {
	output string
	opts   reference.Options
}

func (set *listSettings) flags(f *pflag.FlagSet) {
	f.SortFlags = false
	f.StringVarP(&set.output, "output", "o", reference.Formats()[0], "`format` of the list: "+orList(reference.Formats()))
	f.BoolVarP(&set.opts.NamesOnly, "names-only", "N", false, "names only, a line each")
}

func fieldsCommand(s *streams) *cobra.Command {
	var set listSettings
	cmd := &cobra.Command{
		Use:     "fields [flags] [CLASS|PLUGIN|NAME]...",
		Short:   "List the fields of conditions and outputs",
		Long:    fieldsText,
		Example: fieldsExamples,
		Args:    cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, only []string) error {
			set.opts.Only = only
			return listError(reference.WriteFields(s.out, set.output, set.opts))
		},
	}
	set.flags(cmd.Flags())
	cmd.Flags().BoolVar(&set.opts.All, "all", false, "also deprecated fields, and those that Falco does not list")
	return cmd
}

// listError tells what is wrong with the command line. Errors of writing come
// when the output is flushed.
func listError(err error) error {
	if err == nil {
		return nil
	}
	return usageError("%s", strings.TrimPrefix(err.Error(), "standard output: "))
}
