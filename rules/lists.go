package rules

import "strings"

// resolvedList is a list with the lists in it put in.
type resolvedList struct {
	*listInfo
	items []text
	sub   text // what a condition has in its place
	used  bool
	named []int // lists that sub may name, see listSet.mark
}

// listSet is all lists, in the order of their first definitions.
type listSet struct {
	all    []*resolvedList
	byName map[string]int
	odd    []int  // lists that no word can name, as there are delimiters in their names
	marked []bool // for putLists
}

// resolveLists puts the items of lists into the lists that name them, one
// level deep: a list sees the items of those that were defined before it was
// last changed, but not what these name in turn. That part is done when the
// condition is resolved, for lists that come later. This is
// compile_list_infos in rule_loader_compiler.cpp.
func (l *loader) resolveLists() *listSet {
	set := &listSet{
		all:    make([]*resolvedList, len(l.lists.all)),
		byName: make(map[string]int, len(l.lists.all)),
		marked: make([]bool, len(l.lists.all)),
	}
	for i, info := range l.lists.all {
		set.all[i] = &resolvedList{listInfo: info}
		set.byName[info.name] = i
		if strings.ContainsAny(info.name, listDelims) {
			set.odd = append(set.odd, i)
		}
	}
	for _, list := range set.all {
		var b textBuilder
		for _, it := range list.listInfo.items {
			var ref *resolvedList
			if i, ok := set.byName[it.s]; ok {
				ref = set.all[i]
			}
			if ref == nil || ref.index >= list.visibility {
				list.add(&b, it)
				continue
			}
			ref.used = true
			for _, it := range ref.listInfo.items {
				list.add(&b, it)
			}
			if !l.spend(len(ref.listInfo.items)) {
				break
			}
		}
		list.sub = b.text()
		list.named = set.namedIn(list.sub.s)
	}
	return set
}

// namedIn returns the lists whose names are words of a text. putList can put no
// others in, but for odd ones.
func (set *listSet) namedIn(s string) (named []int) {
	start := 0
	for at := 0; at <= len(s); at++ {
		if at < len(s) && !isListDelim[s[at]] {
			continue
		}
		if at > start {
			if i, ok := set.byName[s[start:at]]; ok {
				named = append(named, i)
			}
		}
		start = at + 1
	}
	return named
}

// mark notes that the lists may be in the condition.
func (set *listSet) mark(lists []int) {
	for _, i := range lists {
		set.marked[i] = true
	}
}

// add appends an item.
func (list *resolvedList) add(b *textBuilder, item text) {
	list.items = append(list.items, item)
	if b.len() > 0 {
		b.addNear(", ", item, 0)
	}
	b.add(quoteItem(item))
}

const (
	listBlanks = " \t\n\r"
	listDelims = listBlanks + "(),="
)

var isListDelim = makeIsListDelim()

func makeIsListDelim() (t [256]bool) {
	for _, c := range []byte(listDelims) {
		t[c] = true
	}
	return t
}

// putLists returns the condition with the items of lists in place of their
// names. It works on the text, as resolve_list in rule_loader_compiler.cpp
// does: a name counts wherever blanks, parentheses, commas, equal signs or the
// ends are around it, even in quotes; items may hold any syntax; a list that is
// empty takes a comma next to it away. The lists are taken in their order, so
// that names in items are replaced if their lists come later.
func (l *loader) putLists(cond text, lists *listSet, p place) (text, *Diagnostic) {
	clear(lists.marked)
	lists.mark(lists.odd)
	lists.mark(lists.namedIn(cond.s))
	for i, list := range lists.all {
		if !lists.marked[i] {
			continue
		}
		var put bool
		if cond, put = putList(cond, list); !put {
			continue
		}
		list.used = true
		lists.mark(list.named)
		if len(cond.s) > maxConditionBytes {
			return cond, p.problem(ErrLimit, "the condition with its lists is too long: limit %d bytes", maxConditionBytes)
		}
		if !l.spend(len(cond.s)) {
			return cond, p.problem(ErrLimit, "the files expand to too much: limit %d bytes", maxTotalBytes)
		}
	}
	return cond, nil
}

// putList puts one list in place of its name, and tells whether it was there.
func putList(cond text, list *resolvedList) (text, bool) {
	var b textBuilder
	done := 0 // what of the condition is in b, or was left out
	for from := 0; ; {
		at := strings.Index(cond.s[from:], list.name)
		if at < 0 {
			break
		}
		at += from
		end := at + len(list.name)
		before := at == 0 || strings.IndexByte(listDelims, cond.s[at-1]) >= 0 || at == done && b.len() > 0
		if !before || end < len(cond.s) && strings.IndexByte(listDelims, cond.s[end]) < 0 {
			from = at + 1
			continue
		}
		b.addSlice(cond, done, at)
		for b.endsIn(listBlanks) {
			b.cut(1)
		}
		for end < len(cond.s) && strings.IndexByte(listBlanks, cond.s[end]) >= 0 {
			end++
		}
		if list.sub.s == "" {
			if b.endsIn(",") {
				b.cut(1)
			} else if end < len(cond.s) && cond.s[end] == ',' {
				end++
			}
		}
		done, from = end, end
		if b.len() > 0 {
			b.addNear(" ", cond, at)
		} else if from < len(cond.s) {
			from++ // the byte behind a list that comes first is not looked at
		}
		b.add(list.sub)
		b.addNear(" ", cond, at)
		if b.len() > maxConditionBytes {
			break
		}
	}
	if b.len() == 0 {
		return cond, false
	}
	b.addSlice(cond, done, len(cond.s))
	return b.text(), true
}
