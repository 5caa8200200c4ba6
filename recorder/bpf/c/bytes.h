// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Parameters that are bytes: text, data, environments, paths.
#pragma once

#define MASK(x) ((x) & (payload_size - 1))
#define MAX_TEXT 4096 // PATH_MAX, and as much of arguments and environment

// Text of user memory, with its NUL; 0 if it cannot be read.
static __always_inline u32 text(struct scratch *s, u32 pos, u64 p, u32 max)
{
	long n;

	if (!p)
		return 0;
	if (max > MAX_TEXT)
		max = MAX_TEXT;
	n = bpf_probe_read_user_str(s->buf + MASK(pos), bounded(max, 2 * MAX_TEXT - 1), (void *)p);
	if (n < 0)
		return 0;
	if (n == 0) {
		s->buf[MASK(pos)] = 0;
		return 1;
	}
	return n;
}

static __always_inline u32 kernel_text(struct scratch *s, u32 pos, u64 p, u32 max)
{
	long n = bpf_probe_read_kernel_str(s->buf + MASK(pos), max, (void *)p);

	return n < 0 ? 0 : n;
}

static __always_inline u32 data(struct scratch *s, u32 pos, u64 p, u32 n)
{
	if (!p || n == 0)
		return 0;
	if (n > payload_size - 1)
		n = payload_size - 1;
	if (bpf_probe_read_user(s->buf + MASK(pos), bounded(n, payload_size - 1), (void *)p))
		return 0;
	return n;
}

// The bytes of an iovec, at most max, in all s->got of them. What is counted in
// a loop lies in memory, where the verifier forgets its value and so does not
// follow each.
__noinline u32 iov_bytes(u32 cpu, u64 iov, u32 n, u32 max)
{
	struct scratch *s = bpf_map_lookup_elem(&scratches, &cpu);
	volatile u32 *got;
	u32 compat;

	if (!s)
		return 0;
	compat = s->compat;
	got = &s->got;
	*got = 0;
	for (int i = 0; i < 32; i++) {
		u64 base = 0, len = 0;
		u32 have = *got, k;

		if (i >= n || have >= max)
			break;
		if (compat) {
			bpf_probe_read_user(&base, 4, (void *)(iov + i * 8));
			bpf_probe_read_user(&len, 4, (void *)(iov + i * 8 + 4));
		} else {
			bpf_probe_read_user(&base, 8, (void *)(iov + i * 16));
			bpf_probe_read_user(&len, 8, (void *)(iov + i * 16 + 8));
		}
		if (len == 0)
			continue;
		if (len > max - have)
			len = max - have;
		k = data(s, s->pos + have, base, len);
		if (!k)
			break;
		*got = have + k;
	}
	return *got;
}

// Texts that a pointer array points to, from index first to 15, one after
// another. Falco takes no more: MAX_CHARBUF_POINTERS of
// driver/modern_bpf/helpers/base/shared_size.h.
__noinline u32 texts(u32 cpu, u64 array, u32 first, u32 max)
{
	struct scratch *s = bpf_map_lookup_elem(&scratches, &cpu);
	volatile u32 *got;
	u32 size, n;

	if (!s || !array || max == 0)
		return 0;
	size = s->compat ? 4 : 8;
	got = &s->got;
	*got = 0;
	for (u32 i = 0; i < 16; i++) {
		u64 p = 0, at = array + (u64)i * size;
		u32 have = *got;

		if (i < first)
			continue;
		if (have >= max)
			break;
		if (size == 4 ? bpf_probe_read_user(&p, 4, (void *)at) : bpf_probe_read_user(&p, 8, (void *)at))
			break;
		if (!p)
			break;
		*got = have + text(s, s->pos + have, p, MAX_TEXT);
	}
	n = *got;
	if (n > max)
		n = max;
	if (n)
		s->buf[MASK(s->pos + n - 1)] = 0;
	return n;
}

