// SPDX-License-Identifier: Apache-2.0

package hprof

// The numbers of the format, from the "HPROF Agent binary format" comment at
// the top of HotSpot's services/heapDumper.cpp (JDK 6 to 24) and, for
// Android's additions, art/runtime/hprof/hprof.cc.

// Record tags.
const (
	tagUTF8            = 0x01
	tagLoadClass       = 0x02
	tagUnloadClass     = 0x03
	tagFrame           = 0x04
	tagTrace           = 0x05
	tagAllocSites      = 0x06
	tagHeapSummary     = 0x07
	tagStartThread     = 0x0a
	tagEndThread       = 0x0b
	tagHeapDump        = 0x0c
	tagCPUSamples      = 0x0d
	tagControlSettings = 0x0e
	tagHeapDumpSegment = 0x1c
	tagHeapDumpEnd     = 0x2c
)

// Heap sub-record tags.
const (
	subRootUnknown       = 0xff
	subRootJNIGlobal     = 0x01
	subRootJNILocal      = 0x02
	subRootJavaFrame     = 0x03
	subRootNativeStack   = 0x04
	subRootStickyClass   = 0x05
	subRootThreadBlock   = 0x06
	subRootMonitorUsed   = 0x07
	subRootThreadObject  = 0x08
	subClassDump         = 0x20
	subInstanceDump      = 0x21
	subObjectArrayDump   = 0x22
	subPrimArrayDump     = 0x23
	subHeapDumpInfo      = 0xfe
	subRootInterned      = 0x89
	subRootFinalizing    = 0x8a
	subRootDebugger      = 0x8b
	subRootRefCleanup    = 0x8c
	subRootVMInternal    = 0x8d
	subRootJNIMonitor    = 0x8e
	subRootUnreachable   = 0x90
	subPrimArrayNoData   = 0xc3
	recordHeaderBytes    = 9
	maxSubHeaderBytes    = 1 + 8 + 4 + 8 + 4 // an instance dump's, the longest of fixed length
	maxClassNameBytes    = 1 << 16
	maxRecordedNameBytes = 1 << 20
)

// A Type is the type of a field or of an array's elements.
type Type uint8

// The types, numbered as in the format.
const (
	Ref     Type = 2
	Boolean Type = 4
	Char    Type = 5
	Float   Type = 6
	Double  Type = 7
	Byte    Type = 8
	Short   Type = 9
	Int     Type = 10
	Long    Type = 11
)

var typeNames = [12]string{2: "Object", 4: "boolean", 5: "char", 6: "float", 7: "double", 8: "byte", 9: "short", 10: "int", 11: "long"}

// String is the type as Java spells it.
func (t Type) String() string {
	if int(t) < len(typeNames) && typeNames[t] != "" {
		return typeNames[t]
	}
	return "unknown type"
}

// bytes is the type's size in the dump, 0 for a type that does not exist.
func (t Type) bytes(idSize int) int {
	switch t {
	case Ref:
		return idSize
	case Boolean, Byte:
		return 1
	case Char, Short:
		return 2
	case Float, Int:
		return 4
	case Double, Long:
		return 8
	}
	return 0
}

// A RootKind says why an object is a GC root.
type RootKind uint8

// The kinds of roots: the format's sub-record tags.
const (
	RootUnknown      RootKind = subRootUnknown
	RootJNIGlobal    RootKind = subRootJNIGlobal
	RootJNILocal     RootKind = subRootJNILocal
	RootJavaFrame    RootKind = subRootJavaFrame
	RootNativeStack  RootKind = subRootNativeStack
	RootStickyClass  RootKind = subRootStickyClass
	RootThreadBlock  RootKind = subRootThreadBlock
	RootMonitorUsed  RootKind = subRootMonitorUsed
	RootThreadObject RootKind = subRootThreadObject
	RootInterned     RootKind = subRootInterned
	RootFinalizing   RootKind = subRootFinalizing
	RootDebugger     RootKind = subRootDebugger
	RootRefCleanup   RootKind = subRootRefCleanup
	RootVMInternal   RootKind = subRootVMInternal
	RootJNIMonitor   RootKind = subRootJNIMonitor
	// RootLiveClass is no record of the format: a class is kept as long as
	// one of its instances is (see Graph.Reach).
	RootLiveClass RootKind = 0
)

// String is the kind in words.
func (k RootKind) String() string {
	switch k {
	case RootJNIGlobal:
		return "JNI global"
	case RootJNILocal:
		return "JNI local"
	case RootJavaFrame:
		return "Java frame"
	case RootNativeStack:
		return "native stack"
	case RootStickyClass:
		return "system class"
	case RootThreadBlock:
		return "thread block"
	case RootMonitorUsed:
		return "monitor in use"
	case RootThreadObject:
		return "thread"
	case RootInterned:
		return "interned string"
	case RootFinalizing:
		return "finalizing"
	case RootDebugger:
		return "debugger"
	case RootRefCleanup:
		return "reference cleanup"
	case RootVMInternal:
		return "VM internal"
	case RootJNIMonitor:
		return "JNI monitor"
	case RootLiveClass:
		return "class of a live object"
	}
	return "unknown"
}

// rootBytes are the bytes behind the object's id in a root sub-record, and
// whether the tag is one. serials says that they begin with a thread's serial.
func rootBytes(tag byte, idSize int) (n int, serials, ok bool) {
	switch tag {
	case subRootUnknown, subRootStickyClass, subRootMonitorUsed, subRootInterned, subRootFinalizing,
		subRootDebugger, subRootRefCleanup, subRootVMInternal, subRootUnreachable:
		return 0, false, true
	case subRootJNIGlobal:
		return idSize, false, true
	case subRootJNILocal, subRootJavaFrame, subRootThreadObject, subRootJNIMonitor:
		return 8, true, true
	case subRootNativeStack, subRootThreadBlock:
		return 4, true, true
	}
	return 0, false, false
}
