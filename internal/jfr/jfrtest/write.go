// SPDX-License-Identifier: Apache-2.0

// Package jfrtest writes small Java Flight Recorder files, for tests: one chunk,
// its own short description of types, the constants behind the events.
package jfrtest

import (
	"encoding/binary"
	"strconv"
	"time"

	"example.invalid/starlark-memls/internal/jfr"
)

// The numbers of the classes that are described.
const (
	intClass = iota + 10
	longClass
	stringClass
	threadClass
	classClass
	symbolClass
	stackClass
	frameClass
	methodClass
	collectorClass
	causeClass
	sampleEvent
	newTLABEvent
	outsideTLABEvent
	collectionEvent
	lossEvent
)

type described struct {
	id     int
	name   string
	fields []described // id is that of the field's class
	pooled bool
	array  bool
}

func plain(class int, name string) described  { return described{id: class, name: name} }
func pooled(class int, name string) described { return described{id: class, name: name, pooled: true} }

func event(id int, name string, more ...described) described {
	fields := []described{plain(longClass, "startTime"), pooled(threadClass, "eventThread"), pooled(stackClass, "stackTrace"), pooled(classClass, "objectClass")}
	return described{id: id, name: name, fields: append(fields, more...)}
}

var classes = []described{
	{id: intClass, name: "int"}, {id: longClass, name: "long"}, {id: stringClass, name: "java.lang.String"},
	{id: threadClass, name: "java.lang.Thread", fields: []described{plain(stringClass, "osName"), plain(longClass, "osThreadId"), plain(stringClass, "javaName"), plain(longClass, "javaThreadId")}},
	{id: classClass, name: "java.lang.Class", fields: []described{pooled(symbolClass, "name")}},
	{id: symbolClass, name: "jdk.types.Symbol", fields: []described{plain(stringClass, "string")}},
	{id: stackClass, name: "jdk.types.StackTrace", fields: []described{{id: frameClass, name: "frames", array: true}}},
	{id: frameClass, name: "jdk.types.StackFrame", fields: []described{pooled(methodClass, "method"), plain(intClass, "lineNumber")}},
	{id: methodClass, name: "jdk.types.Method", fields: []described{pooled(classClass, "type"), pooled(symbolClass, "name")}},
	{id: collectorClass, name: "jdk.types.GCName", fields: []described{plain(stringClass, "name")}},
	{id: causeClass, name: "jdk.types.GCCause", fields: []described{plain(stringClass, "cause")}},
	event(sampleEvent, "jdk.ObjectAllocationSample", plain(longClass, "weight")),
	event(newTLABEvent, "jdk.ObjectAllocationInNewTLAB", plain(longClass, "allocationSize"), plain(longClass, "tlabSize")),
	event(outsideTLABEvent, "jdk.ObjectAllocationOutsideTLAB", plain(longClass, "allocationSize")),
	{id: collectionEvent, name: "jdk.GarbageCollection", fields: []described{plain(longClass, "startTime"), plain(longClass, "duration"), plain(intClass, "gcId"),
		pooled(collectorClass, "name"), pooled(causeClass, "cause"), plain(longClass, "sumOfPauses")}},
	{id: lossEvent, name: "jdk.DataLoss", fields: []described{plain(longClass, "startTime"), plain(longClass, "amount"), plain(longClass, "total")}},
}

// A Recording is what a file is to hold. Its clock counts nanoseconds.
type Recording struct {
	Start       time.Time
	Allocations []jfr.Allocation // without frames, or with frames "Class.method"
	Collections []jfr.Collection
	LostBytes   int64
	// Open: as the JVM leaves it when it is killed.
	Open bool
}

// File is the recording as it lies on disk.
func (r Recording) File() []byte {
	w := &chunkWriter{start: r.Start, pools: map[int]map[string]int64{}, constants: map[int][][]byte{}}
	var body []byte
	for _, a := range r.Allocations {
		body = append(body, w.allocation(&a)...)
	}
	for _, c := range r.Collections {
		body = append(body, w.collection(&c)...)
	}
	if r.LostBytes > 0 {
		body = append(body, sized(lossEvent, numbers(nil, 0, r.LostBytes, r.LostBytes))...)
	}
	body = append(body, w.checkpoint()...)
	body = append(body, metadata()...)
	head := []byte(jfr.Magic)
	head = binary.BigEndian.AppendUint32(head, 2<<16|1)
	const headerSize = 68
	for _, n := range []int64{int64(headerSize + len(body)), 0, 0, r.Start.UnixNano(), int64(time.Minute), 0, int64(time.Second)} {
		head = binary.BigEndian.AppendUint64(head, uint64(n))
	}
	state := byte(0)
	if r.Open {
		state = 5
	}
	return append(append(head, state, 0, 0, 1), body...)
}

type chunkWriter struct {
	start     time.Time
	pools     map[int]map[string]int64
	constants map[int][][]byte
}

