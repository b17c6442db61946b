// SPDX-License-Identifier: Apache-2.0

package jfr

import (
	"errors"
	"slices"
	"strconv"
)

// A class is a type as a chunk describes it: an event, a struct, or a scalar.
type class struct {
	id     int64
	name   string
	scalar scalar
	fields []classField
	// most is how many values there are in one of it, lists counted once, and
	// least how many bytes it takes. 0: not known yet.
	most, least int
}

// A classField of a class. Its value stands in the place, or in the constant pool of
// its class under the key that stands in the place.
type classField struct {
	name   string
	class  *class
	pooled bool
	array  bool
}

// A scalar is what is written as it is.
type scalar uint8

const (
	notScalar scalar = iota
	boolean
	single // a byte
	short
	integer32
	integer64
	float32bits
	float64bits
	str
)

var scalars = map[string]scalar{
	"boolean": boolean, "byte": single, "char": short, "short": short, "int": integer32, "long": integer64,
	"float": float32bits, "double": float64bits, "java.lang.String": str,
}

// Bounds on what a chunk may describe; a JDK describes some 250 classes.
const (
	maxDepth   = 32 // of elements
	maxClasses = 1 << 16
	maxValues  = 1 << 12 // in one value; a JDK's have some 20
)

var (
	errMetadata = errors.New("its description of types makes no sense")
	errNesting  = errors.New("its types nest without end")
)

// An element is one of the tree that metadata are written as.
type element struct {
	name       string
	attributes map[string]string
	children   []element
}

// readMetadata reads the body of a metadata event, behind its size and type.
func readMetadata(c *cursor) (map[int64]*class, error) {
	c.long() // start
	c.long() // duration
	c.long() // number of the description
	texts := make([]string, c.count())
	for i := range texts {
		texts[i], _, _ = c.text()
	}
	root := readElement(c, texts, 0)
	if c.err != nil {
		return nil, c.err
	}
	return classesOf(root)
}

func readElement(c *cursor, texts []string, depth int) element {
	if depth > maxDepth {
		c.fail(errMetadata)
		return element{}
	}
	text := func() string {
		if i := c.int(); i >= 0 && i < int64(len(texts)) {
			return texts[i]
		}
		c.fail(errMetadata)
		return ""
	}
	e := element{name: text()}
	if n := c.count(); n > 0 {
		e.attributes = make(map[string]string, min(n, 16))
		for range n {
			key := text()
			e.attributes[key] = text()
		}
	}
	for n := c.count(); n > 0 && c.err == nil; n-- {
		child := readElement(c, texts, depth+1)
		if child.name != "annotation" && child.name != "setting" {
			e.children = append(e.children, child)
		}
	}
	return e
}

// classesOf makes classes of the elements, by id.
func classesOf(root element) (map[int64]*class, error) {
	i := slices.IndexFunc(root.children, func(e element) bool { return e.name == "metadata" })
	if i < 0 || len(root.children[i].children) > maxClasses {
		return nil, errMetadata
	}
	list := root.children[i].children
	classes := make(map[int64]*class, len(list))
	for _, e := range list {
		if id, err := strconv.ParseInt(e.attributes["id"], 10, 64); err == nil && e.name == "class" {
			classes[id] = &class{id: id, name: e.attributes["name"], scalar: scalars[e.attributes["name"]]}
		}
	}
	for _, e := range list {
		id, err := strconv.ParseInt(e.attributes["id"], 10, 64)
		if err != nil || e.name != "class" || classes[id].scalar != notScalar {
			continue
		}
		c := classes[id]
		c.fields = nil // one id twice: the last holds
		for _, f := range e.children {
			if f.name != "field" {
				continue
			}
			of, _ := strconv.ParseInt(f.attributes["class"], 10, 64)
			if classes[of] == nil {
				return nil, errMetadata
			}
			c.fields = append(c.fields, classField{name: f.attributes["name"], class: classes[of],
				pooled: f.attributes["constantPool"] == "true", array: f.attributes["dimension"] == "1"})
		}
	}
	for _, c := range classes {
		if c.measure(); c.most > maxValues {
			return nil, errNesting
		}
	}
	return classes, nil
}

// measure finds how large a value of the class is. A class in itself is endless.
func (c *class) measure() {
	switch {
	case c.most > 0:
		return
	case c.scalar != notScalar:
		c.most, c.least = 1, 1
		return
	}
	c.most = maxValues + 1
	most, least := 1, 0
	for i := range c.fields {
		f := &c.fields[i]
		if f.pooled || f.array {
			least++
		}
		if f.pooled {
			most++
			continue
		}
		f.class.measure()
		most = min(most+f.class.most, maxValues+1)
		if !f.array {
			least += f.class.least
		}
	}
	c.most, c.least = most, min(least, maxValues)
}
