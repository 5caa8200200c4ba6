package replay

import (
	"slices"
	"testing"
)

func numbers(t *FDTable) (nums []int64) {
	for f := range t.All() {
		nums = append(nums, f.Num)
	}
	return nums
}

func TestFDTable(t *testing.T) {
	var tab FDTable
	for _, num := range []int64{3, 70000, 0, 1024, 1023, -2, 5} {
		tab.add(num, &FD{})
	}
	if want := []int64{0, 3, 5, 1023, -2, 1024, 70000}; !slices.Equal(numbers(&tab), want) || tab.Len() != len(want) {
		t.Fatalf("got %v of %d, want %v", numbers(&tab), tab.Len(), want)
	}
	c := tab.clone()
	if !slices.Equal(numbers(&c), numbers(&tab)) || c.Get(3) == tab.Get(3) || c.Get(70000).Flags&FDCloned == 0 {
		t.Errorf("a clone holds %v", numbers(&c))
	}
	tab.removeIf(func(f *FD) bool { return f.Num >= 5 })
	if want := []int64{0, 3, -2}; !slices.Equal(numbers(&tab), want) || tab.Len() != 3 {
		t.Errorf("got %v, want %v", numbers(&tab), want)
	}
	if c.Len() != 7 {
		t.Error("the clone changed with its original")
	}
	for num := range int64(maxFDs + 5) {
		c.add(num, &FD{})
	}
	if c.Len() != maxFDs || c.add(999999, &FD{}) != nil {
		t.Errorf("a table holds %d", c.Len())
	}
}
