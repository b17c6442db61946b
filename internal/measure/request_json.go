// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// UnmarshalJSON lays an object of options over the request. It takes no option
// that there is not: a misspelt one would cost hours of builds. Names may be
// written with _ as with -; lists as words with blanks between them; numbers
// as such or as text. A value that is empty is one that is absent. "targets" is
// what stands before "args".
func (r *Request) UnmarshalJSON(raw []byte) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(raw, &given); err != nil {
		return err
	}
	var targets, args []string
	known := map[string]Option{}
	for _, o := range append(r.Options(), Option{Name: "targets", Value: &targets}) {
		if !o.CommandLineOnly {
			known[o.Name] = o
		}
	}
	args, r.Args = r.Args, nil
	for _, key := range slices.Sorted(maps.Keys(given)) {
		o, ok := known[strings.ReplaceAll(key, "_", "-")]
		if !ok {
			return fmt.Errorf("%w %q", errNoSuchOption, key)
		}
		if err := o.decode(given[key]); err != nil {
			return err
		}
	}
	if r.Args = append(targets, r.Args...); len(r.Args) == 0 {
		r.Args = args
	}
	return nil
}

// decode puts a JSON value into an option's field.
func (o Option) decode(raw json.RawMessage) error {
	var text string
	isText := json.Unmarshal(raw, &text) == nil
	if isText && text == "" || string(raw) == "null" {
		return nil
	}
	switch into := o.Value.(type) {
	case *string:
		var number json.Number
		if !isText && json.Unmarshal(raw, &number) == nil {
			text, isText = number.String(), true
		}
		if !isText {
			return fmt.Errorf("%s %s: not a text", o.Name, raw)
		}
		*into = text
	case *time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%s %q: a time such as 10m or 90s", o.Name, text)
		}
		*into = d
	case *[]string:
		list := strings.FieldsFunc(text, func(c rune) bool { return c == ' ' || o.Commas && c == ',' })
		if !isText {
			if err := json.Unmarshal(raw, &list); err != nil {
				return fmt.Errorf("%s %s: neither words nor a list of them", o.Name, raw)
			}
		}
		if o.Commas {
			list = strings.FieldsFunc(strings.Join(list, ","), func(c rune) bool { return c == ',' })
		}
		if len(list) > 0 {
			*into = list
		}
	default:
		if err := json.Unmarshal(raw, into); err != nil {
			return fmt.Errorf("%s: %w", o.Name, err)
		}
	}
	return nil
}

// MarshalJSON writes all that is needed to ask for the same again, whatever the
// defaults are then.
func (r Request) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for _, o := range r.Options() {
		value := o.encoded()
		if value == nil || o.CommandLineOnly {
			continue
		}
		raw, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", o.Name, raw)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// encoded is an option's value, nil where it is as if it were absent.
func (o Option) encoded() any {
	switch from := o.Value.(type) {
	case *string:
		if *from == "" {
			return nil
		}
	case *time.Duration:
		if *from == 0 {
			return nil
		}
		return from.String()
	case *[]string:
		if len(*from) == 0 {
			return nil
		}
	case *bool:
		if !*from {
			return nil
		}
	case *uint64:
		if *from == 0 {
			return nil
		}
	}
	return o.Value // a known zero is written
}
