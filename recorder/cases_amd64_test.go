package recorder

import "golang.org/x/sys/unix"

// Calls that not every machine has.
const (
	sysAccess      = unix.SYS_ACCESS
	sysChmod       = unix.SYS_CHMOD
	sysChown       = unix.SYS_CHOWN
	sysCreat       = unix.SYS_CREAT
	sysDup2        = unix.SYS_DUP2
	sysEpollCreate = unix.SYS_EPOLL_CREATE
	sysEpollWait   = unix.SYS_EPOLL_WAIT
	sysEventFD     = unix.SYS_EVENTFD
	sysFork        = unix.SYS_FORK
	sysGetdents    = unix.SYS_GETDENTS
	sysInotifyInit = unix.SYS_INOTIFY_INIT
	sysLchown      = unix.SYS_LCHOWN
	sysLink        = unix.SYS_LINK
	sysLstat       = unix.SYS_LSTAT
	sysMkdir       = unix.SYS_MKDIR
	sysMknod       = unix.SYS_MKNOD
	sysOpen        = unix.SYS_OPEN
	sysPipe        = unix.SYS_PIPE
	sysPoll        = unix.SYS_POLL
	sysRename      = unix.SYS_RENAME
	sysRmdir       = unix.SYS_RMDIR
	sysSelect      = unix.SYS_SELECT
	sysSignalFD    = unix.SYS_SIGNALFD
	sysStat        = unix.SYS_STAT
	sysSymlink     = unix.SYS_SYMLINK
	sysUnlink      = unix.SYS_UNLINK
)