// What poll says of its descriptors: their number, then 10 bytes for each.
__noinline u32 fdlist_bytes(u32 cpu, u64 fds, u32 n, u32 id)
{
	struct scratch *s = bpf_map_lookup_elem(&scratches, &cpu);
	u32 pos;

	if (!s)
		return 0;
	pos = s->pos;
	if (n > 16)
		n = 16;
	for (int i = 0; i < 16; i++) {
		u64 v = 0;

		if (i >= n)
			break;
		if (bpf_probe_read_user(&v, 8, (void *)(fds + i * 8))) {
			n = 0;
			break;
		}
		put(s, pos + 2 + i * 10, (s64)(s32)v);
		put(s, pos + 10 + i * 10, translate(id, (s16)(v >> 48)) & 0xffff);
	}
	s->buf[MASK(pos)] = n;
	s->buf[MASK(pos + 1)] = 0;
	return 2 + n * 10;
}

// A control group of the task, as "name=/path" and a NUL. Deeper than 6 levels
// the path begins with the sixth from its end, as Falco's does:
// MAX_CGROUP_PATH_POINTERS of driver/modern_bpf/helpers/base/shared_size.h.
__noinline u32 cgroup_bytes(u32 cpu, u64 task, u32 id, u32 pos)
{
	struct scratch *s = bpf_map_lookup_elem(&scratches, &cpu);
	struct task_struct *t = (void *)task;
	struct cgroup_subsys_state *css = NULL;
	struct kernfs_node *kn;
	u64 names[6] = {};
	u32 start = pos, n, depth = 0;
	struct css_set *set = BPF_CORE_READ(t, cgroups);

	if (!s)
		return 0;
	bpf_probe_read_kernel(&css, sizeof(css), (char *)set + bpf_core_field_offset(struct css_set, subsys) + (id & 31) * sizeof(void *));
	n = kernel_text(s, pos, (u64)BPF_CORE_READ(css, ss, name), 64);
	if (n == 0)
		return 0;
	pos += n;
	s->buf[MASK(pos - 1)] = '=';
	kn = BPF_CORE_READ(css, cgroup, kn);
	for (int i = 0; i < 6; i++) {
		struct kernfs_node *up;

		if (!kn)
			break;
		up = cgroup_parent(kn);
		if (!up) // the root, which has no name
			break;
		names[i] = (u64)BPF_CORE_READ(kn, name);
		depth++;
		kn = up;
	}
	s->buf[MASK(pos)] = '/';
	s->buf[MASK(pos + 1)] = 0;
	if (depth == 0)
		return pos + 2 - start;
	for (int i = 5; i >= 0; i--) {
		if (!names[i])
			continue;
		s->buf[MASK(pos)] = '/';
		n = kernel_text(s, pos + 1, names[i], 256);
		pos += n ? n : 1;
	}
	s->buf[MASK(pos)] = 0;
	return pos + 1 - start;
}

static __always_inline u32 cgroups(struct scratch *s, u32 cpu, u64 task, u32 pos)
{
	u32 start = pos;

	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, cpuset_cgrp_id))
		pos += cgroup_bytes(cpu, task, bpf_core_enum_value(enum cgroup_subsys_id, cpuset_cgrp_id), pos);
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, cpu_cgrp_id))
		pos += cgroup_bytes(cpu, task, bpf_core_enum_value(enum cgroup_subsys_id, cpu_cgrp_id), pos);
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, cpuacct_cgrp_id))
		pos += cgroup_bytes(cpu, task, bpf_core_enum_value(enum cgroup_subsys_id, cpuacct_cgrp_id), pos);
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, io_cgrp_id))
		pos += cgroup_bytes(cpu, task, bpf_core_enum_value(enum cgroup_subsys_id, io_cgrp_id), pos);
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		pos += cgroup_bytes(cpu, task, bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id), pos);
	return pos - start;
}

