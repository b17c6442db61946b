// SPDX-License-Identifier: Apache-2.0

package series

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/jvm"
	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/plain"
)

// CSVHeader names the fields of the origin's table, which has no such line itself.
const CSVHeader = "memory limit, run, GC lines, profile microseconds, status"

// WriteCSV writes the origin's table, byte for byte: memory limit, run, lines
// with GC, microseconds, ok or crash.
func WriteCSV(w io.Writer, rows []Row) error {
	out := bufio.NewWriter(w)
	for _, r := range rows {
		if r.Origin == nil {
			continue
		}
		status := "crash"
		if r.Origin.OK {
			status = "ok"
		}
		fmt.Fprintf(out, "%s, %s, %d, %s, %s\n", csvField(r.Origin.Memory), csvField(r.Origin.Attempt), r.Origin.GCLines, r.Origin.Duration, status)
	}
	return out.Flush()
}

// csvField is a text as one field: folders have any name.
func csvField(text string) string { return strings.ReplaceAll(plain.Line(text), ",", ";") }

// isTable reports whether a path is a file that begins like a table of the
// origin's.
func isTable(ctx context.Context, path string) bool {
	file, err := input.Open(ctx, path)
	if err != nil {
		return false
	}
	defer file.Close()
	head := make([]byte, 4<<10)
	n, _ := io.ReadFull(file, head)
	line, _, _ := bytes.Cut(bytes.TrimSpace(head[:n]), []byte("\n"))
	if string(bytes.TrimSpace(line)) == CSVHeader {
		return true
	}
	_, err = parseLine(string(line))
	return err == nil
}

// Bounds of a table, in bytes and lines: the origin's largest has 348 lines.
const (
	maxTable = 64 << 20
	maxLines = 20_000
)

// readTable reads a table of the origin's. A line that is none is an error
// that names it: half a table drawn is worse than none.
func readTable(ctx context.Context, path string) ([]Row, error) {
	file, err := input.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	rows, err := ReadCSV(io.LimitReader(file, maxTable), filepath.Base(path))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for i := range rows {
		rows[i].Path, rows[i].Series = path, path
	}
	return rows, nil
}

// ReadCSV reads the origin's table; empty lines are passed over. The rows
// carry the series' name.
func ReadCSV(r io.Reader, name string) ([]Row, error) {
	var rows []Row
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		if text := strings.TrimSpace(lines.Text()); text == "" || n == 1 && text == CSVHeader {
			continue
		}
		if len(rows) == maxLines {
			return nil, fmt.Errorf("more than %d lines: this is not a table of builds", maxLines)
		}
		row, err := parseLine(lines.Text())
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		row.Series = name
		rows = append(rows, row)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	return rows, nil
}

// parseLine reads one line. A limit without a unit is in megabytes, as the
// origin's driver gives it.
func parseLine(line string) (Row, error) {
	fields := strings.Split(line, ",")
	if len(fields) != 5 {
		return Row{}, fmt.Errorf("%d fields, not the five of: limit, run, GC count, microseconds, ok or crash", len(fields))
	}
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	size := fields[0]
	if _, err := strconv.Atoi(size); err == nil {
		size += "m"
	}
	limit, err := jvm.ParseSize(size)
	if err != nil {
		return Row{}, fmt.Errorf("memory limit %q: %w", fields[0], err)
	}
	o := &Origin{Memory: fields[0], Attempt: fields[1], Duration: fields[3]}
	if o.GCLines, err = strconv.ParseInt(fields[2], 10, 64); err != nil {
		return Row{}, fmt.Errorf("GC count %q is not a number", fields[2])
	}
	if o.micros, err = strconv.ParseFloat(fields[3], 64); err != nil && fields[3] != "" {
		return Row{}, fmt.Errorf("duration %q is not a number", fields[3])
	}
	row := Row{MemoryLimitBytes: limit, Run: fields[1], Warmup: strings.HasPrefix(fields[1], "WARMUP"), Origin: o}
	switch fields[4] {
	case "ok":
		o.OK, row.Status = true, measurement.OK
	case "crash":
		row.Status = StatusCrash
	default:
		return Row{}, fmt.Errorf("status %q is neither ok nor crash", fields[4])
	}
	return row, nil
}
