package main

import (
	"bytes"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"falcoreplay/rules"
)

// ruleItem is an item of a rule file, as far as it is told of.
type ruleItem struct {
	Rule, List, Macro string
	Desc, Priority    string
	Condition         string
	Items             []string
	Tags              []string
	Exceptions        []struct {
		Name   string
		Fields yaml.Node
	}
}

// bundledDoc is docs/bundled.md: the bundled rules, and the lists and macros that
// other rules can build on.
func bundledDoc() ([]byte, error) {
	var table, texts, macros, lists bytes.Buffer
	count := 0
	for _, f := range rules.Bundled() {
		var doc yaml.Node
		if err := yaml.Unmarshal(f.Data, &doc); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		title := fmt.Sprintf("| **%s** %s | | |\n", strings.TrimPrefix(f.Name, rules.BundledName+":"), heading(&doc))
		for _, n := range doc.Content[0].Content {
			var item ruleItem
			if err := n.Decode(&item); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", f.Name, n.Line, err)
			}
			switch {
			case item.Rule != "" && len(item.Exceptions) == 0:
				return nil, fmt.Errorf("%s:%d: %s has no exception for a site to fill in", f.Name, n.Line, item.Rule)
			case item.Rule != "":
				count++
				table.WriteString(title)
				title = ""
				tactics, techniques := mitre(item.Tags)
				var links []string
				for _, t := range techniques {
					links = append(links, fmt.Sprintf("[%s](https://attack.mitre.org/techniques/%s/)", t, strings.ReplaceAll(t, ".", "/")))
				}
				priority := strings.ToLower(item.Priority)
				fmt.Fprintf(&table, "| [%s](#%s) | %s | %s |\n", item.Rule, anchor(item.Rule), priority, strings.Join(techniques, ", "))
				fmt.Fprintf(&texts, "\n### %s\n\n%s\n\n- %s; %s: %s\n", item.Rule, strings.TrimSpace(item.Desc), priority, strings.Join(tactics, ", "), strings.Join(links, ", "))
				fmt.Fprintf(&texts, "- exceptions: %s\n", item.exceptions())
			case (item.Macro != "" || item.List != "") && n.HeadComment == "":
				return nil, fmt.Errorf("%s:%d: no comment says what %s%s is", f.Name, n.Line, item.Macro, item.List)
			case item.Macro != "":
				fmt.Fprintf(&macros, "| `%s` | %s | `%s` |\n", item.Macro, comment(n), cell(strings.Join(strings.Fields(item.Condition), " ")))
			case item.List != "":
				fmt.Fprintf(&lists, "| `%s` | %s | %s |\n", item.List, comment(n), cell(strings.Join(item.Items, ", ")))
			}
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<!-- Made from rules/bundled by make generate. -->

# The bundled rules

%d rules, in the order in which they are tried. [rules.md](rules.md) says how a
site changes them, and how they are tested.

| rule | priority | techniques |
| --- | --- | --- |
%s
## What to do about an alert
%s
## Macros

| macro | what it is | condition |
| --- | --- | --- |
%s
## Lists

| list | what it is | items |
| --- | --- | --- |
%s`, count, table.Bytes(), texts.Bytes(), macros.Bytes(), lists.Bytes())
	return b.Bytes(), nil
}

// heading is what a file says of itself below its licence.
func heading(doc *yaml.Node) string {
	text := doc.HeadComment
	if text == "" {
		text = doc.Content[0].HeadComment
	}
	_, text, _ = strings.Cut(text, "\n#\n")
	text, _, _ = strings.Cut(text, "\n#\n")
	return plainComment(text)
}

// comment is what stands above an item.
func comment(n *yaml.Node) string {
	if strings.Contains(n.HeadComment, "SPDX") {
		return ""
	}
	return cell(plainComment(n.HeadComment))
}

func plainComment(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll("\n"+text, "\n#", " ")), " ")
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// anchor is what a heading is called in links.
func anchor(heading string) string {
	return strings.ReplaceAll(strings.ToLower(heading), " ", "-")
}

// mitre takes the tags of MITRE ATT&CK apart.
func mitre(tags []string) (tactics, techniques []string) {
	for _, tag := range tags {
		if tactic, ok := strings.CutPrefix(tag, "mitre_"); ok {
			tactics = append(tactics, strings.ReplaceAll(tactic, "_", " "))
		} else if strings.HasPrefix(tag, "T") {
			techniques = append(techniques, tag)
		}
	}
	return tactics, techniques
}

// exceptions tells by which fields exceptions are made.
func (item *ruleItem) exceptions() string {
	var list []string
	for _, x := range item.Exceptions {
		fields := []string{x.Fields.Value}
		if x.Fields.Kind == yaml.SequenceNode {
			fields = nil
			for _, f := range x.Fields.Content {
				fields = append(fields, f.Value)
			}
		}
		list = append(list, fmt.Sprintf("`%s` (%s)", x.Name, strings.Join(fields, ", ")))
	}
	return strings.Join(list, ", ")
}