// The path of a file from the root of the mount tree, written from its end.
// A file that has no path (a memfd) has its name.
__noinline u32 path_bytes(u32 cpu, u64 file)
{
	struct scratch *s = bpf_map_lookup_elem(&scratches, &cpu);
	struct file *f = (void *)file;
	struct dentry *d, *root;
	struct vfsmount *v;
	struct mount *m;
	volatile u32 *left;
	u32 off, n;

	if (!s || !f)
		return 0;
	d = BPF_CORE_READ(f, f_path.dentry);
	v = BPF_CORE_READ(f, f_path.mnt);
	m = (void *)((char *)v - bpf_core_field_offset(struct mount, mnt));
	root = BPF_CORE_READ(v, mnt_root);
	left = &s->got;
	*left = 4095;
	s->tmp[4095] = 0;
	for (int i = 0; i < 96; i++) {
		struct dentry *up = BPF_CORE_READ(d, d_parent);
		u32 len;

		if (d == root || d == up) {
			struct mount *pm = BPF_CORE_READ(m, mnt_parent);

			if (d != root || pm == m)
				break;
			d = BPF_CORE_READ(m, mnt_mountpoint);
			m = pm;
			root = BPF_CORE_READ(m, mnt.mnt_root);
			continue;
		}
		len = BPF_CORE_READ(d, d_name.len);
		off = *left;
		if (len > 255 || len + 1 >= off)
			break;
		off -= len;
		bpf_probe_read_kernel(s->tmp + (off & 4095), bounded(len, 255), BPF_CORE_READ(d, d_name.name));
		off--;
		s->tmp[off & 4095] = '/';
		*left = off;
		d = up;
	}
	off = *left;
	if (off == 4095)
		return kernel_text(s, s->pos, (u64)BPF_CORE_READ(d, d_name.name), 256);
	n = 4096 - (off & 4095); // at most 4095, as off > 0
	if (bpf_probe_read_kernel(s->buf + MASK(s->pos), bounded(n, 4095), s->tmp + (off & 4095)))
		return 0;
	return n;
}

static __always_inline u32 task_range(struct scratch *s, u32 pos, u64 from, u64 to, u32 max)
{
	u32 n;

	if (from >= to)
		return 0;
	n = to - from > max ? max : to - from;
	if (n > MAX_TEXT)
		n = MAX_TEXT;
	n = data(s, pos, from, n);
	if (n)
		s->buf[MASK(pos + n - 1)] = 0;
	return n;
}

// What belongs to tasks and programs.
__noinline u32 task_bytes(u32 cpu, u32 kind, u64 a, s64 ret)
{
	struct scratch *s = bpf_map_lookup_elem(&scratches, &cpu);
	struct task_struct *t;
	struct mm_struct *mm;
	u64 from, to;
	u32 pos, n;

	if (!s)
		return 0;
	t = (void *)s->task;
	pos = s->pos;
	switch (kind) {
	case kind_exe:
		s->len = 0;
		if (ret < 0)
			return 0;
		n = text(s, pos, BPF_CORE_READ(t, mm, arg_start), MAX_TEXT);
		s->len = n;
		return n;
	case kind_args:
		if (ret < 0 || s->len >= MAX_TEXT)
			return 0;
		mm = BPF_CORE_READ(t, mm);
		from = BPF_CORE_READ(mm, arg_start) + s->len;
		to = BPF_CORE_READ(mm, arg_end);
		return task_range(s, pos, from, to, MAX_TEXT - s->len);
	case kind_env:
		mm = BPF_CORE_READ(t, mm);
		from = BPF_CORE_READ(mm, env_start);
		to = BPF_CORE_READ(mm, env_end);
		return task_range(s, pos, from, to, MAX_TEXT);
	case kind_exe_argv:
		s->len = 0;
		if (!a) {
			s->buf[MASK(pos)] = 0;
			return 1;
		}
		from = 0;
		if (bpf_probe_read_user(&from, s->compat ? 4 : 8, (void *)a))
			return 0;
		n = text(s, pos, from, MAX_TEXT);
		s->len = n;
		return n;
	case kind_args_argv:
		return s->len < MAX_TEXT ? texts(cpu, a, 1, MAX_TEXT - s->len) : 0;
	case kind_env_argv:
		return texts(cpu, a, 0, MAX_TEXT);
	case kind_comm:
		return kernel_text(s, pos, (u64)t + bpf_core_field_offset(struct task_struct, comm), 16);
	case kind_cgroups:
		return cgroups(s, cpu, (u64)t, pos);
	case kind_exe_path:
		return path_bytes(cpu, (u64)BPF_CORE_READ(t, mm, exe_file));
	case kind_fd_path:
		return ret > 0 ? path_bytes(cpu, (u64)fd_file(ret)) : 0;
	case kind_filename: {
		struct linux_binprm *b = (void *)s->other;
		u64 name = (u64)BPF_CORE_READ(b, filename);

		return name ? kernel_text(s, pos, name, MAX_TEXT) : 0;
	}
	}
	return 0;
}

