package export

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"path"
)

// Redact is a copy that may leave the company: names, files and labels as hashes
// that are equal where they were, by a key that is forgotten; no comments. Stacks of
// a summary that is redacted itself stay as they are.
func (s *Stacks) Redact() *Stacks {
	if s.Redacted {
		return s
	}
	key := make([]byte, 32)
	rand.Read(key) // it cannot fail (crypto/rand, Go 1.24)
	hash := func(kind, name string) string {
		if name == "" {
			return ""
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(name))
		return kind + "-" + hex.EncodeToString(mac.Sum(nil)[:6])
	}
	out := *s
	out.Title, out.Comments, out.Redacted, out.index = hash("title", s.Title), nil, true, nil
	out.Frames = make([]Frame, len(s.Frames))
	for i, f := range s.Frames {
		if f.Kind != KindNobody && f.Kind != KindShared {
			f.Name = hash(f.Kind, f.Name)
		}
		if f.File != "" {
			f.File = hash("file", f.File) + path.Ext(f.File)
		}
		out.Frames[i] = f
	}
	out.Samples = make([]Sample, len(s.Samples))
	for i, sample := range s.Samples {
		labels := make([]Label, len(sample.Labels))
		for k, l := range sample.Labels {
			if l.Key != "cause" && l.Key != "time" {
				l.Value = hash(l.Key, l.Value)
			}
			labels[k] = l
		}
		sample.Labels = labels
		out.Samples[i] = sample
	}
	return &out
}
