#!/bin/sh
# The origin's table, from its description alone and with other tools than the
# program's: the oracle of TestCSVAgainstOracle.
#
#   stats.sh DIR…
for dir; do
  base=$(basename "$dir")
  memory=$(printf '%s\n' "$base" | cut -d- -f1)
  attempt=$(printf '%s\n' "$base" | cut -d- -f2)
  lines=$(gzip -dc "$dir/profile.gz" 2>/dev/null | grep -c GC)
  duration=$(gzip -dc "$dir/profile.gz" 2>/dev/null | awk -F, '
    { for (i = 1; i < NF; i++) if (index($i, "\"ts\":") == 1) {
        ts = substr($i, 6) + 0
        if (!seen) { first = ts; seen = 1 }
        last = ts
      } }
    END { print last - first }')
  if grep -q 'Build completed successfully' "$dir/console"; then status=ok; else status=crash; fi
  echo "$memory, $attempt, $lines, $duration, $status"
done
