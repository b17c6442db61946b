// SPDX-License-Identifier: Apache-2.0

package console

import (
	"strconv"
	"strings"
	"time"
)

// What CI systems put before each line. There is no standard, so the grammar
// is by shape: one or more stamps, then perhaps a log level or a stream's
// name, each only where a stamp came before it. Known to appear:
//
//	2024-01-01T00:00:00.0000000Z text        GitHub Actions, Azure
//	job<TAB>step<TAB>2024-01-01T00:…Z text   gh run view --log
//	(12:34:56) text, (12:34:56.789) text     Bazel's --show_timestamps
//	[2024-01-01T00:00:00.000Z] text          Jenkins, Buildkite's download
//	12:34:56  text, [12:34:56] text          Jenkins' timestamper
//	ESC _bk;t=1700000000000 BEL text         Buildkite
//	2024-01-01T00:00:00.000000Z 00O text     GitLab (O, E: stream; +: goes on)
//	2024-01-01 00:00:00,123 INFO  text       loggers
//	[12:34:56]W:<TAB> text                   TeamCity
//	Jan  1 12:34:56 text                     syslog, ts
//	1700000000.123 text                      ts %.s, docker compose
//	231011 12:34:56.789:I 12 [class.method] text    Bazel's java.log
//
// The indentation after a stamp is kept; it tells suppressed stacks apart.

// cutStamp parts text in the timestamp in front, as printed (the outermost
// where several stand in a row), and the rest.
func cutStamp(text string) (stamp, rest string) {
	rest = text
	if s, after, ok := tabStamp(text); ok {
		stamp, rest = s, after
	}
	for range 4 {
		s, after, ok := oneStamp(rest)
		if !ok {
			break
		}
		stamp, rest = firstOf(stamp, s), after
	}
	if stamp == "" {
		return "", text
	}
	rest = cutLevel(rest)
	if _, after, ok := oneStamp(rest); ok {
		rest = after // Bazel's own, behind a collector's level
	}
	return stamp, rest
}

// oneStamp cuts one timestamp, with its brackets and one space after it.
func oneStamp(text string) (stamp, rest string, ok bool) {
	if len(text) < 8 {
		return "", text, false
	}
	switch c := text[0]; {
	case c == '_' && strings.HasPrefix(text, "_bk;t="): // the escape characters were stripped
		return oneStamp(text[1:])
	case c == 'b' && strings.HasPrefix(text, "bk;t="):
		n := digits(text[5:])
		if n == 0 {
			return "", text, false
		}
		return text[5 : 5+n], cutSpace(text[5+n:]), true
	case c == '[' || c == '(':
		n := stampLength(text[1:])
		closing := byte(']')
		if c == '(' {
			closing = ')'
		}
		if n == 0 || len(text) <= 1+n || text[1+n] != closing {
			return "", text, false
		}
		return text[1 : 1+n], cutTeamCity(text[2+n:]), true
	case c >= '0' && c <= '9' || c >= 'A' && c <= 'S':
		n := stampLength(text)
		if n == 0 {
			return "", text, false
		}
		after := text[n:]
		if after != "" && after[0] != ' ' && after[0] != '\t' && !javaLogLevel(after) {
			return "", text, false
		}
		if javaLogLevel(after) {
			return text[:n], cutJavaLog(after), true
		}
		return text[:n], cutSpace(after), true
	}
	return "", text, false
}

// tabStamp cuts "job<TAB>step<TAB>" before a timestamp.
func tabStamp(text string) (stamp, rest string, ok bool) {
	if strings.IndexByte(text, '\t') <= 0 {
		return "", text, false
	}
	parts := strings.SplitN(text, "\t", 3)
	if len(parts) < 3 || parts[0] == "" || parts[1] == "" {
		return "", text, false
	}
	body := strings.TrimPrefix(parts[2], "\ufeff")
	if !shape(body, "0000-00-00T") {
		return "", text, false
	}
	return oneStamp(body)
}

// stampLength is the length of the date, time or both that s begins with: at
// least HH:MM:SS must be there.
func stampLength(s string) int {
	if n := epochLength(s); n > 0 {
		return n
	}
	n := dateLength(s)
	if n > 0 {
		if n >= len(s) || (s[n] != 'T' && s[n] != ' ' && s[n] != 't') {
			return 0
		}
		n++
	}
	if !shape(s[n:], "00:00:00") {
		return 0
	}
	n += 8
	if n+1 < len(s) && (s[n] == '.' || s[n] == ',') {
		if d := digits(s[n+1:]); d > 0 {
			n += 1 + d
		}
	}
	return n + zoneLength(s[n:])
}

