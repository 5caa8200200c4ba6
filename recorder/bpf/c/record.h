// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// What user space and the program share: the layouts of tables, counters and
// records. The Go side of each is in layout.go and kinds.go; a test compares
// the two through the object's BTF.
#pragma once

// A system call's place among the calls. The values are limits of this program.
enum limits {
	max_native = 512,      // native calls come first, by number
	max_compat = 512,      // then 32-bit calls of a 64-bit kernel, by number
	max_socketcall = 32,   // then what a 32-bit socketcall stands for
	first_compat = 512,
	first_socketcall = 1024,
	call_exec = 1056,      // then what has a tracepoint of its own
	call_fork = 1057,
	call_exit = 1058,
	call_signal = 1059,
	call_any = 1060,       // all calls together; only lost is counted
	max_calls = 1061,
	count_slots = 2048,    // the power of two after that
	max_params = 32,
	max_rows = 24,
	max_tables = 64,
	max_atoms = 31,        // of the filter, see package filter
	max_terms = 32,
	header_size = 26,      // of an event
	payload_size = 65536,
};

// What fills a parameter.
enum kind {
	// Numbers.
	kind_ret = 1,      // the result
	kind_arg,          // an argument
	kind_arg_mask,     // its bits that extra has, as 32 bits
	kind_arg_s32,      // an argument of 32 bits with a sign: file descriptors, pids
	kind_const,        // extra
	kind_bits,         // an argument's flags, translated by table
	kind_enum,         // an argument's value, translated by table
	kind_user,         // width bytes of user memory at argument + extra
	kind_user_ok,      // as user, if the call succeeded, else -1
	kind_user_long,    // the long of the caller's width at argument, extra longs on
	kind_user_long_ok, // the same, if the call succeeded, else -1
	kind_user_bits,    // 4 bytes at argument + extra, translated by table
	kind_offset,       // a file offset: an argument, in 32-bit calls the next one has its upper half
	kind_timespec,     // nanoseconds of a struct timespec there
	kind_open_flags,   // flags of an open: argument or (extra) user memory; from the new file: created, overlay layer
	kind_open_mode,    // mode of an open: argument, flags in argument extra
	kind_openat2_flags,
	kind_openat2_mode,
	kind_fd_dev,       // device of the file that the result refers to
	kind_fd_ino,       // its inode
	kind_creat_flags,  // its overlay layer
	kind_pipe_fd,      // an end (extra) of a new pipe or pair
	kind_pipe_ino,     // inode of the pipe
	kind_pair_sock,    // address of a socket (extra 0) or its peer (1) of a new pair
	kind_queue_len,    // accept queue of the listening socket
	kind_queue_max,
	kind_queue_pct,
	kind_iov_size,     // bytes in an iovec, its count in argument extra
	kind_mmsg_ret,     // bytes moved by one message of several
	kind_mmsg_size,    // bytes of one message of several, 0 where none was moved
	kind_moved,        // the result, 0 where it is an error
	kind_sockopt_name, // option in argument extra, level in argument arg
	kind_vm_size,      // kB of the process
	kind_vm_rss,
	kind_vm_swap,
	kind_caps,         // capabilities of the task: 0 inheritable, 1 permitted, 2 effective
	kind_tid,          // ids in the first namespace
	kind_pid,
	kind_ppid,
	kind_pgid,
	kind_vtid,         // ids in the task's own namespace
	kind_vpid,
	kind_vpgid,
	kind_fdlimit,
	kind_pgft_maj,
	kind_pgft_min,
	kind_euid,
	kind_egid,
	kind_tty,
	kind_loginuid,
	kind_exe_flags,
	kind_exe_ino,
	kind_exe_ctime,
	kind_exe_mtime,
	kind_pidns_start,  // when the task's pid namespace began
	kind_clone_flags,  // argument
	kind_clone3_flags, // in user memory
	kind_fork_flags,   // worked out from parent and child
	kind_fork_faults,  // page faults of the parent: 0 minor, 1 major
	kind_exit_status,  // 0 the raw status, 1 the code, 2 the signal, 3 whether it left a core
	kind_reaper,       // who gets the children of an exiting task
	kind_signal,       // extra: 0 sender, 1 receiver, 2 number
	kind_sc_code,      // the call's scap code
	kind_native,       // the call's number
	kind_mount_flags,
	kind_mknod_mode,
	kind_dev,          // a device number
	kind_llseek_offset,
	kind_semctl_val,
	kind_sembuf,       // extra: operation*4 + 0 number, 1 operation, 2 flags
	kind_prctl_int,
	kind_sigset,
	kind_quota,        // extra: which member
	kind_futex_op,

	// Bytes.
	kind_empty = 128,
	kind_path,         // text in user memory, at most extra bytes
	kind_path_ok,      // the same if the call succeeded
	kind_read_data,    // bytes that came in: pointer
	kind_write_data,   // bytes that go out: pointer, size in argument extra
	kind_bytes,        // bytes, the snap length aside: pointer, size in argument extra, modulo 65536 as in Falco
	kind_iov_in,       // bytes of an iovec: pointer, count in argument extra
	kind_iov_out,
	kind_msg_in,       // bytes of a msghdr
	kind_msg_out,
	kind_msg_control,
	kind_msg_size,     // bytes in a msghdr, a number of 4 bytes that is absent where there is no msghdr
	kind_sockaddr,     // pointer, length in argument extra
	kind_tuple,        // socket in arg, extra: direction and where an address may be
	kind_sockopt,      // extra: 1 if the length is pointed to
	kind_ptrace_addr,
	kind_ptrace_data,
	kind_prctl_str,
	kind_fdlist,       // pollfds: pointer, number in argument extra
	kind_keyctl,       // extra: which argument
	kind_quota_path,   // of QUOTAON
	kind_fsconfig,     // extra: 0 bytes, 1 text
	kind_exe,          // of the process
	kind_args,
	kind_env,
	kind_exe_argv,     // of a failed exec: argv
	kind_args_argv,
	kind_env_argv,
	kind_comm,
	kind_cgroups,
	kind_exe_path,
	kind_filename,     // of a successful exec
	kind_fd_path,      // of the file that the result refers to
	kind_max,
};

