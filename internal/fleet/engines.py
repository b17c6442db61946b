# SPDX-License-Identifier: Apache-2.0
"""Runs the queries of docs/fleet.md over the rows in the working directory.

    engines.py duckdb|spark|sqlglot [REPEATS] < queries.json > results.json

Queries are [{"name", "sql"}, …], one connection for all; a result is
{"rows": [{column: value}, …], "seconds", "cpu": the shortest of the repeats, and its processor time}. Spark, in
one process on two threads, has its tables by the reader instead of by the query
"tables", and does not compact. sqlglot runs nothing: its rows are the dialects
of engines that are not here, with what it cannot parse in them.
"""
import datetime, decimal, json, sys, time

TABLES = ["builds", "crashes", "suspects", "owners"]


def duckdb_run():
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false; SET TimeZone = 'UTC'; SET threads = 2")

    def run(sql):
        result = connection.execute(sql)
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row)) for row in result.fetchall()]

    return run


def spark_run():
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.memory", "3g")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    for table in TABLES:
        session.read.parquet("rows/v1/" + table).createOrReplaceTempView(table)
    return lambda sql: [row.asDict() for row in session.sql(sql.rstrip().rstrip(";")).collect()]


def sqlglot_run():
    import sqlglot

    def run(sql):
        rows = []
        for dialect in ("clickhouse", "bigquery"):
            try:
                sqlglot.parse(sql, read=dialect, error_level=sqlglot.ErrorLevel.RAISE)
                rows.append({"dialect": dialect, "error": ""})
            except sqlglot.errors.SqlglotError as error:
                rows.append({"dialect": dialect, "error": str(error)})
        return rows

    return run


def plain(value):
    """What is the same, however an engine gives it."""
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, datetime.datetime):
        if value.tzinfo:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return value.isoformat(" ")
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def main():
    engine, repeats = sys.argv[1], int((sys.argv[2:] or ["1"])[0])
    run = {"duckdb": duckdb_run, "spark": spark_run, "sqlglot": sqlglot_run}[engine]()
    results = {}
    for query in json.load(sys.stdin):
        once = query["name"] in ("tables", "compact")
        if once and engine == "spark":
            continue
        seconds = []
        for _ in range(1 if once else repeats):
            begin, cpu = time.monotonic(), time.process_time()
            rows = run(query["sql"])
            seconds.append((time.monotonic() - begin, time.process_time() - cpu))
        results[query["name"]] = {"rows": [{k: plain(v) for k, v in row.items()} for row in rows], "seconds": min(seconds)[0], "cpu": min(seconds)[1]}
    json.dump(results, sys.stdout)


main()
