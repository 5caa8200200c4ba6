// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Records system calls as scap events. A tracepoint finds the call's row in a
// table that user space has written, and fills in one parameter after another
// as the row says; the record is laid out as it will lie in the capture.
//
// Functions that are not static are verified one by one, with numbers as their
// only arguments (kernels since 5.6), so the program does not grow with the
// number of parameters.

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "types.h"
#include "record.h"
#include "task.h"
#include "filter.h"
#include "file.h"
#include "value.h"
#include "bytes.h"

char _license[] SEC("license") = "Dual BSD/GPL";

// Whether to wake the reader: once in wake_bytes of the CPU's, as each wake-up is
// an interrupt. A reader that is not woken looks by itself now and then.
static __always_inline u64 wake(struct scratch *s, u32 len)
{
	s->quiet += len;
	if (s->quiet < wake_bytes)
		return BPF_RB_NO_WAKEUP;
	s->quiet = 0;
	return BPF_RB_FORCE_WAKEUP;
}

// struct ppm_evt_hdr, driver/ppm_events_public.h: ts, tid, len, type, nparams.
// The time is since boot; user space makes it one since the epoch, and takes CPU
// and call out of the upper half of tid.
static __always_inline void header(u8 *r, struct call *c, u32 cpu, u32 index, u32 tid, u32 len)
{
	*(u64 *)(r + 0) = bpf_ktime_get_boot_ns();
	*(u64 *)(r + 8) = tid | (u64)(cpu | index << 16) << 32;
	*(u32 *)(r + 16) = len;
	*(u16 *)(r + 20) = c->type;
	*(u32 *)(r + 22) = c->nparams;
}

// The value of a parameter, without a call for the most frequent kinds.
static __always_inline u64 quick_value(struct scratch *s, struct op *op, u32 cpu, u32 ids)
{
	u64 a;

	if (op->kind == kind_ret)
		return s->ret;
	a = s->args[op->arg & 7];
	if (op->kind == kind_arg_s32)
		return (s64)(s32)a;
	if (op->kind == kind_arg)
		return a;
	return value(cpu, *(u32 *)op, op->extra, ids);
}

// Builds and writes the record of a call; 0 if it is in the ring.
__noinline int build(u32 cpu, u32 index)
{
	struct scratch *s = bpf_map_lookup_elem(&scratches, &cpu);
	struct call *c = bpf_map_lookup_elem(&calls, &index);
	void *ring = bpf_map_lookup_elem(&rings, &cpu);
	u32 n, ids, pos;

	if (!s || !c || !ring)
		return 1;
	n = c->nparams;
	ids = c->code | (u32)c->native << 16;
	s->pos = header_size + n * 2;
	for (int i = 0; i < max_params; i++) {
		struct op *op = &c->ops[i];
		u32 w;

		if (i >= n)
			break;
		w = op->width;
		if (w) {
			u64 v = quick_value(s, op, cpu, ids);

			put(s, s->pos, v);
		} else {
			w = bytes(cpu, *(u32 *)op, op->extra) & 0xffff;
		}
		*(u16 *)(s->buf + header_size + i * 2) = w;
		pos = s->pos + w;
		if (pos >= payload_size - 8)
			return 1;
		s->pos = pos;
	}
	pos = s->pos;
	header(s->buf, c, cpu, index, s->tid, pos);
	pos = bounded(pos, payload_size - 1);
	return bpf_ringbuf_output(ring, s->buf, pos, wake(s, pos)) ? 1 : 0;
}

// Takes the CPU's scratch, NULL if it is taken.
static __always_inline struct scratch *take(struct scratch *s, u32 tid)
{
	if (!s || s->busy)
		return NULL;
	s->busy = 1;
	s->tid = tid;
	s->msg = 0;
	s->fd_known = 0;
	return s;
}

// The counts of a call, NULL if those of the CPU are.
static __always_inline struct counts *counts_of(struct cpu_counts *all, u32 index)
{
	return all ? &all->calls[bounded(index, count_slots - 1)] : NULL;
}

