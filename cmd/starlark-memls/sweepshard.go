// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
)

// shard is which part of the sweep to build: as the flags say, or else as the
// environment does in which a scheduler runs us. Kubernetes gives the pods of
// an indexed Job their index but not their number
// (batch.kubernetes.io/job-completion-index); Bazel gives a sharded test both
// (Test encyclopedia).
func (r *sweepRequest) shard(getenv func(string) string) (index, count int, err error) {
	index, count = r.ShardIndex, r.ShardCount
	fromEnv := func(name string, into *int) {
		text := getenv(name)
		if text == "" || err != nil {
			return
		}
		n, convErr := strconv.Atoi(text)
		if convErr != nil {
			err = fmt.Errorf("$%s is %q, not a number", name, text)
			return
		}
		*into = n
	}
	switch {
	case r.ShardIndex != 0:
	case getenv("JOB_COMPLETION_INDEX") != "":
		fromEnv("JOB_COMPLETION_INDEX", &index)
		if count == 0 {
			return 0, 0, errors.New("this is a pod of an indexed Job: give --shard-count, the Job's completions")
		}
	case getenv("TEST_TOTAL_SHARDS") != "":
		if err := announceSharding(getenv("TEST_SHARD_STATUS_FILE")); err != nil {
			return 0, 0, err
		}
		fromEnv("TEST_SHARD_INDEX", &index)
		if count == 0 {
			fromEnv("TEST_TOTAL_SHARDS", &count)
		}
	}
	if err != nil {
		return 0, 0, err
	}
	count = max(count, 1)
	if index < 0 || index >= count {
		return 0, 0, fmt.Errorf("shard %d of %d: they count from 0", index, count)
	}
	return index, count, nil
}

// announceSharding tells Bazel that this test knows of shards, by making the
// file that it names: it would else take each shard for the whole test.
func announceSharding(file string) error {
	if file == "" {
		return nil
	}
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		return fmt.Errorf("telling Bazel that the sweep is sharded: %w", err)
	}
	return nil
}
