// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Files and sockets behind file descriptors.
#pragma once

// Since 6.4 (commit 58aa2afbb1e6) a program may ask whether a function is there
// that makes any address one of a type that the verifier knows; it is since 6.2.
// Members are then read without a call for each. The enumeration's value has come
// with 6.4 too.
extern void *bpf_rdonly_cast(const void *obj, u32 type) __ksym __weak;
enum bpf_prog_type___v6_4 { BPF_PROG_TYPE_NETFILTER___v6_4 = 32 };
#define HAS_CASTS bpf_core_enum_value_exists(enum bpf_prog_type___v6_4, BPF_PROG_TYPE_NETFILTER___v6_4)
#define CAST(type, p) ((struct type *)bpf_rdonly_cast(p, bpf_core_type_id_kernel(struct type)))

static __always_inline struct file *fd_file(s32 fd)
{
	struct file **fds, *f = NULL;

	if (fd < 0)
		return NULL;
	if (HAS_TASK_BTF) {
		// The kernel's types are known to the verifier, so members are read
		// without a call for each.
		struct fdtable *fdt = bpf_get_current_task_btf()->files->fdt;

		if ((u32)fd >= fdt->max_fds)
			return NULL;
		fds = fdt->fd;
	} else {
		struct task_struct *t = (void *)bpf_get_current_task();
		struct fdtable *fdt = BPF_CORE_READ(t, files, fdt);

		if (!fdt || (u32)fd >= BPF_CORE_READ(fdt, max_fds))
			return NULL;
		fds = BPF_CORE_READ(fdt, fd);
	}
	if (HAS_CASTS) // as the number that this type begins with, which functions take
		return (void *)CAST(rlimit, &fds[fd])->rlim_cur;
	bpf_probe_read_kernel(&f, sizeof(f), &fds[fd]);
	return f;
}

static __always_inline u32 user32(u64 p)
{
	u32 v = 0;

	bpf_probe_read_user(&v, sizeof(v), (void *)p);
	return v;
}

static __always_inline u64 fd_inode(s32 fd)
{
	struct file *f = fd_file(fd);

	return f ? BPF_CORE_READ(f, f_inode, i_ino) : 0;
}

// Looks at the file that a call has opened, once for all parameters.
__noinline int new_file(u32 cpu, s32 fd)
{
	struct scratch *s = bpf_map_lookup_elem(&scratches, &cpu);
	struct file *f;
	struct super_block *sb;
	struct inode *i;
	u32 dev;

	if (!s)
		return 0;
	s->fd_known = 1;
	s->fd_mode = s->fd_dev = s->fd_layer = s->fd_ino = 0;
	f = fd_file(fd);
	if (!f)
		return 0;
	if (HAS_CASTS) {
		f = CAST(file, f);
		s->fd_mode = f->f_mode;
		i = f->f_inode;
		s->fd_ino = i->i_ino;
		sb = i->i_sb;
		dev = sb->s_dev;
		s->fd_dev = dev_encode(dev >> 20, dev & 0xfffff);
		if (sb->s_magic == OVERLAYFS)
			s->fd_layer = file_layer(f);
		return 0;
	}
	s->fd_mode = BPF_CORE_READ(f, f_mode);
	i = BPF_CORE_READ(f, f_inode);
	s->fd_ino = BPF_CORE_READ(i, i_ino);
	sb = BPF_CORE_READ(i, i_sb);
	dev = BPF_CORE_READ(sb, s_dev);
	s->fd_dev = dev_encode(dev >> 20, dev & 0xfffff);
	if (BPF_CORE_READ(sb, s_magic) == OVERLAYFS)
		s->fd_layer = file_layer(f);
	return 0;
}

// What scap's flags of an open say of the new file: O_F_CREATED for
// FMODE_CREATED, FD_UPPER_LAYER and FD_LOWER_LAYER (driver/ppm_events_public.h).
static __always_inline u32 file_flags(struct scratch *s, u32 cpu)
{
	u32 v;

	if (s->ret < 0)
		return 0;
	if (!s->fd_known)
		new_file(cpu, s->ret);
	v = s->fd_mode & 0x100000 ? 1 << 14 : 0;
	return s->ret > 0 ? v | s->fd_layer << 15 : v;
}

// The socket behind a descriptor. A file is one if its inode says so and the
// socket knows the file (a file opened with O_PATH has no socket).
static __always_inline struct sock *fd_sock(s32 fd)
{
	struct file *f = fd_file(fd);
	struct socket *s;

	if (!f || (BPF_CORE_READ(f, f_inode, i_mode) & 0170000) != 0140000)
		return NULL;
	s = BPF_CORE_READ(f, private_data);
	if (!s || BPF_CORE_READ(s, file) != f)
		return NULL;
	return BPF_CORE_READ(s, sk);
}

__noinline u64 sock_value(s32 fd, u32 kind)
{
	struct sock *sk = fd_sock(fd);
	struct unix_sock *us = (void *)sk;
	u32 n, max;

	if (!sk)
		return 0;
	if (kind == kind_tuple)
		return (u64)sk;
	if (kind == kind_pair_sock)
		return (u64)BPF_CORE_READ(us, peer);
	n = BPF_CORE_READ(sk, sk_ack_backlog);
	max = BPF_CORE_READ(sk, sk_max_ack_backlog);
	if (kind == kind_queue_len)
		return n;
	if (kind == kind_queue_max)
		return max;
	return n && max ? (u8)((u64)n * 100 / max) : 0;
}

static __always_inline void put(struct scratch *s, u32 off, u64 v)
{
	*(u64 *)(s->buf + (off & (payload_size - 1))) = v;
}

