// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Which events of which processes are recorded.
#pragma once

// The two halves of a process's name: its first thread's.
static __always_inline int same_name(struct task_struct *t, struct atom *a)
{
	u64 comm[2] = {};
	struct task_struct *leader = BPF_CORE_READ(t, group_leader);

	BPF_CORE_READ_INTO(&comm, leader, comm);
	return ((comm[0] ^ a->v[2]) & a->v[0]) == 0 && ((comm[1] ^ a->v[3]) & a->v[1]) == 0;
}

static __always_inline struct kernfs_node *cgroup_node(struct task_struct *t)
{
	struct css_set *set = BPF_CORE_READ(t, cgroups);
	struct cgroup_subsys_state *css = NULL;

	if (filter_hierarchy < 0)
		return BPF_CORE_READ(set, dfl_cgrp, kn);
	bpf_probe_read_kernel(&css, sizeof(css), (char *)set + bpf_core_field_offset(struct css_set, subsys) + (filter_hierarchy & 31) * sizeof(void *));
	return BPF_CORE_READ(css, cgroup, kn);
}

static __always_inline struct kernfs_node *cgroup_parent(struct kernfs_node *kn)
{
	if (bpf_core_field_exists(kn->parent))
		return BPF_CORE_READ(kn, parent);
	return BPF_CORE_READ((struct kernfs_node___v6_15 *)kn, __parent);
}

// The atoms of control groups that the task lives in or below.
__noinline u32 cgroup_atoms(u64 task)
{
	struct kernfs_node *kn = cgroup_node((void *)task);
	volatile u32 found = 0;

	for (int up = 0; up < 16; up++) {
		u64 id;
		u32 *atoms;

		if (!kn)
			break;
		id = BPF_CORE_READ(kn, id);
		atoms = bpf_map_lookup_elem(&cgroup_ids, &id);
		if (atoms)
			found |= *atoms;
		kn = cgroup_parent(kn);
	}
	return found;
}

// The answers to the filter's atoms about a task, a bit each.
__noinline u32 answers(u64 task)
{
	struct task_struct *t = (void *)task;
	volatile u32 found = 0;
	u32 zero = 0, pid, n;
	struct descent *of;
	struct filter *f = bpf_map_lookup_elem(&filters, &zero);

	if (!f || !t)
		return 0;
	n = f->natoms;
	pid = BPF_CORE_READ(t, tgid);
	if (f->has_tree) {
		of = bpf_map_lookup_elem(&descendants, &pid);
		if (of)
			found = of->own;
	}
	for (int i = 0; i < max_atoms; i++) {
		struct atom *a = &f->atoms[i];
		u32 yes = 0;

		if (i >= n)
			break;
		if (a->kind == atom_name)
			yes = same_name(t, a);
		else if (a->kind == atom_pid)
			yes = a->v[0] == pid;
		else if (a->kind == atom_uid) {
			u64 uid = BPF_CORE_READ(t, cred, euid.val);

			yes = a->v[0] <= uid && uid <= a->v[1];
		}
		if (yes)
			found |= 1U << i;
	}
	if (f->has_cgroup)
		found |= cgroup_atoms(task);
	return found;
}

// Whether a call's event of a task is recorded. about has the call's own
// answers, and whether it keeps the state.
__noinline int passes(u64 task, u32 about)
{
	u32 zero = 0, n, have;
	struct filter *f = bpf_map_lookup_elem(&filters, &zero);

	if (!f || !f->on)
		return 1;
	if (about & call_state && !f->strict)
		return 1;
	have = answers(task) | (about & ~call_state);
	n = about & call_state ? f->nwho : f->nterms;
	for (int i = 0; i < max_terms; i++) {
		struct term *t = about & call_state ? &f->who[i] : &f->terms[i];

		if (i >= n)
			break;
		if ((have & t->mask) == t->value)
			return 1;
	}
	return 0;
}
