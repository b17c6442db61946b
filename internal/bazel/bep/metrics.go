// SPDX-License-Identifier: Apache-2.0

package bep

// metrics is BuildMetrics, as far as it is read.
type metrics struct {
	MemoryMetrics *struct {
		UsedHeapSizePostBuild number `json:"usedHeapSizePostBuild"`
		PeakPostGcHeapSize    number `json:"peakPostGcHeapSize"`
	} `json:"memoryMetrics"`
	TimingMetrics *struct {
		WallTimeInMs number `json:"wallTimeInMs"`
	} `json:"timingMetrics"`
	BuildGraphMetrics *struct {
		BuiltValues     []skyCount     `json:"builtValues"`
		EvaluatedValues []skyCount     `json:"evaluatedValues"`
		DirtiedValues   []skyCount     `json:"dirtiedValues"`
		ChangedValues   []skyCount     `json:"changedValues"`
		CleanedValues   []skyCount     `json:"cleanedValues"`
		RuleClass       []metricsClass `json:"ruleClass"`
		Aspect          []metricsClass `json:"aspect"`
	} `json:"buildGraphMetrics"`
}

type skyCount struct {
	SkyfunctionName string `json:"skyfunctionName"`
	Count           number `json:"count"`
}

type metricsClass struct {
	Key        string `json:"key"`
	RuleClass  string `json:"ruleClass"`
	AspectName string `json:"aspectName"`
}

func (b *Build) metrics(e *event) {
	m := e.BuildMetrics
	if m == nil {
		return
	}
	if t := m.TimingMetrics; t != nil {
		b.WallMicros = int64(t.WallTimeInMs) * 1000
	}
	b.memory(m)
	b.graph(m)
}

func (b *Build) memory(m *metrics) {
	mm := m.MemoryMetrics
	if mm == nil {
		return
	}
	b.Memory = &Memory{UsedHeapPostBuildBytes: int64(mm.UsedHeapSizePostBuild),
		PeakPostGCHeapBytes: int64(mm.PeakPostGcHeapSize)}
}

func (b *Build) graph(m *metrics) {
	g := m.BuildGraphMetrics
	if g == nil {
		return
	}
	b.Graph = &Graph{Built: skyCounts(g.BuiltValues), Evaluated: skyCounts(g.EvaluatedValues),
		Dirtied: skyCounts(g.DirtiedValues), Changed: skyCounts(g.ChangedValues), Cleaned: skyCounts(g.CleanedValues),
		RuleClasses: classes(g.RuleClass), Aspects: classes(g.Aspect)}
}

func skyCounts(list []skyCount) []SkyFunctionCount {
	var counts []SkyFunctionCount
	for _, c := range list {
		counts = append(counts, SkyFunctionCount{Name: c.SkyfunctionName, Count: int64(c.Count)})
	}
	return counts
}

func classes(list []metricsClass) []RuleClass {
	var all []RuleClass
	for _, c := range list {
		all = append(all, RuleClass{Key: c.Key, Name: c.RuleClass + c.AspectName})
	}
	return all
}
