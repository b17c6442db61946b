// SPDX-License-Identifier: Apache-2.0

package export

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"path"
)

// A Redactor replaces names by hashes that are equal where they were, by a key that
// is forgotten with it: no list of likely names leads back.
type Redactor struct{ key []byte }

// NewRedactor makes a redactor with a key of its own.
func NewRedactor() *Redactor {
	r := &Redactor{make([]byte, 32)}
	rand.Read(r.key) // it cannot fail (crypto/rand, Go 1.24)
	return r
}

// Name hashes a name, keeping what kind of thing it is. A nil Redactor keeps it.
func (r *Redactor) Name(kind, name string) string {
	if r == nil || name == "" {
		return name
	}
	mac := hmac.New(sha256.New, r.key)
	mac.Write([]byte(name))
	return kind + "-" + hex.EncodeToString(mac.Sum(nil)[:6])
}

// File hashes a path and keeps its extension.
func (r *Redactor) File(name string) string {
	if r == nil || name == "" {
		return name
	}
	return r.Name("file", name) + path.Ext(name)
}

// Redact is a copy that may leave the company: names, files and labels as hashes;
// no comments. Stacks of a summary that is redacted itself stay as they are, as do
// all with a nil Redactor.
func (s *Stacks) Redact(r *Redactor) *Stacks {
	if s.Redacted || r == nil {
		return s
	}
	out := *s
	out.Title, out.Comments, out.Redacted, out.index = r.Name("title", s.Title), nil, true, nil
	out.Frames = make([]StackFrame, len(s.Frames))
	for i, f := range s.Frames {
		if f.Kind != KindNobody && f.Kind != KindShared {
			f.Name = r.Name(f.Kind, f.Name)
		}
		f.File = r.File(f.File)
		out.Frames[i] = f
	}
	out.Samples = make([]StackSample, len(s.Samples))
	for i, sample := range s.Samples {
		labels := make([]Label, len(sample.Labels))
		for k, l := range sample.Labels {
			if l.Key != "cause" && l.Key != "time" {
				l.Value = r.Name(l.Key, l.Value)
			}
			labels[k] = l
		}
		sample.Labels = labels
		out.Samples[i] = sample
	}
	return &out
}
