// Package field holds the fields of the condition language: what there is
// (Catalogue), how a name in a rule becomes a field (Resolve), how its value is
// read from the state of a replayed host (Field.Extract), and how a value is
// written as text and as JSON.
//
// It compares nothing and judges nothing: package engine does, which is the
// only one of the analysis packages to import it beside engine/regress and the
// commands.
//
// The reference is falcosecurity/libs at 48dfd53, userspace/libsinsp
// (sinsp_filtercheck*.cpp, event.cpp, plugin_filtercheck.cpp), and for the
// fields of containers and pods the container plugin 0.7.1
// (falcosecurity/plugins, plugins/container, src/caps/extract/extract.cpp).
// Absence is Falco's: a field is absent where Falco extracts nothing, and is
// the empty text where Falco extracts that.
package field
