package lsp

import (
	"context"
	"fmt"
)

// tellOfCrash says, once a crash, that the build has just died, and where.
func (s *session) tellOfCrash(ctx context.Context, id folderID) {
	view := s.current()
	f := view.folder(id)
	if f == nil || f.analysis == nil || !view.settings.Notify {
		return
	}
	for i := range f.analysis.report.Crashes {
		c := &f.analysis.report.Crashes[i]
		if c.Older {
			continue
		}
		if !c.Time.IsZero() && !c.Time.After(s.toldUntil) {
			return
		}
		if !s.told.firstTime(fmt.Sprintf("crash %s %s %s %s", f.root, c.Path, c.Time, f.observed.stamp)) {
			return
		}
		message := diedText(c)
		if places := stackPlaces(c); len(places) > 0 {
			at := view.location(places[0].place)
			message = fmt.Sprintf("%s in `%s` (%s:%d)", diedText(c), functionOf(view, places[0].place), view.shortPath(places[0].place.path), at.Range.Start.Line+1)
		}
		s.background.start("tell "+f.root, 0, func(ctx context.Context) {
			s.offerCrash(ctx, view.crashIndex(c), message)
		})
		return // the newest is enough
	}
}

// functionOf names the function around a place.
func functionOf(view *snapshot, p place) string {
	for _, sh := range view.sheets(p.path) {
		if d := sh.analysis.workspace.At(p.path, p.line+1); d != nil {
			return d.Name
		}
	}
	return view.shortPath(p.path)
}
