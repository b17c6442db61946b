// Package realtest reads heap dumps that a real Bazel leaves when it runs out
// of memory, with package heap. It has tests only; they need a Bazel and run
// with the build tag slow (`make test-slow`).
package realtest
