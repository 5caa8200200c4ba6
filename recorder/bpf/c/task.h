// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// What is read of tasks, their memory, credentials and executables.
#pragma once

// The current task as a type that the verifier knows, since 5.11.
#define HAS_TASK_BTF bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)

enum pid_kind { pid_self, pid_tgid, pid_pgid, pid_sid };

static __always_inline struct pid *task_pid(struct task_struct *t, u32 kind)
{
	if (kind == pid_self)
		return BPF_CORE_READ(t, thread_pid);
	return BPF_CORE_READ(t, signal, pids[kind & 3]);
}

static __always_inline struct pid_namespace *pid_ns(struct pid *p)
{
	struct upid up = {};
	u32 level = BPF_CORE_READ(p, level);
	u32 off = bpf_core_field_offset(struct pid, numbers);

	bpf_probe_read_kernel(&up, sizeof(up), (char *)p + off + level * bpf_core_type_size(struct upid));
	return up.ns;
}

// Ids as the task itself sees them.
static __always_inline s64 task_vnr(struct task_struct *t, u32 kind)
{
	struct pid *p = task_pid(t, kind);
	struct upid up = {};
	u32 level, off = bpf_core_field_offset(struct pid, numbers);

	if (!p)
		return 0;
	level = BPF_CORE_READ(p, level);
	bpf_probe_read_kernel(&up, sizeof(up), (char *)p + off + level * bpf_core_type_size(struct upid));
	return up.nr;
}

static __always_inline u64 mm_pages(struct mm_struct *mm, u32 swap)
{
	s64 n[4] = {};

	if (bpf_core_type_exists(struct mm_rss_stat)) {
		BPF_CORE_READ_INTO(&n, mm, rss_stat.count);
	} else {
		struct mm_struct___v6_2 *m = (void *)mm;

		n[0] = BPF_CORE_READ(m, rss_stat[0].count);
		n[1] = BPF_CORE_READ(m, rss_stat[1].count);
		n[2] = BPF_CORE_READ(m, rss_stat[2].count);
		n[3] = BPF_CORE_READ(m, rss_stat[3].count);
	}
	// MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES
	return (swap ? n[2] : n[0] + n[1] + n[3]) << 2;
}

static __always_inline u64 task_caps(struct task_struct *t, u32 which)
{
	const struct cred *c = BPF_CORE_READ(t, cred);
	u32 off = bpf_core_field_offset(struct cred, cap_effective);
	u64 v = 0;

	if (which == 0)
		off = bpf_core_field_offset(struct cred, cap_inheritable);
	else if (which == 1)
		off = bpf_core_field_offset(struct cred, cap_permitted);
	// Two halves of 32 bits until 6.2, one number since: the same bytes on
	// little-endian machines. scap numbers capabilities as the kernel does.
	bpf_probe_read_kernel(&v, sizeof(v), (char *)c + off);
	return v & ((1ULL << 41) - 1);
}

static __always_inline u32 dev_encode(u32 major, u32 minor)
{
	return (minor & 0xff) | (major << 8) | ((minor & ~0xffU) << 12);
}

static __always_inline u32 task_tty(struct task_struct *t)
{
	struct tty_struct *tty = BPF_CORE_READ(t, signal, tty);
	struct tty_driver *d;
	u32 dev;

	if (!tty)
		return 0;
	d = BPF_CORE_READ(tty, driver);
	if (!d)
		return 0;
	dev = ((u32)BPF_CORE_READ(d, major) << 20 | (u32)BPF_CORE_READ(d, minor_start)) + BPF_CORE_READ(tty, index);
	return dev_encode(dev >> 20, dev & 0xfffff);
}

// A clone's CHILD_IN_PIDNS: the child lives in another pid namespace than the
// first, or the parent's children do.
static __always_inline u32 clone_in_pidns(struct task_struct *t)
{
	struct pid_namespace *ns = pid_ns(task_pid(t, pid_self));

	if (BPF_CORE_READ(ns, level) != 0)
		return 1 << 29;
	return BPF_CORE_READ(t, nsproxy, pid_ns_for_children) != ns ? 1 << 29 : 0;
}

