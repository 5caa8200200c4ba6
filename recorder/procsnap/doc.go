// Package procsnap holds what a host is at one moment: its processes and
// threads, their open fds, users, groups, network interfaces and the machine,
// read from /proc and put into the records of a capture.
//
// It starts no program, opens no file that a process can put in its way, and
// does not wait for one process that cannot be read. Containers are not its
// business. Only recorder imports it; there is nothing in it but on Linux.
//
// Where the reference is spoken of as Falco, it is falcosecurity/libs at
// 48dfd53.
package procsnap
