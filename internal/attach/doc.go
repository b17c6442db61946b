// SPDX-License-Identifier: Apache-2.0

// Package attach asks a running HotSpot JVM: for a heap dump, a class
// histogram, its flags, a flight recording. It is what jcmd and jmap do, spoken
// directly, since the runtime that a program brings along often has neither.
//
// # The protocol
//
// The JVM listens on a Unix socket, .java_pid<pid> in its temporary folder,
// once it has been asked to: by a file .attach_pid<pid> in its working folder
// or its temporary folder and a SIGQUIT. A request is the protocol's version,
// a command and three arguments, each ended by a zero byte; the answer is a
// line with a number (0 is success) and text until the end (JDK:
// attachListener.cpp, attachListener_posix.cpp, VirtualMachineImpl.java).
//
// # Never the wrong process
//
// SIGQUIT kills a program that does not handle it. So it is sent to nobody
// whom the caller has not verified right before (Process.Verify), to no process
// that does not catch the signal, and on Linux through a pidfd that was opened
// before the verification: an id that is given to another process in between
// is then no danger. The socket must belong to this user and be closed to
// others.
//
// # What it costs the other side
//
// A command runs in the JVM's own time; most of them stop all threads while
// they run. One runs at a time. Nothing is left behind but the socket, which is
// the JVM's.
//
// Linux and macOS. On Windows the way in is to start a thread in the other
// process, which is not attempted here: every request fails with ErrPlatform.
package attach