static __always_inline void count_lost(struct cpu_counts *all, struct counts *n)
{
	n->lost++;
	all->calls[call_any].lost++;
}

static __always_inline int record(u32 cpu, u32 index, struct scratch *s, struct cpu_counts *all, struct counts *n)
{
	int lost = build(cpu, index);

	n->seen++;
	if (lost)
		count_lost(all, n);
	else
		n->written++;
	s->busy = 0;
	return 0;
}


SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long ret)
{
	u32 nr, index, compat = 0, cpu;
	u64 id;
	struct scratch *s;
	struct cpu_counts *all;
	struct counts *n;
	struct call *c;

#if defined(__TARGET_ARCH_x86)
	nr = regs->orig_ax;
#else
	nr = regs->syscallno;
#endif
	if (nr >= max_native)
		return 0;
	nr = bounded(nr, max_native - 1);
	// The first look: whether anyone wants this call.
	if (!((interesting[nr / 64] | interesting[first_compat / 64 + nr / 64]) >> (nr & 63) & 1))
		return 0;
#if defined(__TARGET_ARCH_x86)
	{
		if (HAS_TASK_BTF) {
			compat = bpf_get_current_task_btf()->thread_info.status;
		} else {
			struct task_struct *t = (void *)bpf_get_current_task();

			compat = BPF_CORE_READ(t, thread_info.status);
		}
		compat &= 2; // TS_COMPAT
	}
	index = compat ? first_compat + nr : nr;
	if (index == first_compat + 102) { // socketcall, of which the first argument chooses
		u32 call = regs->bx;

		if (call == 0 || call >= max_socketcall)
			return 0;
		index = first_socketcall + call;
	}
#else
	if (regs->pstate & 0x10) // a 32-bit program; not decoded
		return 0;
	index = nr;
#endif
	if (index >= max_calls)
		return 0;
	index = bounded(index, 2047);
	if (!(interesting[index / 64] >> (index & 63) & 1))
		return 0;

	id = bpf_get_current_pid_tgid();
	if ((u32)(id >> 32) == self)
		return 0;
	cpu = bpf_get_smp_processor_id();
	all = bpf_map_lookup_elem(&counters, &cpu);
	c = bpf_map_lookup_elem(&calls, &index);
	n = counts_of(all, index);
	if (!n || !c)
		return 0;
	if (c->when && ret == 0) // sched_process_exec has it
		return 0;
	if (filtered && !passes(bpf_get_current_task(), c->about)) {
		n->seen++;
		n->filtered++;
		return 0;
	}
	s = take(bpf_map_lookup_elem(&scratches, &cpu), id);
	if (!s) {
		n->seen++;
		count_lost(all, n);
		return 0;
	}
	s->ret = ret;
	s->nr = nr;
	s->compat = compat;
	s->task = bpf_get_current_task();
#if defined(__TARGET_ARCH_x86)
	if (compat) {
		// Where the kernel has not widened an error; addresses are as large.
		if ((u32)ret > (u32)-4096)
			s->ret = (s32)ret;
		s->args[0] = (u32)regs->bx;
		s->args[1] = (u32)regs->cx;
		s->args[2] = (u32)regs->dx;
		s->args[3] = (u32)regs->si;
		s->args[4] = (u32)regs->di;
		s->args[5] = (u32)regs->bp;
		if (index >= first_socketcall) {
			u32 a[6] = {};

			bpf_probe_read_user(a, sizeof(a), (void *)s->args[1]);
			for (int i = 0; i < 6; i++)
				s->args[i] = a[i];
		}
	} else {
		s->args[0] = regs->di;
		s->args[1] = regs->si;
		s->args[2] = regs->dx;
		s->args[3] = regs->r10;
		s->args[4] = regs->r8;
		s->args[5] = regs->r9;
	}
	if (magic && s->args[0] == magic && !compat) {
		self = id >> 32;
		s->busy = 0;
		return 0;
	}
#else
	s->args[0] = regs->orig_x0;
	s->args[1] = regs->regs[1];
	s->args[2] = regs->regs[2];
	s->args[3] = regs->regs[3];
	s->args[4] = regs->regs[4];
	s->args[5] = regs->regs[5];
	if (magic && s->args[0] == magic) {
		self = id >> 32;
		s->busy = 0;
		return 0;
	}
#endif
	if (c->many && ret > 1) {
		// A record for each message but the first, which is last to be written.
		for (u32 i = 1; i < 64; i++) {
			int lost;

			if (i >= ret)
				break;
			s->msg = i - 1;
			lost = build(cpu, index);
			n->seen++;
			if (lost)
				count_lost(all, n);
			else
				n->written++;
		}
		s->msg = (ret < 64 ? ret : 64) - 1;
	}
	return record(cpu, index, s, all, n);
}

