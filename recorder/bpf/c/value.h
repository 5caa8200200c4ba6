// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Parameters that are numbers.
#pragma once

// Flags or a value, translated by a table.
__noinline u64 translate(u32 id, u64 v)
{
	struct table *t = bpf_map_lookup_elem(&tables, &id);
	u32 n, x = v;
	u64 res = 0;

	if (!t)
		return 0;
	n = t->rows;
	if (t->values) {
		for (int i = 0; i < max_rows; i++) {
			if (i >= n)
				break;
			if (x - t->row[i].mask < (u32)t->row[i].shift)
				return t->row[i].to + (x - t->row[i].mask);
		}
		return t->other;
	}
	if (!x || (t->negative && (s32)x < 0))
		return 0;
	for (int i = 0; i < max_rows; i++) {
		s32 by;

		if (i >= n)
			break;
		by = t->row[i].shift;
		if (by >= 0)
			res |= (u64)(x & t->row[i].mask) << (by & 31);
		else
			res |= (x & t->row[i].mask) >> (-by & 31);
	}
	return res;
}

static __always_inline u64 user_num(u64 p, u32 width)
{
	u64 v = 0;

	if (width == 8)
		bpf_probe_read_user(&v, 8, (void *)p);
	else if (width == 4)
		bpf_probe_read_user(&v, 4, (void *)p);
	else if (width == 2)
		bpf_probe_read_user(&v, 2, (void *)p);
	else
		bpf_probe_read_user(&v, 1, (void *)p);
	return v;
}

// A long of the caller's width, extra longs after p. That of a 32-bit program
// without a limit is all ones, and its sendfile64 has an offset of 64 bits.
static __always_inline u64 user_long(struct scratch *s, u64 p, s32 extra)
{
	u32 v;

	if (!s->compat || s->nr == 239)
		return user_num(p + extra * 8, 8);
	v = user32(p + extra * 4);
	return v == (u32)-1 ? (u64)-1 : v;
}

static __always_inline u64 user_time(u64 p, u32 compat)
{
	struct {
		s64 sec, nsec;
	} t = {};
	struct {
		s32 sec, nsec;
	} c = {};

	if (compat) {
		bpf_probe_read_user(&c, sizeof(c), (void *)p);
		return (u32)c.sec * 1000000000ULL + c.nsec;
	}
	bpf_probe_read_user(&t, sizeof(t), (void *)p);
	return (u64)t.sec * 1000000000ULL + t.nsec;
}

// The sum of an iovec's lengths.
static __always_inline u64 iov_sum(u64 iov, u32 n, u32 compat)
{
	u64 sum = 0;

	for (int i = 0; i < 32; i++) {
		u64 len = 0;

		if (i >= n)
			break;
		if (compat)
			bpf_probe_read_user(&len, 4, (void *)(iov + i * 8 + 4));
		else
			bpf_probe_read_user(&len, 8, (void *)(iov + i * 16 + 8));
		sum += len;
	}
	return sum;
}

// Members of a msghdr, which differs between 32 and 64 bits.
struct msg {
	u64 name, namelen, iov, iovlen, control, controllen;
};

static __always_inline int msg_read(struct msg *m, u64 p, u32 compat)
{
	u64 w[6] = {};
	u32 c[6] = {};

	if (compat) {
		if (bpf_probe_read_user(c, sizeof(c), (void *)p))
			return -1;
		m->name = c[0];
		m->namelen = c[1];
		m->iov = c[2];
		m->iovlen = c[3];
		m->control = c[4];
		m->controllen = c[5];
		return 0;
	}
	if (bpf_probe_read_user(w, sizeof(w), (void *)p))
		return -1;
	m->name = w[0];
	m->namelen = (u32)w[1];
	m->iov = w[2];
	m->iovlen = w[3];
	m->control = w[4];
	m->controllen = w[5];
	return 0;
}

// Where the message is that the record is about: args[1] points to one msghdr,
// or to an array of msghdr and length.
static __always_inline u64 msg_at(struct scratch *s)
{
	return s->args[1] + (u64)s->msg * (s->compat ? 32 : 64);
}

// Flags of open as scap has them, from the access mode; the other flags come
// from the table.
static __always_inline u64 open_access(u64 v)
{
	v &= 3;
	return v == 1 ? 2 : v == 2 ? 3 : 1;
}

// The bits of O_TMPFILE, of which one is O_DIRECTORY.
#if defined(__TARGET_ARCH_arm64)
#define O_TMPFILE_BITS 020040000
#else
#define O_TMPFILE_BITS 020200000
#endif
static __always_inline u64 open_mode(u64 flags, u64 mode)
{
	return flags & (0100 | O_TMPFILE_BITS) ? mode & 07777 : 0; // O_CREAT
}