static __always_inline u64 ns_of(s64 sec, u64 nsec)
{
	return sec < 0 ? 0 : sec * 1000000000ULL + nsec;
}

static __always_inline u64 inode_ctime(struct inode *i)
{
	struct inode___v6_6 *j = (void *)i;
	struct inode___v6_11 *k = (void *)i;

	if (bpf_core_field_exists(i->i_ctime))
		return ns_of(BPF_CORE_READ(i, i_ctime.tv_sec), BPF_CORE_READ(i, i_ctime.tv_nsec));
	if (bpf_core_field_exists(j->__i_ctime))
		return ns_of(BPF_CORE_READ(j, __i_ctime.tv_sec), BPF_CORE_READ(j, __i_ctime.tv_nsec));
	// Since 6.13 the highest bit says that someone has asked (I_CTIME_QUERIED).
	return ns_of(BPF_CORE_READ(k, i_ctime_sec), BPF_CORE_READ(k, i_ctime_nsec) & 0x7fffffff);
}

static __always_inline u64 inode_mtime(struct inode *i)
{
	struct inode___v6_6 *j = (void *)i;
	struct inode___v6_11 *k = (void *)i;

	if (bpf_core_field_exists(i->i_mtime))
		return ns_of(BPF_CORE_READ(i, i_mtime.tv_sec), BPF_CORE_READ(i, i_mtime.tv_nsec));
	if (bpf_core_field_exists(j->__i_mtime))
		return ns_of(BPF_CORE_READ(j, __i_mtime.tv_sec), BPF_CORE_READ(j, __i_mtime.tv_nsec));
	return ns_of(BPF_CORE_READ(k, i_mtime_sec), BPF_CORE_READ(k, i_mtime_nsec));
}

// The layer of overlayfs that a file lives in: 0 not on overlayfs, 1 upper, 2
// lower. An overlay inode's own part follows the inode and begins with the
// dentry of the upper layer (struct ovl_inode until 6.5 and its successors keep
// that first).
#define OVERLAYFS 0x794c7630 // OVERLAYFS_SUPER_MAGIC
static __always_inline u32 file_layer(struct file *f)
{
	struct dentry *d = BPF_CORE_READ(f, f_path.dentry), *upper = NULL;
	char *inode;

	if (BPF_CORE_READ(d, d_sb, s_magic) != OVERLAYFS)
		return 0;
	inode = (char *)BPF_CORE_READ(d, d_inode);
	bpf_probe_read_kernel(&upper, sizeof(upper), inode + bpf_core_type_size(struct inode));
	if (upper && BPF_CORE_READ(upper, d_inode, i_ino))
		return 1;
	return 2;
}

static __always_inline u32 file_is_memfd(struct file *f)
{
	struct dentry *d = BPF_CORE_READ(f, f_path.dentry);
	const unsigned char *name;
	char b[8] = {};

	if (!d || BPF_CORE_READ(d, d_parent) != d)
		return 0;
	name = BPF_CORE_READ(d, d_name.name);
	bpf_probe_read_kernel_str(b, 7, name);
	return b[0] == 'm' && b[1] == 'e' && b[2] == 'm' && b[3] == 'f' && b[4] == 'd' && b[5] == ':';
}

static __always_inline u32 id_is_mapped(struct uid_gid_map *m, u32 id)
{
	u32 n = BPF_CORE_READ(m, nr_extents);

	for (int i = 0; i < 5; i++) {
		u32 first, count;

		if (i >= n)
			break;
		first = BPF_CORE_READ(m, extent[i].lower_first);
		count = BPF_CORE_READ(m, extent[i].count);
		if (id - first < count)
			return 1;
	}
	return 0;
}