static __always_inline u32 sockopt_bytes(struct scratch *s, u32 pos, u64 val, u32 len)
{
	u32 opt = s->args[2], how;

	// SOL_SOCKET's options by what their value is (asm-generic/socket.h):
	// 1 errno, 2 32 bits, 3 64 bits, 4 struct timeval, 0 bytes.
	how = 0;
	if ((s32)s->args[1] == 1) {
		if (opt == 4)
			how = 1;
		else if (opt == 20 || opt == 21 || opt == 66 || opt == 67)
			how = 4;
		else if (opt == 57)
			how = 3;
		else if (opt >= 1 && opt <= 49 && opt != 13 && opt != 17 && opt != 26 && opt != 28)
			how = 2;
	}
	put(s, pos, how);
	if (how == 1) {
		put(s, pos + 1, -(s64)(s32)user32(val));
		return 9;
	}
	if (how == 2) {
		put(s, pos + 1, user32(val));
		return 5;
	}
	if (how == 3) {
		put(s, pos + 1, user_num(val, 8));
		return 9;
	}
	if (how == 4) {
		// 66 and 67 have 64 bits for all programs.
		if (s->compat && opt < 66)
			put(s, pos + 1, user32(val) * 1000000000ULL + user32(val + 4) * 1000);
		else
			put(s, pos + 1, user_num(val, 8) * 1000000000ULL + user_num(val + 8, 8) * 1000);
		return 9;
	}
	return 1 + data(s, pos + 1, val, len & 0xffff);
}

static __always_inline u32 ptrace_data(struct scratch *s, u32 pos, u64 val)
{
	u32 req = s->args[0];

	put(s, pos, 0);
	if (s->ret < 0)
		val = 0;
	else if (req >= 1 && req <= 3) // PEEKTEXT, PEEKDATA, PEEKUSR
		val = user_num(val, 8);
	else if (req == 7 || req == 9 || req == 17 || req == 24) { // CONT, SINGLESTEP, DETACH, SYSCALL
		put(s, pos, 1);
		put(s, pos + 1, val);
		return 2;
	}
	put(s, pos + 1, val);
	return 9;
}

// Arguments of keyctl: which of arg2 to arg5 each operation has, and which of
// those are text: 2 bits each, 1 number, 2 text.
static __always_inline u32 keyctl_shape(u32 op)
{
	switch (op) {
	case 1: // JOIN_SESSION_KEYRING
		return 2;
	case 3: case 7: case 14: case 16: case 21: // REVOKE, CLEAR, SET_REQKEY_KEYRING, ASSUME_AUTHORITY, INVALIDATE
		return 1;
	case 0: case 5: case 8: case 9: case 15: case 22: case 31: // GET_KEYRING_ID, SETPERM, LINK, UNLINK, SET_TIMEOUT, GET_PERSISTENT, CAPABILITIES
		return 1 | 1 << 2;
	case 2: case 4: case 6: case 11: case 13: case 17: case 32: // UPDATE, CHOWN, DESCRIBE, READ, NEGATE, GET_SECURITY, WATCH_KEY
		return 1 | 1 << 2 | 1 << 4;
	case 29: // RESTRICT_KEYRING
		return 1 | 2 << 2 | 2 << 4;
	case 24: // PKEY_QUERY
		return 1 | 1 << 2 | 2 << 4;
	case 10: // SEARCH
		return 1 | 2 << 2 | 2 << 4 | 1 << 6;
	case 12: case 19: case 20: case 23: case 30: // INSTANTIATE, REJECT, INSTANTIATE_IOV, DH_COMPUTE, MOVE
		return 1 | 1 << 2 | 1 << 4 | 1 << 6;
	case 25: case 26: case 27: case 28: // PKEY_ENCRYPT, DECRYPT, SIGN, VERIFY
		return 1 | 2 << 2 | 1 << 4 | 1 << 6;
	}
	return 0; // SESSION_TO_PARENT and what is not known
}