static __always_inline u64 quota_value(struct scratch *s, s32 which)
{
	u32 cmd = translate(which >> 8 & 0xff, (u32)s->args[0] >> 8);
	u64 p = s->args[3];
	u64 valid = 0, v;

	which &= 0xff;
	switch (which) {
	case 0: case 1: case 2: case 3: case 4: case 6: case 7: {
		// bhardlimit, bsoftlimit, curspace, ihardlimit, isoftlimit, (curinodes), btime, itime
		u32 bit = which <= 1 ? 1 : which == 2 ? 2 : which <= 4 ? 4 : which == 6 ? 16 : 32;

		if (!(cmd & (32 | 64)))
			return 0;
		valid = user32(p + 64);
		return valid & bit ? user_num(p + which * 8, 8) : 0;
	}
	case 8: case 9: case 10: // struct if_dqinfo: bgrace, igrace, flags
		if (!(cmd & (8 | 16)))
			return 0;
		valid = user32(p + 20);
		if (which == 10)
			return valid & 4 ? user32(p + 16) : 0;
		return valid & (which == 8 ? 1 : 2) ? user_num(p + (which - 8) * 8, 8) : 0;
	case 11: // format that GETFMT gave
		v = cmd == 4 ? user32(p) : 0;
		return v == 1 ? 2 : v == 2 ? 4 : v == 4 ? 8 : 1;
	case 15:
		return cmd;
	case 12: // type
		v = s->args[0] & 0xff;
		return v == 0 ? 1 : v == 1 ? 2 : 0;
	case 13: // id
		return cmd & (32 | 64 | 1024 | 2048) ? (u32)s->args[2] : 0;
	case 14: // format given to QUOTAON
		v = cmd == 1 ? (u32)s->args[2] : 0;
		return v == 1 ? 2 : v == 2 ? 4 : v == 4 ? 8 : 1;
	}
	return 0;
}

// What is rarely asked for, kept out of value so that neither is too large to
// verify.
__noinline u64 rare_value(u32 cpu, u32 what, s32 extra)
{
	struct scratch *s = bpf_map_lookup_elem(&scratches, &cpu);
	u32 kind = what & 0xff, arg = what >> 8 & 7, id = what >> 24;
	struct task_struct *t, *parent;
	struct msg m = {};
	u64 a, v = 0, res;

	if (!s)
		return 0;
	a = s->args[arg];
	switch (kind) {
	case kind_pipe_fd: {
		s32 fds[2] = {-1, -1};

		if (extra & 2 && s->ret != 0) // a pair that was not made
			return -1;
		if (bpf_probe_read_user(fds, sizeof(fds), (void *)a))
			return -1;
		return (s64)(extra & 1 ? fds[1] : fds[0]);
	}
	case kind_pipe_ino:
		return s->ret == 0 ? fd_inode(user32(a)) : 0;
	case kind_pair_sock:
		if (s->ret != 0)
			return 0;
		return sock_value(user32(a), extra ? kind_pair_sock : kind_tuple);
	case kind_queue_len:
	case kind_queue_max:
	case kind_queue_pct:
		return s->ret < 0 ? 0 : sock_value(a, kind);
	case kind_iov_size:
		return iov_sum(a, s->args[extra & 7], s->compat);
	case kind_mmsg_ret: // what the message's length says, the result where none was moved
		return s->ret <= 0 ? s->ret : user32(msg_at(s) + (s->compat ? 28 : 56));
	case kind_mmsg_size:
		if (s->ret <= 0 || msg_read(&m, msg_at(s), s->compat))
			return 0;
		if (extra) // received
			return user32(msg_at(s) + (s->compat ? 28 : 56));
		return iov_sum(m.iov, m.iovlen, s->compat);
	case kind_sockopt_name:
		if ((s32)a != 1) // SOL_SOCKET
			return 0;
		return translate(id, s->args[extra & 7]);
	case kind_clone_flags:
		return translate(id, a) | clone_in_pidns((void *)s->task);
	case kind_clone3_flags:
		return translate(id, user_num(a, 8)) | clone_in_pidns((void *)s->task);
	case kind_fork_flags:
		t = (void *)s->task;
		parent = (void *)s->other;
		// CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, CLONE_FILES
		if (BPF_CORE_READ(t, pid) != BPF_CORE_READ(t, tgid))
			v |= 1 << 13 | 1 << 11 | 1 << 15;
		if (BPF_CORE_READ(t, files) == BPF_CORE_READ(parent, files))
			v |= 1;
		if (BPF_CORE_READ(pid_ns(task_pid(t, pid_self)), level))
			v |= 1 << 29;
		return v;
	case kind_fork_faults:
		parent = (void *)s->other;
		return extra ? BPF_CORE_READ(parent, maj_flt) : BPF_CORE_READ(parent, min_flt);
	case kind_reaper:
		return reaper_of(s->task);
	case kind_signal: {
		struct kernel_siginfo *si = (void *)s->other;
		u32 sig = s->nr;
		int code;

		if (extra == 1)
			return s->tid;
		if (extra == 2)
			return sig;
		if (!si)
			return 0;
		code = BPF_CORE_READ(si, si_code);
		// Only these carry a sender: kill and its kin, a child's end, real-time ones.
		if (sig == 9 || sig == 17 || sig >= 32)
			return (s64)BPF_CORE_READ(si, _sifields._kill._pid);
		if ((sig == 15 || sig == 1 || sig == 2 || sig == 20 || sig == 3) && code <= 0)
			return (s64)BPF_CORE_READ(si, _sifields._kill._pid);
		return 0;
	}
	case kind_mount_flags:
		v = (u32)a;
		return (v & 0xffff0000) == 0xC0ED0000 ? v & 0xffff : v;
	case kind_mknod_mode:
		v = a & 07777;
		res = a & 0170000;
		if (res == 0)
			res = 0100000;
		if (res == 0140000 || res == 0100000 || res == 0060000 || res == 0020000 || res == 0010000)
			v |= res;
		return v;
	case kind_dev:
		// As the system call takes it: 12 bits of major within 20 of minor.
		return dev_encode((u32)a >> 20, (u32)a & 0xfffff);
	case kind_offset:
		return s->compat ? a | s->args[(arg + 1) & 7] << 32 : a;
	case kind_user_long_ok:
		if (s->ret != 0)
			return -1;
	case kind_user_long:
		return user_long(s, a, extra);
	case kind_llseek_offset:
		return (s->args[1] << 32) + s->args[2];
	case kind_semctl_val:
		return (u16)s->args[2] == 16 ? (s32)s->args[3] : 0; // SETVAL
	case kind_sembuf: {
		u64 off = (extra >> 2) * 6 + (extra & 3) * 2;

		if (s->ret != 0 || !s->args[1] || (u32)s->args[2] <= extra >> 2)
			return 0;
		v = user_num(s->args[1] + off, 2);
		return (extra & 3) == 2 ? translate(id, v) : v;
	}
	case kind_prctl_int:
		v = s->args[0];
		if ((u32)v == 15 || (u32)v == 16) // PR_SET_NAME, PR_GET_NAME
			return 0;
		if ((u32)v == 37) // PR_GET_CHILD_SUBREAPER
			return (s64)(s32)user32(s->args[1]);
		return s->args[1];
	case kind_sigset:
		return user32(a);
	case kind_quota:
		return quota_value(s, extra | id << 8);
	case kind_openat2_flags:
		v = user_num(a, 8);
		return translate(id, v) | open_access(v) | file_flags(s, cpu);
	case kind_openat2_mode:
		return open_mode(user_num(a, 8), user_num(a + 8, 8));
	}
	return 0;
}