static __always_inline u32 in_groups(const struct cred *c, u32 gid)
{
	struct group_info *g = BPF_CORE_READ(c, group_info);
	u32 lo = 0, hi, off = bpf_core_field_offset(struct group_info, gid);

	if (!g)
		return 0;
	hi = BPF_CORE_READ(g, ngroups);
	for (int i = 0; i < 17; i++) { // sorted, at most 65536
		u32 mid = (lo + hi) / 2, v = 0;

		if (lo >= hi)
			break;
		bpf_probe_read_kernel(&v, sizeof(v), (char *)g + off + mid * 4ULL);
		if (v == gid)
			return 1;
		if (gid > v)
			lo = mid + 1;
		else
			hi = mid;
	}
	return 0;
}

// Whether the task could write to its executable: the file system is not read
// only, and owner, mode or capabilities allow it. Access control lists are not
// looked at.
static __always_inline u32 exe_writable(struct task_struct *t, struct inode *i)
{
	const struct cred *c = BPF_CORE_READ(t, cred);
	u32 mode = BPF_CORE_READ(i, i_mode), uid = BPF_CORE_READ(i, i_uid.val), gid = BPF_CORE_READ(i, i_gid.val);
	u32 kind = mode & 0170000, fsuid;
	struct user_namespace *ns;
	u64 caps;

	if ((BPF_CORE_READ(i, i_sb, s_flags) & 1) && (kind == 0100000 || kind == 0040000 || kind == 0120000))
		return 0;
	if (BPF_CORE_READ(i, i_flags) & 8) // S_IMMUTABLE
		return 0;
	if (uid == (u32)-1 || gid == (u32)-1)
		return 0;
	fsuid = BPF_CORE_READ(c, fsuid.val);
	if (fsuid == uid)
		return 1;
	if (gid == BPF_CORE_READ(c, fsgid.val) || in_groups(c, gid))
		mode >>= 3;
	if (mode & 2)
		return 1;
	ns = BPF_CORE_READ(c, user_ns);
	if (!ns || !id_is_mapped(&ns->uid_map, uid))
		return 0;
	caps = task_caps(t, 2);
	if ((caps & 1 << 1) && id_is_mapped(&ns->gid_map, gid)) // CAP_DAC_OVERRIDE
		return 1;
	return (caps & 1 << 3) != 0; // CAP_FOWNER
}

__noinline u64 exe_value(u64 task, u32 kind)
{
	struct task_struct *t = (void *)task;
	struct file *f = BPF_CORE_READ(t, mm, exe_file);
	struct inode *i = BPF_CORE_READ(f, f_inode);
	u32 layer, res;

	switch (kind) {
	case kind_exe_ino:
		return BPF_CORE_READ(i, i_ino);
	case kind_exe_ctime:
		return inode_ctime(i);
	case kind_exe_mtime:
		return inode_mtime(i);
	}
	res = exe_writable(t, i);
	layer = file_layer(f);
	if (layer == 1)
		res |= 2;
	else if (layer == 2)
		res |= 8;
	if (file_is_memfd(f))
		res |= 4;
	return res;
}

// A thread of the task's process that lives, 0 if there is none, -1 if there
// are too many to look at. The limits here and in reaper_of are Falco's:
// MAX_THREADS_GROUPS and MAX_HIERARCHY_TRAVERSE of sched_process_exit.bpf.c.
__noinline int live_thread(u64 task)
{
	struct task_struct *t = (void *)task;
	struct list_head *head = (void *)((char *)BPF_CORE_READ(t, signal) + bpf_core_field_offset(struct signal_struct, thread_head));
	struct list_head *n = BPF_CORE_READ(head, next);

	for (int i = 0; i < 30; i++) {
		struct task_struct *o;

		if (n == head)
			return 0;
		o = (void *)((char *)n - bpf_core_field_offset(struct task_struct, thread_node));
		if (!(BPF_CORE_READ(o, flags) & 4)) // PF_EXITING
			return BPF_CORE_READ(o, pid);
		n = BPF_CORE_READ(n, next);
	}
	return -1;
}