// Two addresses of an IPv4 or IPv6 socket, in the order of the direction.
static __always_inline u32 inet_tuple(struct scratch *s, struct sock *sk, u32 pos, u32 how, u64 addr, u32 v6)
{
	struct inet_sock *in = (void *)sk;
	struct in6_addr la = {}, ra = {};
	u16 lport = BPF_CORE_READ(in, inet_sport), rport = BPF_CORE_READ(sk, __sk_common.skc_dport);
	u32 n = v6 ? 16 : 4, off = pos + 1;

	if (v6) {
		struct ipv6_pinfo *p6 = BPF_CORE_READ(in, pinet6);

		BPF_CORE_READ_INTO(&la, p6, saddr);
		BPF_CORE_READ_INTO(&ra, sk, __sk_common.skc_v6_daddr);
	} else {
		BPF_CORE_READ_INTO((u32 *)&la, in, inet_saddr);
		BPF_CORE_READ_INTO((u32 *)&ra, sk, __sk_common.skc_daddr);
	}
	if (rport == 0 && addr) {
		bpf_probe_read_user(&rport, 2, (void *)(addr + 2));
		if (v6)
			bpf_probe_read_user(&ra, 16, (void *)(addr + 8));
		else
			bpf_probe_read_user(&ra, 4, (void *)(addr + 4));
	}
	put(s, pos, v6 ? 10 : 2);
	for (int i = 0; i < 2; i++) {
		// Out: from here to there. In: from there to here.
		u32 local = (!(how & tuple_out)) == i;
		struct in6_addr *a = local ? &la : &ra;
		u16 port = local ? lport : rport;

		bpf_probe_read_kernel(s->buf + (off & (payload_size - 1)), 16, a);
		off += n;
		put(s, off, __builtin_bswap16(port));
		off += 2;
	}
	return off - pos;
}

// The path of a unix socket's address: up to a NUL or the address's end, after
// the leading NUL of an abstract name, which has none behind it. Always at least
// a NUL.
static __always_inline u32 unix_path(struct scratch *s, u32 off, const char *path, u32 len, u32 user)
{
	char *dst = (char *)s->buf + (off & (payload_size - 1));
	u32 room = len > 2 ? len - 2 : 0;
	char first = 0;
	long n;

	*dst = 0;
	if (user)
		bpf_probe_read_user(&first, 1, path);
	else
		bpf_probe_read_kernel(&first, 1, path);
	if (!first) {
		path++;
		room = room > 1 ? room - 1 : 0;
	}
	room = room > 108 ? 109 : room + 1;
	if (user)
		n = bpf_probe_read_user_str(dst, bounded(room, 127), path);
	else
		n = bpf_probe_read_kernel_str(dst, bounded(room, 127), path);
	return n > 0 ? n : 1;
}

__noinline u32 tuple_bytes(u32 cpu, u32 fd, u32 how, u64 addr, u32 len)
{
	struct scratch *s = bpf_map_lookup_elem(&scratches, &cpu);
	struct sock *sk = fd_sock(fd);
	u32 pos, family;

	if (!s || !sk)
		return 0;
	pos = s->pos;
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	if (family == 2)
		return inet_tuple(s, sk, pos, how, addr, 0);
	if (family == 10)
		return inet_tuple(s, sk, pos, how, addr, 1);
	if (family == 1) {
		struct unix_sock *us = (void *)sk, *named = us;
		struct sock *peer = BPF_CORE_READ(us, peer);
		struct unix_address *a;
		const char *path = NULL;
		u32 user = 0;

		put(s, pos, 1);
		if (how & tuple_out) {
			put(s, pos + 1, (u64)peer);
			put(s, pos + 9, (u64)sk);
			named = (void *)peer;
			if (!peer && addr) {
				path = (char *)addr + 2;
				user = 1;
			}
		} else {
			put(s, pos + 1, (u64)sk);
			put(s, pos + 9, (u64)peer);
		}
		if (!user) {
			a = BPF_CORE_READ(named, addr);
			len = BPF_CORE_READ(a, len);
			if (a)
				path = (char *)a + bpf_core_field_offset(struct unix_address, name) +
				       bpf_core_field_offset(struct sockaddr_un, sun_path);
		}
		put(s, pos + 17, 0);
		if (!path)
			return 18;
		return 17 + unix_path(s, pos + 17, path, len, user);
	}
	return 0;
}

// An address as the caller gave it.
__noinline u32 sockaddr_bytes(u32 cpu, u64 addr, u32 len)
{
	struct scratch *s = bpf_map_lookup_elem(&scratches, &cpu);
	u32 pos;
	u16 family = 0, port = 0;
	struct in6_addr a = {};

	if (!s || !addr || len == 0)
		return 0;
	pos = s->pos;
	if (bpf_probe_read_user(&family, 2, (void *)addr))
		return 0;
	put(s, pos, family);
	if (family == 2) {
		bpf_probe_read_user(&a, 4, (void *)(addr + 4));
		bpf_probe_read_user(&port, 2, (void *)(addr + 2));
		put(s, pos + 1, *(u32 *)&a);
		put(s, pos + 5, __builtin_bswap16(port));
		return 7;
	}
	if (family == 10) {
		bpf_probe_read_user(s->buf + ((pos + 1) & (payload_size - 1)), 16, (void *)(addr + 8));
		bpf_probe_read_user(&port, 2, (void *)(addr + 2));
		put(s, pos + 17, __builtin_bswap16(port));
		return 19;
	}
	if (family == 1)
		return 1 + unix_path(s, pos + 1, (char *)addr + 2, len, 1);
	return 0;
}