// The directions of a tuple, and where the call has an address of the peer.
enum tuple {
	tuple_in = 0,
	tuple_out = 1,
	tuple_addr = 2, // in argument 4
	tuple_msg = 4,  // in a msghdr, argument 1
	tuple_user = 8, // in argument 1
	tuple_ret = 16, // the socket is the result
	tuple_many = 32, // one of several messages
};

struct op {
	u8 kind;
	u8 arg;
	u8 width; // bytes of a number, 0 for bytes
	u8 table; // of flags or values
	s32 extra;
};

struct call {
	u16 type;   // scap event type
	u16 code;   // scap system-call code
	u16 native; // the call's number
	u8 nparams;
	u8 many;    // a record for each message: sendmmsg, recvmmsg
	u32 when;   // 0 always; 1 not if the result is 0: another tracepoint has it
	u32 about;  // the filter's atoms that are true of the call, and call_state
	struct op ops[max_params];
};

#define call_state (1U << 31) // the call changes what is known of the host

// What an atom of the filter asks about.
enum atom_kind {
	atom_call = 0,   // nothing: the call's row has the answer
	atom_name = 1,   // v[0] and v[1] are a mask, v[2] and v[3] a name
	atom_pid = 2,    // v[0]
	atom_tree = 3,   // nothing: the map of descendants has the answer
	atom_uid = 4,    // v[0] to v[1]
	atom_cgroup = 5, // nothing: the map of control groups has the answer
};

struct atom {
	u64 kind;
	u64 v[4];
};

// True of answers that have value where they have mask.
struct term {
	u32 mask, value;
};

struct filter {
	u32 on;
	u32 strict; // calls that change the state have to pass too, by who
	u32 has_tree, has_cgroup;
	u32 natoms, nterms, nwho, pad;
	struct atom atoms[max_atoms];
	struct term terms[max_terms], who[max_terms];
};

// A row of flags moves the bits of mask by shift. A row of values maps first and
// those after it, in all count, to to and those after it.
struct row {
	u32 mask; // or first
	u32 to;
	s32 shift; // or count
};

struct table {
	u16 rows;
	u8 values;   // rows of values, not of flags
	u8 negative; // flags below 0 as 32 bits are taken for none
	u32 other;   // what an unknown value becomes
	struct row row[max_rows];
};

// Events of a call on one CPU. seen = written + lost + filtered.
struct counts {
	u64 seen, written, lost, filtered;
};

struct cpu_counts {
	struct counts calls[count_slots];
};

// What one record is built from, and where. One for each CPU: a tracepoint of
// a thread cannot interrupt another on its CPU (preemption is off), and busy
// tells where a kernel breaks that.
struct scratch {
	u64 args[8];
	s64 ret;
	u64 task;   // whose state is recorded
	u64 other;  // the tracepoint's other object: binprm, siginfo, parent
	u32 tid;
	u32 nr;
	u32 compat; // a 32-bit call
	u32 pos;    // where the next parameter goes in buf
	u32 busy;
	u32 msg;    // which message of several
	u32 len;    // of the last exe
	u32 got;    // a loop's count
	u32 quiet;  // bytes of records since the reader was last woken
	u32 fd_known; // the next four are of the file that the result refers to
	u32 fd_mode;
	u32 fd_dev;
	u32 fd_layer; // of overlayfs, see file_layer
	u64 fd_ino;
	u8 tmp[8192];
	u8 buf[2 * payload_size];
};

struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
};

// The ring of each CPU, by its number; several CPUs share one. User space sets
// the size of this and of the other tables by CPU to one more than the largest
// number, as there may be holes between them.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, u32);
	__array(values, struct ring);
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, max_calls);
	__type(key, u32);
	__type(value, struct call);
} calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, max_tables);
	__type(key, u32);
	__type(value, struct table);
} tables SEC(".maps");

// The counts of each CPU. An array by its number, not one of the kernel's that
// are one for each CPU: those are told by position, which differs where there
// are holes.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct cpu_counts);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct filter);
} filters SEC(".maps");

// The filter's atoms that are true of whoever lives in or below a control group,
// by the inode of that.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u64);
	__type(value, u32);
} cgroup_ids SEC(".maps");

// The filter's atoms of descendants that are true of a process, and of those that
// it begins.
struct descent {
	u32 own, children;
};

// User space sets the size, so that there is room for every process.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u32);
	__type(value, struct descent);
} descendants SEC(".maps");

// A number that the verifier believes to be at most mask, which is one less
// than a power of two. A compiler that knows better would leave out the &.
static __always_inline u64 bounded(u64 v, u32 mask)
{
	asm volatile("%0 &= %1" : "+r"(v) : "r"((u64)mask));
	return v;
}

// Set by user space.
volatile u64 interesting[32]; // a bit for each call, see enum limits
volatile u32 snaplen = 80;    // most bytes of data
volatile u32 wake_bytes = 262144; // of a CPU's records, after which the reader is woken
volatile u64 magic;           // not 0 while the recorder shows itself
volatile u32 self;            // its process, in the first namespace
volatile u32 filtered;        // 1 if there is a filter
volatile s32 filter_hierarchy; // of control groups: a controller's number, -1 for the unified one