// key is that of a constant, which is written at its first use.
func (w *chunkWriter) key(class int, name string, constant func() []byte) int64 {
	if w.pools[class] == nil {
		w.pools[class] = map[string]int64{}
	}
	if key, known := w.pools[class][name]; known {
		return key
	}
	key := int64(len(w.pools[class]) + 1)
	w.pools[class][name] = key
	text := constant()
	w.constants[class] = append(w.constants[class], append(numbers(nil, key), text...))
	return key
}

func (w *chunkWriter) symbol(text string) int64 {
	return w.key(symbolClass, text, func() []byte { return utf8(nil, text) })
}

func (w *chunkWriter) class(name string) int64 {
	return w.key(classClass, name, func() []byte { return numbers(nil, w.symbol(name)) })
}

func (w *chunkWriter) thread(t jfr.VMThread) int64 {
	return w.key(threadClass, t.Name+strconv.FormatInt(t.ID, 10), func() []byte {
		return numbers(utf8(numbers(utf8(nil, "os"), 99), t.Name), t.ID)
	})
}

func (w *chunkWriter) stack(frames []string) int64 {
	name := ""
	for _, f := range frames {
		name += f + "\n"
	}
	return w.key(stackClass, name, func() []byte {
		b := numbers(nil, int64(len(frames)))
		for _, f := range frames {
			method := w.key(methodClass, f, func() []byte {
				dot := len(f) - 1
				for ; dot > 0 && f[dot] != '.'; dot-- {
				}
				return numbers(nil, w.class(f[:dot]), w.symbol(f[dot+1:]))
			})
			b = numbers(b, method, 1)
		}
		return b
	})
}

func (w *chunkWriter) allocation(a *jfr.Allocation) []byte {
	b := numbers(nil, int64(a.At.Sub(w.start)), w.thread(a.Thread), w.stack(a.Frames), w.class(a.Class))
	switch a.Source {
	case jfr.InNewTLAB:
		return sized(newTLABEvent, numbers(b, 16, a.Bytes))
	case jfr.OutsideTLAB:
		return sized(outsideTLABEvent, numbers(b, a.Bytes))
	}
	return sized(sampleEvent, numbers(b, a.Bytes))
}

func (w *chunkWriter) collection(c *jfr.Collection) []byte {
	name := w.key(collectorClass, c.Collector, func() []byte { return utf8(nil, c.Collector) })
	cause := w.key(causeClass, c.Cause, func() []byte { return utf8(nil, c.Cause) })
	return sized(collectionEvent, numbers(nil, int64(c.At.Sub(w.start)), int64(c.Duration), c.ID, name, cause, int64(c.Paused)))
}

func (w *chunkWriter) checkpoint() []byte {
	b := append(numbers(nil, 0, 0, 0), 0)
	b = numbers(b, int64(len(w.constants)))
	for class, list := range w.constants {
		b = numbers(b, int64(class), int64(len(list)))
		for _, constant := range list {
			b = append(b, constant...)
		}
	}
	return sized(1, b)
}

// metadata describes the classes.
func metadata() []byte {
	index, texts := map[string]int64{}, []string(nil)
	text := func(s string) int64 {
		if _, known := index[s]; !known {
			index[s] = int64(len(texts))
			texts = append(texts, s)
		}
		return index[s]
	}
	element := func(name string, attributes []string, children int) []byte {
		b := numbers(nil, text(name), int64(len(attributes)/2))
		for _, a := range attributes {
			b = numbers(b, text(a))
		}
		return numbers(b, int64(children))
	}
	tree := append(element("root", nil, 1), element("metadata", nil, len(classes))...)
	for _, c := range classes {
		tree = append(tree, element("class", []string{"name", c.name, "id", strconv.Itoa(c.id)}, len(c.fields))...)
		for _, f := range c.fields {
			attributes := []string{"name", f.name, "class", strconv.Itoa(f.id)}
			if f.pooled {
				attributes = append(attributes, "constantPool", "true")
			}
			if f.array {
				attributes = append(attributes, "dimension", "1")
			}
			tree = append(tree, element("field", attributes, 0)...)
		}
	}
	b := numbers(nil, 0, 0, 1, int64(len(texts)))
	for _, s := range texts {
		b = utf8(b, s)
	}
	return sized(0, append(b, tree...))
}

// sized is an event with its length and type.
func sized(kind int, body []byte) []byte {
	b := numbers(nil, int64(kind))
	size := len(b) + len(body) + 4
	// A length of four bytes whatever it is, as the JVM writes it.
	prefix := []byte{byte(size) | 0x80, byte(size>>7) | 0x80, byte(size>>14) | 0x80, byte(size >> 21)}
	return append(append(prefix, b...), body...)
}

func numbers(b []byte, list ...int64) []byte {
	for _, n := range list {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return b
}

func utf8(b []byte, s string) []byte {
	if s == "" {
		return append(b, 1)
	}
	return append(numbers(append(b, 3), int64(len(s))), s...)
}
