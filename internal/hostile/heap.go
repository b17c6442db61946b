// SPDX-License-Identifier: Apache-2.0

//go:build unix

package hostile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// heapDumps break each promise of the HPROF format.
func heapDumps() (list []Input) {
	add := func(name string, content []byte) {
		list = append(list, Input{Kind: "heap dump", Name: name, Args: []string{"heap", "x.hprof"}, Unpacked: 8 * int64(len(content)),
			Make: func(dir string) error { return put(dir, "x.hprof", content) }})
	}
	base := concat(utf8(1, "java/lang/Object"), utf8(2, "Node"), utf8(3, "next"), utf8(5, "[Ljava/lang/Object;"), load(1, 100, 1), load(2, 200, 2), load(3, 300, 5))
	classes := concat(classDump(100, 0, 0), classDump(200, 100, 8, 3), classDump(300, 100, 0))
	frames := concat(utf8(10, "impl"), utf8(11, "()V"), utf8(12, "X.java"), record(4, id(50), id(10), id(11), id(12), u4(1), u4(7)))
	thread := concat([]byte{8}, id(0x10000), u4(1), u4(1), instance(0x10000, 200, id(0)))

	for _, size := range []uint32{0, 1, 2, 3, 5, 7, 8, 9, 16, 255, 0xffffffff} {
		add(fmt.Sprintf("identifiers of %d bytes", size), concat([]byte("JAVA PROFILE 1.0.2\x00"), u4(size), make([]byte, 8), base, segment(classes)))
	}
	add("a string longer than the file", concat(head(), []byte{1}, u4(0), u4(0xffffffff), []byte("abc")))
	add("a segment longer than the file", concat(head(), base, []byte{0x1c}, u4(0), u4(0xffffffff), classes))
	add("an array of objects longer than the file", concat(head(), base, segment(classes, []byte{0x22}, id(0x5000), u4(0), u4(0xffffffff), id(300))))
	add("an array of numbers longer than the file", concat(head(), base, segment(classes, []byte{0x23}, id(0x5000), u4(0), u4(0xffffffff), []byte{11})))
	add("fields without end", concat(head(), base, segment([]byte{0x20}, id(100), u4(0), make([]byte, 48), u4(0xffffffff), []byte{0, 0, 0, 0, 0xff, 0xff})))
	add("an instance longer than the file", concat(head(), base, segment(classes, root(0x10000), []byte{0x21}, id(0x10000), u4(0), id(200), u4(0xfffffff0))))
	add("classes above themselves", concat(head(), base, segment(classDump(100, 200, 0), classDump(200, 100, 8, 3), root(0x10000), instance(0x10000, 200, id(0x10000)))))
	add("a class above itself", concat(head(), base, segment(classDump(100, 100, 0), root(0x10000), instance(0x10000, 100, nil))))
	add("a stack of 300,000 frames", concat(head(), base, frames, record(5, u4(1), u4(1), u4(300_000), bytes.Repeat(id(50), 300_000)), segment(classes, thread)))
	add("a stack of more frames than there are", concat(head(), base, frames, record(5, u4(1), u4(1), u4(0xffffffff), id(50)), segment(classes, thread)))
	add("nothing behind the head", head())
	add("nothing behind the version", []byte("JAVA PROFILE 1.0.2\x00"))
	add("another version", concat([]byte("JAVA PROFILE 9.9.9\x00"), u4(8), make([]byte, 8)))
	add("records of a kind that there is not", concat(head(), bytes.Repeat(concat([]byte{0xee}, u4(0), u4(1), []byte{0}), 200_000)))
	add("empty segments", concat(head(), base, bytes.Repeat(segment(), 500_000)))

	var chain, loads bytes.Buffer
	const long = 60_000
	for i := uint64(0); i < long; i++ {
		super := uint64(0)
		if i > 0 {
			super = 1000 + i - 1
		}
		loads.Write(load(uint32(i+1), 1000+i, 1))
		chain.Write(classDump(1000+i, super, 8, 3))
	}
	add("a chain of 60,000 classes", concat(head(), utf8(1, "C"), utf8(3, "f"), loads.Bytes(),
		segment(chain.Bytes(), root(0x9000000), instance(0x9000000, 1000+long-1, make([]byte, 80)))))

	var traces, threads bytes.Buffer
	for i := uint32(0); i < 100_000; i++ {
		traces.Write(record(5, u4(i+1), u4(i+1), u4(1), id(50)))
		at := uint64(0x10000 + i*16)
		threads.Write(concat([]byte{8}, id(at), u4(i+1), u4(i+1), instance(at, 200, id(0))))
	}
	add("100,000 threads", concat(head(), base, frames, traces.Bytes(), segment(classes, threads.Bytes())))

	var list1, list2 bytes.Buffer
	list1.Write(root(0x10000))
	for i := uint64(0); i < 300_000; i++ {
		next := 0x10000 + (i+1)*16
		if i == 299_999 {
			next = 0
		}
		list1.Write(instance(0x10000+i*16, 200, id(next)))
		list2.Write(instance(0x10000, 200, id(0x10000)))
	}
	add("a list of 300,000", concat(head(), base, segment(classes, list1.Bytes())))
	add("300,000 objects of one identifier", concat(head(), base, segment(classes, root(0x10000), list2.Bytes())))
	return list
}