// Who gets the children of an exiting task: a thread of its process, else the
// nearest subreaper, else the init of its pid namespace. 0 if it has none or
// the namespace ends with it, -1 if that cannot be found out.
__noinline s64 reaper_of(u64 task)
{
	struct task_struct *t = (void *)task, *init, *p;
	struct list_head *head = (void *)((char *)t + bpf_core_field_offset(struct task_struct, children));
	struct signal_struct *sig;
	u32 level;
	int tid;

	if (BPF_CORE_READ(head, next) == head)
		return 0;
	tid = live_thread(task);
	if (tid)
		return tid;
	init = BPF_CORE_READ(pid_ns(task_pid(t, pid_self)), child_reaper);
	if (init == t)
		return 0;
	sig = BPF_CORE_READ(t, signal);
	if (!BPF_CORE_READ_BITFIELD_PROBED(sig, has_child_subreaper))
		return BPF_CORE_READ(init, pid);
	level = BPF_CORE_READ(t, thread_pid, level);
	p = BPF_CORE_READ(t, real_parent);
	for (int i = 0; i < 60; i++) {
		if (p == init || BPF_CORE_READ(p, thread_pid, level) != level)
			return BPF_CORE_READ(init, pid);
		sig = BPF_CORE_READ(p, signal);
		if (BPF_CORE_READ_BITFIELD_PROBED(sig, is_child_subreaper)) {
			tid = live_thread((u64)p);
			if (tid)
				return tid;
		}
		p = BPF_CORE_READ(p, real_parent);
	}
	return -1;
}

__noinline u64 task_value(u64 task, u32 kind, s32 extra, s64 ret)
{
	struct task_struct *t = (void *)task;
	struct pid *p;
	u32 v;

	switch (kind) {
	case kind_vm_size:
		return BPF_CORE_READ(t, mm, total_vm) << 2;
	case kind_vm_rss:
		return mm_pages(BPF_CORE_READ(t, mm), 0);
	case kind_vm_swap:
		return mm_pages(BPF_CORE_READ(t, mm), 1);
	case kind_caps:
		return task_caps(t, extra);
	case kind_tid:
		return BPF_CORE_READ(t, pid);
	case kind_pid:
		return BPF_CORE_READ(t, tgid);
	case kind_ppid:
		return BPF_CORE_READ(t, real_parent, pid);
	case kind_pgid:
		p = task_pid(t, pid_pgid);
		return (s64)BPF_CORE_READ(p, numbers[0].nr);
	case kind_vtid:
		return task_vnr(t, pid_self);
	case kind_vpid:
		return task_vnr(t, pid_tgid);
	case kind_vpgid:
		return task_vnr(t, pid_pgid);
	case kind_fdlimit:
		return BPF_CORE_READ(t, signal, rlim[7].rlim_cur);
	case kind_pgft_maj:
		return BPF_CORE_READ(t, maj_flt);
	case kind_pgft_min:
		return BPF_CORE_READ(t, min_flt);
	case kind_euid:
		return BPF_CORE_READ(t, cred, euid.val);
	case kind_egid:
		return BPF_CORE_READ(t, cred, egid.val);
	case kind_tty:
		return task_tty(t);
	case kind_loginuid:
		if (bpf_core_field_exists(t->loginuid))
			return BPF_CORE_READ(t, loginuid.val);
		return (u32)-1;
	case kind_pidns_start:
		if (ret != 0)
			return 0;
		return BPF_CORE_READ(pid_ns(task_pid(t, pid_tgid)), child_reaper, start_time);
	case kind_exit_status:
		v = BPF_CORE_READ(t, exit_code);
		if (extra == 0)
			return (s64)(s32)v;
		if (extra == 1)
			return v >> 8 & 0xff;
		if (extra == 2)
			return (s8)((v & 0x7f) + 1) >> 1 > 0 ? v & 0x7f : 0;
		return (v & 0x80) != 0;
	}
	return 0;
}