// The bytes of a parameter, written at the record's end; their number.
__noinline u32 bytes(u32 cpu, u32 what, s32 extra)
{
	struct scratch *s = bpf_map_lookup_elem(&scratches, &cpu);
	u32 kind = what & 0xff, arg = what >> 8 & 7, id = what >> 24, pos, n;
	u64 a, b;
	s64 ret;
	struct msg m = {};

	if (!s)
		return 0;
	if (kind >= kind_exe)
		return task_bytes(cpu, kind, s->args[arg], s->ret);
	pos = s->pos;
	a = s->args[arg];
	b = s->args[extra & 7];
	ret = s->ret;
	switch (kind) {
	case kind_path_ok:
		if (ret < 0)
			return 0;
	case kind_path:
		return text(s, pos, a, MAX_TEXT);
	case kind_read_data:
		if (ret <= 0)
			return 0;
		return data(s, pos, a, ret < snaplen ? ret : snaplen);
	case kind_write_data:
		if (ret > 0)
			b = ret;
		return data(s, pos, a, b < snaplen ? b : snaplen);
	case kind_bytes:
		return data(s, pos, a, b & 0xffff);
	case kind_iov_in:
		if (ret <= 0)
			return 0;
	case kind_iov_out:
		n = snaplen;
		if (ret > 0 && ret < n)
			n = ret;
		return iov_bytes(cpu, a, b, n);
	case kind_msg_in:
	case kind_msg_out:
		n = snaplen;
		if (kind == kind_msg_in && ret < 0)
			return 0;
		if (extra) // one message of several: its own length
			ret = ret > 0 ? user32(msg_at(s) + (s->compat ? 28 : 56)) : 0;
		if (extra && ret == 0)
			return 0;
		if ((ret > 0 || kind == kind_msg_in) && ret < n)
			n = ret;
		if (msg_read(&m, msg_at(s), s->compat))
			return 0;
		return iov_bytes(cpu, m.iov, m.iovlen, n);
	case kind_msg_control:
		if (ret < 0 || (extra && ret == 0) || msg_read(&m, msg_at(s), s->compat))
			return 0;
		if (m.controllen == 0 || m.controllen > 0xffff)
			return 0;
		return data(s, pos, m.control, m.controllen);
	case kind_msg_size:
		if (msg_read(&m, msg_at(s), s->compat))
			return 0;
		put(s, pos, iov_sum(m.iov, m.iovlen, s->compat));
		return 4;
	case kind_sockaddr:
		return sockaddr_bytes(cpu, a, (u16)b);
	case kind_tuple:
		if (extra & tuple_ret) {
			if (ret < 0)
				return 0;
			a = ret;
		} else if (extra & tuple_user) {
			if (ret != 0 && ret != -115) // EINPROGRESS
				return 0;
		} else if (ret < 0) {
			return 0;
		}
		b = n = 0;
		if (extra & tuple_addr) {
			b = s->args[4];
			n = s->args[5];
		} else if (extra & tuple_user) {
			b = s->args[1];
			n = s->args[2];
		} else if (extra & tuple_msg) {
			if (extra & tuple_many && ret <= 0)
				return 0;
			if (!msg_read(&m, msg_at(s), s->compat))
				b = m.name;
			n = m.namelen;
		}
		return tuple_bytes(cpu, a, extra, b, n);
	case kind_sockopt:
		return sockopt_bytes(s, pos, a, extra ? user32(s->args[4]) : s->args[4]);
	case kind_ptrace_addr:
		put(s, pos, 0);
		put(s, pos + 1, ret < 0 ? 0 : a);
		return 9;
	case kind_ptrace_data:
		return ptrace_data(s, pos, a);
	case kind_prctl_str:
		if ((u32)s->args[0] == 15 || (u32)s->args[0] == 16)
			return text(s, pos, a, MAX_TEXT);
		return 0;
	case kind_fdlist:
		return fdlist_bytes(cpu, a, b, id);
	case kind_keyctl:
		n = keyctl_shape(s->args[0]) >> (extra * 2 & 7) & 3;
		put(s, pos, 0);
		put(s, pos + 1, n == 1 ? a : 0);
		if (n != 2)
			return 9;
		s->buf[MASK(pos)] = 1;
		return 1 + text(s, pos + 1, a, MAX_TEXT);
	case kind_quota_path: // Q_QUOTAON
		return (u32)s->args[0] >> 8 == 0x800002 ? text(s, pos, a, MAX_TEXT) : 0;
	case kind_fsconfig:
		n = s->args[1];
		if (ret < 0)
			return 0;
		if (extra == 0)
			return n == 2 ? data(s, pos, a, (u32)s->args[4] & 0xffff) : 0;
		return n == 1 || n == 3 || n == 4 ? text(s, pos, a, MAX_TEXT) : 0;
	}
	return 0;
}
