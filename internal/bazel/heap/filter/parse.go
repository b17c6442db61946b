// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.invalid/starlark-memls/internal/quantity"

	"example.invalid/starlark-memls/internal/plain"
)

// fields are the words for them; owner, which is whichever of four, has no Field
// of its own.
var fields = []struct {
	word  string
	field ObjectField
}{
	{"type", Type}, {"class", Class}, {"length", Length}, {"size", Size}, {"retained", Retained},
	{"target", Target}, {"rule", Rule}, {"function", Function}, {"provider", Provider}, {"preview", Preview},
}

const (
	fieldWords = "type, class, length, size, retained, owner, target, rule, function, provider or preview"
	operators  = "=, !=, >, >=, <, <= or ~"
)

// maxDepth bounds how deep conditions stand in each other.
const maxDepth = 100

// An Error says what is wrong with a filter, and where.
type Error struct {
	// Character is the place in the text, the first being 1.
	Character int
	Reason    string
}

func (e *Error) Error() string {
	return fmt.Sprintf("character %d of the filter: %s", e.Character, e.Reason)
}

// Parse reads a filter. One without a word lets all objects pass.
func Parse(text string) (*Filter, error) {
	if !utf8.ValidString(text) {
		return nil, &Error{1, "it is not UTF-8"}
	}
	tokens, err := scan(text)
	if err != nil {
		return nil, err
	}
	p := &filterParser{text: text, tokens: tokens}
	if p.peek().kind == end {
		return &Filter{text, every(nil)}, nil
	}
	root, err := p.disjunction(0)
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != end {
		return nil, p.wrong(t, "and, or, or the end is expected before %s", t)
	}
	return &Filter{text, root}, nil
}

type filterParser struct {
	text   string
	tokens []token // the last is the end
}

func (p *filterParser) peek() token { return p.tokens[0] }

func (p *filterParser) next() token {
	t := p.tokens[0]
	if t.kind != end {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *filterParser) wrong(t token, format string, args ...any) error {
	return &Error{utf8.RuneCountInString(p.text[:t.at]) + 1, fmt.Sprintf(format, args...)}
}

func (p *filterParser) disjunction(depth int) (condition, error) {
	parts, err := p.joined("or", depth, p.conjunction)
	if len(parts) == 1 {
		return parts[0], err
	}
	return some(cheapFirst(parts)), err
}

func (p *filterParser) conjunction(depth int) (condition, error) {
	parts, err := p.joined("and", depth, p.term)
	if len(parts) == 1 {
		return parts[0], err
	}
	return every(cheapFirst(parts)), err
}

func (p *filterParser) joined(by string, depth int, part func(int) (condition, error)) ([]condition, error) {
	var parts []condition
	for {
		c, err := part(depth)
		if err != nil {
			return nil, err
		}
		if parts = append(parts, c); !p.peek().is(by) {
			return parts, nil
		}
		p.next()
	}
}

func (p *filterParser) term(depth int) (condition, error) {
	t := p.next()
	if depth > maxDepth {
		return nil, p.wrong(t, "more than %d conditions stand in each other", maxDepth)
	}
	switch {
	case t.is("not"):
		c, err := p.term(depth + 1)
		return negation{c}, err
	case t.kind == open:
		c, err := p.disjunction(depth + 1)
		if err != nil {
			return nil, err
		}
		if closing := p.next(); closing.kind != shut {
			return nil, p.wrong(closing, "a ) is expected before %s", closing)
		}
		return c, nil
	case t.kind == word:
		return p.comparison(t)
	}
	return nil, p.wrong(t, "a field is expected before %s: %s", t, fieldWords)
}

func (p *filterParser) comparison(name token) (condition, error) {
	op := p.next()
	which := strings.ToLower(name.text)
	at := slices.IndexFunc(fields, func(f struct {
		word  string
		field ObjectField
	}) bool {
		return f.word == which
	})
	switch {
	case at < 0 && which != "owner":
		return nil, p.wrong(name, "there is no field %s: it is %s", name, fieldWords)
	case op.kind != operator:
		return nil, p.wrong(op, "an operator is expected after %s: %s", name, operators)
	}
	value := p.next()
	if value.kind != word && value.kind != quoted {
		return nil, p.wrong(value, "a value is expected after %s", op)
	}
	if which == "owner" {
		return p.owner(op, value)
	}
	switch field := fields[at].field; field {
	case Length:
		n, err := strconv.ParseInt(strings.ReplaceAll(value.text, "_", ""), 10, 64)
		if err != nil {
			return nil, p.wrong(value, "length is compared with a whole number, not with %s", value)
		}
		return p.counted(field, op, n)
	case Size, Retained:
		size := value.text
		if unit := p.peek(); value.kind == word && unit.kind == word && !unit.is("and") && !unit.is("or") {
			size += " " + p.next().text
		}
		n, err := quantity.ParseSize(size)
		if err != nil {
			return nil, p.wrong(value, "%v", err)
		}
		return p.counted(field, op, n)
	default:
		return p.named(field, op, value)
	}
}

func (p *filterParser) counted(field ObjectField, op token, n int64) (condition, error) {
	if op.text == "~" {
		return nil, p.wrong(op, "~ is for text, and a number is compared here: =, !=, >, >=, < or <=")
	}
	return counted{field, op.text, n}, nil
}

func (p *filterParser) named(field ObjectField, op, value token) (condition, error) {
	switch op.text {
	case "=":
		return named{field: field, name: value.text}, nil
	case "!=":
		return negation{named{field: field, name: value.text}}, nil
	case "~":
		like, err := regexp.Compile(value.text)
		if err != nil {
			return nil, p.wrong(value, "%s is no regular expression: %s", value, plain.Line(strings.TrimPrefix(err.Error(), "error parsing regexp: ")))
		}
		return named{field: field, like: like}, nil
	}
	return nil, p.wrong(op, "%s is for numbers, and text is compared here: =, != or ~", op.text)
}

// owner is any of the four; it is not a name (!=) where none of them is.
func (p *filterParser) owner(op, value token) (condition, error) {
	var parts []condition
	positive := op
	if op.text == "!=" {
		positive.text = "="
	}
	for _, field := range []ObjectField{Target, Rule, Function, Provider} {
		c, err := p.named(field, positive, value)
		if err != nil {
			return nil, err
		}
		parts = append(parts, c)
	}
	if op.text == "!=" {
		return negation{some(parts)}, nil
	}
	return some(parts), nil
}