// The value of a parameter. what is the kind, the argument's index, the width
// and the table, a byte each; ids the call's scap code and its number.
__noinline u64 value(u32 cpu, u32 what, s32 extra, u32 ids)
{
	struct scratch *s = bpf_map_lookup_elem(&scratches, &cpu);
	u32 kind = what & 0xff, arg = what >> 8 & 7, width = what >> 16 & 0xff, id = what >> 24;
	u64 a, v;

	if (!s)
		return 0;
	a = s->args[arg];
	switch (kind) { // but what quick_value has
	case kind_arg_mask:
		return (u32)a & (u32)extra;
	case kind_moved:
		return s->ret < 0 ? 0 : s->ret;
	case kind_const:
		return (s64)extra;
	case kind_bits:
	case kind_enum:
		return translate(id, a);
	case kind_futex_op:
		// The operation and two flags: 128 stays, 256 stays.
		v = a & 127;
		return (v > 12 ? 0 : v) | (a & 384);
	case kind_user:
		return user_num(a + extra, width);
	case kind_user_ok:
		return s->ret == 0 ? user_num(a + extra, width) : -1;
	case kind_user_bits:
		return translate(id, user32(a + extra));
	case kind_timespec:
		return user_time(a, s->compat && s->nr != 414); // but ppoll_time64
	case kind_open_flags:
		return translate(id, a) | open_access(a) | file_flags(s, cpu);
	case kind_open_mode:
		return open_mode(extra < 0 ? 0100 : s->args[extra & 7], a);
	case kind_fd_dev:
	case kind_fd_ino:
	case kind_creat_flags:
		if (s->ret <= 0)
			return 0;
		if (!s->fd_known)
			new_file(cpu, s->ret);
		return kind == kind_fd_dev ? s->fd_dev : kind == kind_fd_ino ? s->fd_ino : s->fd_layer;
	case kind_sc_code:
		return ids & 0xffff;
	case kind_native:
		return ids >> 16;
	case kind_exe_flags:
	case kind_exe_ino:
	case kind_exe_ctime:
	case kind_exe_mtime:
		return exe_value(s->task, kind);
	}
	if ((kind >= kind_vm_size && kind <= kind_loginuid) || kind == kind_pidns_start || kind == kind_exit_status)
		return task_value(s->task, kind, extra, s->ret);
	return rare_value(cpu, what, extra);
}
