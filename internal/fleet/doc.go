// SPDX-License-Identifier: Apache-2.0

// Package fleet makes rows of builds, crashes, suspects and owners for a team's
// own database: Parquet files in Hive folders by date, which DuckDB, Spark,
// ClickHouse, BigQuery and Trino read as they lie. A row holds no content, no
// environment, no flag, no target's label and no path of a machine. A build's
// rows are the same wherever and however often they are made, so that any
// number of workers need nothing between them.
package fleet