// epochLength: 1700000000.123, seconds since 1970 with a fraction.
func epochLength(s string) int {
	if !shape(s, "0000000000.0") || s[0] != '1' {
		return 0
	}
	return 11 + digits(s[11:])
}

const months = "JanFebMarAprMayJunJulAugSepOctNovDec"

// dateLength: 2024-01-01, 2024/01/01, syslog's Jan  1 or java.log's 240101.
func dateLength(s string) int {
	switch {
	case len(s) > 6 && s[3] == ' ' && strings.Index(months, s[:3])%3 == 0 && (shape(s[4:], "00 ") || shape(s[4:], " 0 ")):
		return 6
	case shape(s, "0000-00-00"), shape(s, "0000/00/00"):
		return 10
	case shape(s, "000000 00:"):
		return 6
	}
	return 0
}

func zoneLength(s string) int {
	switch {
	case s == "":
		return 0
	case s[0] == 'Z' || s[0] == 'z':
		return 1
	case shape(s, "+00:00"), shape(s, "-00:00"):
		return 6
	case shape(s, "+0000"), shape(s, "-0000"):
		return 5
	}
	return 0
}

// shape reports whether s begins like pattern, in which 0 is any digit.
func shape(s, pattern string) bool {
	if len(s) < len(pattern) {
		return false
	}
	for i := range len(pattern) {
		c := s[i]
		if pattern[i] == '0' {
			if c < '0' || c > '9' {
				return false
			}
		} else if c != pattern[i] {
			return false
		}
	}
	return true
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

func cutSpace(s string) string { return strings.TrimPrefix(s, " ") }

// cutTeamCity cuts what TeamCity puts after its bracket: a level letter, a
// colon, and a tab.
func cutTeamCity(s string) string {
	for _, p := range []string{"W:\t ", "E:\t ", "i:\t ", "F:\t ", " :\t "} {
		if strings.HasPrefix(s, p) {
			return s[len(p):]
		}
	}
	return cutSpace(s)
}

// cutLevel cuts a stream mark (GitLab's 00O, Kubernetes' stdout F) or a
// logger's level. "INFO:" with a colon is Bazel's own word and stays.
func cutLevel(s string) string {
	if len(s) >= 4 && shape(s, "00") && (s[2] == 'O' || s[2] == 'E') && (s[3] == ' ' || s[3] == '+') {
		return s[4:]
	}
	for _, p := range []string{"stdout F ", "stderr F "} {
		if strings.HasPrefix(s, p) {
			return s[len(p):]
		}
	}
	t := strings.TrimLeft(s, " ")
	for _, level := range [...]string{"TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "SEVERE"} {
		if rest, ok := strings.CutPrefix(t, "["+level+"] "); ok {
			return strings.TrimPrefix(rest, "- ")
		}
		if rest, ok := strings.CutPrefix(t, level+" "); ok {
			if len(level) == 4 {
				rest = cutSpace(rest) // levels are padded to five letters
			}
			return strings.TrimPrefix(rest, "- ")
		}
	}
	return s
}

// javaLogLevel reports whether s goes on like java.log after its time: a
// colon, one or two letters, a thread's number.
func javaLogLevel(s string) bool {
	if len(s) < 4 || s[0] != ':' || s[1] < 'A' || s[1] > 'Z' {
		return false
	}
	i := 2
	if s[i] >= 'A' && s[i] <= 'Z' {
		i++
	}
	return i < len(s) && s[i] == ' '
}

// cutJavaLog cuts ":I 12 [class.method] ".
func cutJavaLog(s string) string {
	if i := strings.Index(s, "] "); i >= 0 && strings.Contains(s[:i], " [") {
		return s[i+2:]
	}
	return s
}

// stampLayouts are the layouts of stamps that have a date.
var stampLayouts = [...]string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05",
	"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z0700", "2006-01-02 15:04:05",
	"2006/01/02 15:04:05", "060102 15:04:05",
}

// StampTime is the time that a printed timestamp tells: one with a date, or
// milliseconds (Buildkite's) or seconds with a fraction since 1970. A date without a zone is read as UTC,
// as CI systems print it. ok is false for a time of day alone.
func StampTime(stamp string) (at time.Time, ok bool) {
	if n := digits(stamp); n == len(stamp) && n >= 12 && n <= 14 {
		millis, err := strconv.ParseInt(stamp, 10, 64)
		return time.UnixMilli(millis).UTC(), err == nil
	}
	if n := epochLength(stamp); n == len(stamp) && n > 0 {
		seconds, err := strconv.ParseFloat(stamp, 64)
		return time.UnixMicro(int64(seconds * 1e6)).UTC(), err == nil
	}
	stamp = strings.Replace(stamp, ",", ".", 1)
	for _, layout := range stampLayouts {
		if at, err := time.Parse(layout, stamp); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}
