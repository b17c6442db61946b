package trace

// Totals are sums over the calls of one function.
type Totals struct {
	Function
	Calls int
	// TotalMicros is the time in which the function was on a stack, summed
	// over the threads. A recursive call adds nothing to its caller's.
	TotalMicros int64
	// SelfMicros is the time in which it was the innermost call.
	SelfMicros int64
	// BuiltinMicros is, for a user function, the time in which the innermost
	// call was a builtin that it had called, directly or through builtins.
	BuiltinMicros int64
	// LongestMicros is the longest call's duration.
	LongestMicros int64
	// FirstMicros and LastMicros are the start of the first call and the end
	// of the last one to end.
	FirstMicros, LastMicros int64
}

// Totals sums up the calls by function. The index is that of Functions.
func (c *Calls) Totals() []Totals {
	totals := make([]Totals, len(c.functions))
	for i, f := range c.functions {
		totals[i].Function = f
	}
	for _, thread := range c.ids {
		w := walk{calls: c, thread: thread}
		w.stretch = func(s Stretch) bool {
			if s.User >= 0 && s.User != s.Function {
				totals[s.User].BuiltinMicros += s.EndMicros - s.StartMicros
			}
			return true
		}
		w.call = func(call Call) bool {
			totals[call.Function].add(call)
			return true
		}
		w.run()
	}
	return totals
}

func (t *Totals) add(c Call) {
	if t.Calls == 0 || c.StartMicros < t.FirstMicros {
		t.FirstMicros = c.StartMicros
	}
	if t.Calls == 0 || c.EndMicros > t.LastMicros {
		t.LastMicros = c.EndMicros
	}
	t.Calls++
	if !c.Recursive {
		t.TotalMicros += c.EndMicros - c.StartMicros
	}
	t.SelfMicros += c.SelfMicros
	t.LongestMicros = max(t.LongestMicros, c.EndMicros-c.StartMicros)
}
