package recorder

// Calls that this machine does not have.
const (
	sysAccess      = noCall
	sysChmod       = noCall
	sysChown       = noCall
	sysCreat       = noCall
	sysDup2        = noCall
	sysEpollCreate = noCall
	sysEpollWait   = noCall
	sysEventFD     = noCall
	sysFork        = noCall
	sysGetdents    = noCall
	sysInotifyInit = noCall
	sysLchown      = noCall
	sysLink        = noCall
	sysLstat       = noCall
	sysMkdir       = noCall
	sysMknod       = noCall
	sysOpen        = noCall
	sysPipe        = noCall
	sysPoll        = noCall
	sysRename      = noCall
	sysRmdir       = noCall
	sysSelect      = noCall
	sysSignalFD    = noCall
	sysStat        = noCall
	sysSymlink     = noCall
	sysUnlink      = noCall
)