// What the tracepoints besides sys_exit have in common.
static __always_inline int event(u32 index, u32 nr, struct task_struct *t, u64 other, u32 tid)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct cpu_counts *all = bpf_map_lookup_elem(&counters, &cpu);
	struct call *c = bpf_map_lookup_elem(&calls, &index);
	struct counts *n = counts_of(all, index);
	struct scratch *s;

	if (!n || !c || (u32)(bpf_get_current_pid_tgid() >> 32) == self)
		return 0;
	if (filtered) {
		u64 who;

		bpf_probe_read_kernel(&who, sizeof(who), &t); // as a number, which functions take
		if (!passes(who, c->about)) {
			n->seen++;
			n->filtered++;
			return 0;
		}
	}
	s = take(bpf_map_lookup_elem(&scratches, &cpu), tid);
	if (!s) {
		n->seen++;
		count_lost(all, n);
		return 0;
	}
	s->ret = 0;
	s->nr = nr;
	s->compat = 0;
	s->task = (u64)t;
	s->other = other;
	return record(cpu, index, s, all, n);
}

#define WANTED(index) (interesting[(index) / 64] >> ((index) & 63) & 1)
#define KTHREAD 0x200000 // PF_KTHREAD

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *t, int old_pid, struct linux_binprm *bprm)
{
	if (!WANTED(call_exec) || t->flags & KTHREAD)
		return 0;
	return event(call_exec, 0, t, (u64)bprm, bpf_get_current_pid_tgid());
}

// A process that a descendant begins is one too. Attached only where the filter
// asks about descendants, before process_fork.
SEC("tp_btf/sched_process_fork")
int BPF_PROG(follow, struct task_struct *parent, struct task_struct *child)
{
	u32 from = parent->tgid, to = child->tgid;
	struct descent *of, as = {};

	if (from == to)
		return 0;
	of = bpf_map_lookup_elem(&descendants, &from);
	if (!of)
		return 0;
	as.own = as.children = of->children;
	bpf_map_update_elem(&descendants, &to, &as, 0);
	return 0;
}

#if !defined(__TARGET_ARCH_x86)
// Where a new thread's first return to user space does not pass sys_exit.
SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *parent, struct task_struct *child)
{
	if (!WANTED(call_fork) || parent->flags & KTHREAD)
		return 0;
	return event(call_fork, 0, child, (u64)parent, child->pid);
}
#endif

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *t)
{
	u32 pid = t->tgid;

	if (WANTED(call_exit))
		event(call_exit, 0, t, 0, bpf_get_current_pid_tgid());
	if (filtered && BPF_CORE_READ(t, signal, live.counter) == 0)
		bpf_map_delete_elem(&descendants, &pid);
	return 0;
}

SEC("tp_btf/signal_deliver")
int BPF_PROG(signal_deliver, int sig, struct kernel_siginfo *info)
{
	if (!WANTED(call_signal))
		return 0;
	return event(call_signal, sig, (void *)bpf_get_current_task(), (u64)info, bpf_get_current_pid_tgid());
}