// samples break the promises of pprof files.
func samples() (list []Input) {
	tables := concat(field(1, []byte{8, 1, 16, 2}), field(6, nil), field(6, []byte("memory")), field(6, []byte("bytes")))
	for name, content := range map[string][]byte{
		"values near the end":        concat(tables, bytes.Repeat(field(2, concat(field(1, []byte{1}), field(2, varint(1<<63-1)))), 1000)),
		"stacks of 500,000":          concat(tables, bytes.Repeat(field(2, concat(field(1, bytes.Repeat([]byte{1}, 500_000)), field(2, []byte{5}))), 20)),
		"1,000,000 locations":        concat(tables, bytes.Repeat(field(4, concat([]byte{8, 1}, field(4, []byte{8, 1, 16, 5}))), 1_000_000)),
		"10,000,000 empty strings":   concat(tables, bytes.Repeat(field(6, nil), 10_000_000)),
		"samples of nothing":         concat(tables, bytes.Repeat(field(2, nil), 1_000_000)),
		"a string without an end":    concat(tables, []byte{6<<3 | 2}, varint(1<<40)),
		"a number without an end":    concat(tables, bytes.Repeat([]byte{0xff}, 1000)),
		"strings that are not there": concat(tables, field(5, []byte{8, 1, 16, 99, 32, 98}), field(4, concat([]byte{8, 1}, field(4, []byte{8, 1}))), field(2, concat(field(1, []byte{1}), field(2, []byte{5})))),
	} {
		list = append(list, Input{Kind: "pprof", Name: name, Args: []string{"report", "--workspace", ".", "m"}, Unpacked: 2 * int64(len(content)),
			Make: func(dir string) error { return put(dir, "m/200m-1/memory.pprof", packed(string(content))) }})
	}
	list = append(list,
		measure("failure detail", "noise", "200m-1/failure_detail.rawproto", strings.Repeat("\x93\xfa\x01\x7f\xc0", 20_000)),
		measure("failure detail", "messages in messages", "200m-1/failure_detail.rawproto", strings.Repeat("\x0a\xff\xff\x7f", 100_000)),
		measure("failure detail", "a message without an end", "200m-1/failure_detail.rawproto", string(concat(field(1, []byte("x")), []byte{18}, varint(0xffffffff)))))
	return list
}

func concat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func u4(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
func id(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func head() []byte { return concat([]byte("JAVA PROFILE 1.0.2\x00"), u4(8), make([]byte, 8)) }

func record(tag byte, parts ...[]byte) []byte {
	body := concat(parts...)
	return concat([]byte{tag}, u4(0), u4(uint32(len(body))), body)
}

func segment(parts ...[]byte) []byte           { return record(0x1c, parts...) }
func utf8(at uint64, text string) []byte       { return record(1, id(at), []byte(text)) }
func root(object uint64) []byte                { return concat([]byte{0xff}, id(object)) }
func load(n uint32, class, name uint64) []byte { return record(2, u4(n), id(class), u4(0), id(name)) }

func classDump(class, super uint64, size uint32, fields ...uint64) []byte {
	dump := concat([]byte{0x20}, id(class), u4(0), id(super), make([]byte, 40), u4(size), []byte{0, 0, 0, 0, 0, byte(len(fields))})
	for _, name := range fields {
		dump = concat(dump, id(name), []byte{2})
	}
	return dump
}

func instance(at, class uint64, body []byte) []byte {
	return concat([]byte{0x21}, id(at), u4(0), id(class), u4(uint32(len(body))), body)
}

func varint(n uint64) []byte { return binary.AppendUvarint(nil, n) }

func field(number uint64, content []byte) []byte {
	return concat(varint(number<<3|2), varint(uint64(len(content))), content)
}
