// Package syntax holds the condition language of Falco rules: its lexer, its
// parser, the tree they build, and the positions in it.
//
// It does not hold types or fields: any well-formed name is a field here, and
// whether it exists, and whether an operator suits it, is for the engine to
// say. Macros and lists are only names here; package rules resolves them.
//
// Any package may import it; it imports nothing of this module.
//
// The language is the one of falcosecurity/libs, userspace/libsinsp/filter,
// parser.h and parser.cpp, at commit 48dfd53. Where the grammar in that header
// and the code differ, this package follows the code. It differs from the code
// on purpose in one thing: a list whose first value is malformed is an error
// here, where parser::try_parse_list_expr may take it for an empty list.
package syntax

import "fmt"

// DefaultMaxDepth limits the nesting of a condition, so that hostile input
// cannot exhaust the stack. It counts the parser's own recursion, not
// parentheses: one level of parentheses takes five. The value is that of
// falcosecurity/libs, parser::parser in userspace/libsinsp/filter/parser.cpp
// at 48dfd53; Falco's rule loader raises it (see package rules).
const DefaultMaxDepth = 100

// Pos is the place where a node or an error begins.
//
// The parser fills everything but File, relative to the string it was given.
// Package rules then replaces positions by those in the rule file.
type Pos struct {
	// File names the file; empty for a string parsed by itself.
	File string
	// Offset counts bytes from 0.
	Offset int
	// Line counts from 1; lines end after '\n'.
	Line int
	// Column counts bytes in the line, from 1. Falco counts bytes too, but
	// takes '\r' for the end of a line as well.
	Column int
}

// Position returns the position itself. Nodes embed Pos, and so have this
// method.
func (p Pos) Position() Pos { return p }

// IsValid tells whether the position was set.
func (p Pos) IsValid() bool { return p.Line > 0 }

// location is the position as file:line:column, without what is missing.
func (p Pos) location() string {
	if p.File == "" {
		return fmt.Sprintf("%d:%d", p.Line, p.Column)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Error is a condition that is not well-formed.
type Error struct {
	// Pos is where the parser could not go on, after any blanks there.
	Pos Pos
	// Msg says what was expected, in lower case and without the position.
	Msg string
}

// Error returns the position and the message.
func (e *Error) Error() string { return e.Pos.location() + ": " + e.Msg }
