package bep

import (
	"strings"
	"time"
)

// metrics is BuildMetrics, as far as it is read.
type metrics struct {
	MemoryMetrics *struct {
		UsedHeapSizePostBuild number `json:"usedHeapSizePostBuild"`
		PeakPostGcHeapSize    number `json:"peakPostGcHeapSize"`
		GarbageMetrics        []struct {
			Type             string `json:"type"`
			GarbageCollected number `json:"garbageCollected"`
		} `json:"garbageMetrics"`
	} `json:"memoryMetrics"`
	TimingMetrics *struct {
		CPUTimeInMs  number `json:"cpuTimeInMs"`
		WallTimeInMs number `json:"wallTimeInMs"`
	} `json:"timingMetrics"`
	PackageMetrics *struct {
		PackageLoadMetrics []struct {
			Name             string   `json:"name"`
			LoadDuration     duration `json:"loadDuration"`
			NumTargets       number   `json:"numTargets"`
			ComputationSteps number   `json:"computationSteps"`
		} `json:"packageLoadMetrics"`
	} `json:"packageMetrics"`
	BuildGraphMetrics *struct {
		BuiltValues     []skyCount   `json:"builtValues"`
		EvaluatedValues []skyCount   `json:"evaluatedValues"`
		DirtiedValues   []skyCount   `json:"dirtiedValues"`
		ChangedValues   []skyCount   `json:"changedValues"`
		CleanedValues   []skyCount   `json:"cleanedValues"`
		RuleClass       []classCount `json:"ruleClass"`
		Aspect          []classCount `json:"aspect"`
	} `json:"buildGraphMetrics"`
}

type skyCount struct {
	SkyfunctionName string `json:"skyfunctionName"`
	Count           number `json:"count"`
}

type classCount struct {
	Key         string `json:"key"`
	RuleClass   string `json:"ruleClass"`
	AspectName  string `json:"aspectName"`
	Count       number `json:"count"`
	ActionCount number `json:"actionCount"`
}

func (b *Build) metrics(e *event) {
	m := e.BuildMetrics
	if m == nil {
		return
	}
	if t := m.TimingMetrics; t != nil {
		b.WallMicros, b.CPUMicros = int64(t.WallTimeInMs)*1000, int64(t.CPUTimeInMs)*1000
	}
	b.memory(m)
	b.graph(m)
	if m.PackageMetrics == nil {
		return
	}
	for _, p := range m.PackageMetrics.PackageLoadMetrics {
		b.Packages = append(b.Packages, PackageLoad{Name: p.Name, DurationMicros: int64(p.LoadDuration),
			Targets: int64(p.NumTargets), Steps: int64(p.ComputationSteps)})
	}
}

func (b *Build) memory(m *metrics) {
	mm := m.MemoryMetrics
	if mm == nil {
		return
	}
	b.Memory = &Memory{UsedHeapPostBuildBytes: int64(mm.UsedHeapSizePostBuild),
		PeakPostGCHeapBytes: int64(mm.PeakPostGcHeapSize)}
	for _, g := range mm.GarbageMetrics {
		b.Memory.Garbage = append(b.Memory.Garbage, Garbage{Pool: g.Type, Bytes: int64(g.GarbageCollected)})
	}
}

func (b *Build) graph(m *metrics) {
	g := m.BuildGraphMetrics
	if g == nil {
		return
	}
	b.Graph = &Graph{Built: skyCounts(g.BuiltValues), Evaluated: skyCounts(g.EvaluatedValues),
		Dirtied: skyCounts(g.DirtiedValues), Changed: skyCounts(g.ChangedValues), Cleaned: skyCounts(g.CleanedValues),
		RuleClasses: classCounts(g.RuleClass), Aspects: classCounts(g.Aspect)}
}

func skyCounts(list []skyCount) []SkyFunctionCount {
	var counts []SkyFunctionCount
	for _, c := range list {
		counts = append(counts, SkyFunctionCount{Name: c.SkyfunctionName, Count: int64(c.Count)})
	}
	return counts
}

func classCounts(list []classCount) []ClassCount {
	var counts []ClassCount
	for _, c := range list {
		counts = append(counts, ClassCount{Key: c.Key, Name: c.RuleClass + c.AspectName, Count: int64(c.Count), Actions: int64(c.ActionCount)})
	}
	return counts
}

// duration is a google.protobuf.Duration, "1.5s", in microseconds.
type duration int64

func (d *duration) UnmarshalJSON(text []byte) error {
	if parsed, err := time.ParseDuration(strings.Trim(string(text), `"`)); err == nil {
		*d = duration(parsed.Microseconds())
	}
	return nil
}
