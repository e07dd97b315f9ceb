"""Writes the dashboards: `python ops/grafana/build.py [DIRECTORY]`. What is drawn stands here, in the order it is drawn."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from panels import Panel, Query, dashboard

DASHBOARDS = Path(__file__).parent / "dashboards"
EVERY = "$__rate_interval"
WELL = [(None, "red"), (1, "green")]
ILL = [(None, "green"), (1, "red")]


def above(good: float) -> list[tuple[float | None, str]]:
    """Green from there on."""
    return [(None, "red"), (good, "green")]


PIPELINE: list[str | Panel] = [
    "Objectives",
    Panel(
        "Fresh",
        "Claims in published events within 60 s of their record, over the time shown. Objective: 95 %.",
        "percentunit",
        [
            Query(
                'sum(increase(streamclust_event_delay_seconds_bucket{ONE, le="60.0"}[$__range]))'
                " / sum(increase(streamclust_event_delay_seconds_count{ONE}[$__range]))"
            )
        ],
        kind="stat",
        width=6,
        height=4,
        most=1,
        steps=above(0.95),
    ),
    Panel(
        "Readable",
        "Records that became claims, over the time shown; the others are dead letters. Objective: 99 %.",
        "percentunit",
        [
            Query(
                "1 - sum(increase(streamclust_dead_letters_total{ONE}[$__range])) / sum(increase(streamclust_records_total{ONE}[$__range]))"
            )
        ],
        kind="stat",
        width=6,
        height=4,
        most=1,
        steps=above(0.99),
    ),
    Panel(
        "In progress",
        "Share of the time shown in which workers with records waiting took some. Objective: 99.5 %.",
        "percentunit",
        [Query("1 - avg(avg_over_time(job:streamclust_stalled:ratio{JOB}[$__range]))")],
        kind="stat",
        width=6,
        height=4,
        most=1,
        steps=above(0.995),
    ),
    Panel(
        "Alarms",
        "Rules that fire now; below, which.",
        "short",
        [Query('count(ALERTS{alertstate="firing"}) or vector(0)')],
        kind="stat",
        width=6,
        height=4,
        steps=ILL,
    ),
    Panel(
        "Alarms that fire",
        "Each has a heading in ops/runbook.md.",
        "short",
        [Query('ALERTS{alertstate="firing"}')],
        kind="table",
        width=24,
        height=5,
    ),
    "Flow",
    Panel(
        "Records taken",
        "Records a second, by job. Embed and cluster workers should go at the same pace.",
        "cps",
        [Query(f"sum by (job) (rate(streamclust_records_total{{ONE}}[{EVERY}]))", "{{job}}")],
    ),
    Panel(
        "Delay to events",
        "From a post's record to its published events. Points are single slow claims, with partition and offset in claims.embedded.",
        "s",
        [
            Query(
                f"histogram_quantile({quantile}, sum by (le) (rate(streamclust_event_delay_seconds_bucket{{ONE}}[{EVERY}])))",
                f"p{quantile * 100:g}",
                exemplars=quantile == 0.99,
            )
            for quantile in (0.5, 0.95, 0.99)
        ],
    ),
    Panel(
        "Records waiting",
        "Not yet taken, by job. It may rise in a peak; it must come down again.",
        "short",
        [Query("sum by (job) (streamclust_lag_records{ONE})", "{{job}}")],
    ),
    Panel(
        "Behind",
        "Age of the last record taken while others wait, the worst partition of each job.",
        "s",
        [Query("max by (job) (streamclust_lag_seconds{ONE})", "{{job}}")],
    ),
    Panel(
        "Dead letters",
        "Records that cannot become claims, a second, by reason; at half of the last 1,000, or 100 in a row, a worker stops. Also values "
        "that claims go without because they cannot be read, by field.",
        "cps",
        [
            Query(f"sum by (reason) (rate(streamclust_dead_letters_total{{ONE}}[{EVERY}])) > 0", "{{reason}}"),
            Query(f"sum by (field) (rate(streamclust_unreadable_fields_total{{ONE}}[{EVERY}])) > 0", "unreadable {{field}}"),
        ],
    ),
    Panel(
        "Pauses",
        "Times a worker backed off because Redis or Kafka was away, by job and cause.",
        "short",
        [Query(f"sum by (job, cause) (increase(streamclust_backoffs_total{{ONE}}[{EVERY}])) > 0", "{{job}}: {{cause}}")],
        stacked=True,
    ),
    "Workers",
    Panel(
        "Ready",
        "Green: nothing is in the way of taking records.",
        "short",
        [Query("streamclust_ready{ONE}", "{{job}} {{instance}}")],
        kind="state-timeline",
        steps=WELL,
    ),
    Panel(
        "In the way",
        "What keeps workers from taking records: joining the group, opening partitions, a broker or Redis that is away.",
        "short",
        [Query("max by (job, what) (streamclust_obstacle{ONE})", "{{job}}: {{what}}")],
        kind="state-timeline",
        steps=ILL,
    ),
    Panel(
        "Partitions",
        "Those that workers read together, and those there are. Below: somebody is missing.",
        "short",
        [
            Query("sum by (job) (streamclust_partitions_open{ONE})", "{{job}} read"),
            Query("max by (job) (streamclust_partitions{ONE})", "{{job}} there"),
        ],
    ),
    Panel(
        "Rebalances and starts",
        "Times a group shared out its partitions, and times a worker started. Many: ops/runbook.md, RebalanceStorm, WorkerRestarting.",
        "short",
        [
            Query(f"max by (job) (increase(streamclust_rebalances_total{{ONE}}[{EVERY}]))", "{{job}} rebalances"),
            Query("sum by (job) (changes(process_start_time_seconds{ONE}[$__rate_interval]))", "{{job}} starts"),
        ],
    ),
    Panel(
        "Processor",
        "Cores in use. A cluster worker has one to give: at 1 its shard is full.",
        "short",
        [Query(f"rate(process_cpu_seconds_total{{ONE}}[{EVERY}])", "{{job}} {{instance}}")],
    ),
    Panel(
        "Memory",
        "Resident memory of each worker. Hold it against the container's limit.",
        "bytes",
        [Query("process_resident_memory_bytes{ONE}", "{{job}} {{instance}}")],
    ),
    Panel(
        "Garbage collection",
        "Full collections a second; many at a time come with long batches.",
        "cps",
        [Query(f'rate(python_gc_collections_total{{ONE, generation="2"}}[{EVERY}])', "{{job}} {{instance}}")],
    ),
    Panel(
        "Cannot go on",
        "Workers that have just ended with an error, and of which kind.",
        "short",
        [Query("max by (job, reason) (streamclust_stopped{ONE}) > 0", "{{job}}: {{reason}}")],
    ),
    Panel("What runs", "Versions and roles.", "short", [Query("streamclust_build_info{ONE}")], kind="table"),
    "Where the time goes",
    Panel(
        "Time per step",
        "Seconds of each second that a job spends in a step; together at most one for each worker.",
        "percentunit",
        [Query(f"sum by (job, step) (rate(streamclust_step_seconds_sum{{ONE}}[{EVERY}])) > 0", "{{job}}: {{step}}")],
        stacked=True,
    ),
    Panel(
        "Slow steps",
        "95 % of the batches of a step take less.",
        "s",
        [
            Query(
                f"histogram_quantile(0.95, sum by (step, le) (rate(streamclust_step_seconds_bucket{{ONE}}[{EVERY}]))) > 0",
                "{{step}}",
            )
        ],
    ),
    Panel(
        "Slow batches",
        "95 % of batches take less, all steps together.",
        "s",
        [Query(f"histogram_quantile(0.95, sum by (job, le) (rate(streamclust_batch_seconds_bucket{{ONE}}[{EVERY}])))", "{{job}}")],
    ),
    Panel(
        "Texts encoded",
        "Texts a second that went through the model. The rest of the records were copies, or bad.",
        "cps",
        [Query(f"sum by (job) (rate(streamclust_texts_encoded_total{{ONE}}[{EVERY}])) > 0", "{{job}}")],
    ),
    Panel(
        "Messages written",
        "Messages a second to Kafka, by job.",
        "cps",
        [Query(f"sum by (job) (rate(streamclust_messages_published_total{{ONE}}[{EVERY}]))", "{{job}}")],
    ),
    Panel(
        "Outbox",
        "Events saved and not yet published. A batch's worth now and then is as it should be; a level line is not.",
        "short",
        [Query("sum by (job) (streamclust_outbox_events{ONE})", "{{job}}")],
    ),
    "State",
    Panel(
        "Redis memory",
        "Used, and allowed (0: no limit). When it is full, writes are refused and workers pause.",
        "bytes",
        [
            Query("max by (job) (streamclust_store_memory_bytes{ONE}) > 0", "used"),
            Query("max by (job) (streamclust_store_memory_limit_bytes{ONE}) > 0", "allowed"),
        ],
    ),
    Panel(
        "Room for clusters",
        "Share of max_clusters that is alive.",
        "percentunit",
        [Query("streamclust_clusters_live{ONE} / (streamclust_clusters_limit{ONE} > 0)", "{{instance}}")],
        most=1,
    ),
    Panel(
        "Index recall",
        "Share of some live clusters that the index finds by their own vector. Below 90 %: ops/runbook.md, IndexRecallLow.",
        "percentunit",
        [Query("streamclust_index_recall_ratio{ONE}", "{{job}} {{instance}}")],
        most=1,
    ),
    "Claim alerts",
    Panel(
        "Deliveries",
        "Tries to tell receivers, by kind and what came of it.",
        "short",
        [
            Query(
                f"sum by (receiver_kind, outcome) (increase(streamclust_alert_deliveries_total{{ONE}}[{EVERY}])) > 0",
                "{{receiver_kind}}: {{outcome}}",
            )
        ],
        stacked=True,
    ),
    Panel(
        "Waiting to be delivered",
        "Alerts that receivers are still to be told, receivers that are switched off, and 1 where new rules are not right.",
        "short",
        [
            Query("sum by (job) (streamclust_alert_pending{ONE})", "{{job}} waiting"),
            Query("sum by (job) (streamclust_alert_targets_disabled{ONE})", "{{job}} switched off"),
            Query("max by (job) (1 - streamclust_alert_rules_reload_successful{ONE})", "{{job}} keeps old rules"),
        ],
    ),
    Panel(
        "Delay to receivers",
        "From an event's record to the receiver that has taken its alert.",
        "s",
        [
            Query(
                f"histogram_quantile({quantile}, sum by (le) (rate(streamclust_alert_delivery_delay_seconds_bucket{{ONE}}[{EVERY}])))",
                f"p{quantile * 100:g}",
            )
            for quantile in (0.5, 0.95)
        ],
    ),
]

CLAIMS: list[str | Panel] = [
    "Now",
    Panel(
        "Clusters alive",
        "Clusters that take claims.",
        "short",
        [Query("sum(streamclust_clusters_live{ONE})")],
        kind="stat",
        width=4,
        height=4,
    ),
    Panel(
        "Trending",
        "Clusters whose trend has started and not ended.",
        "short",
        [Query("sum(streamclust_clusters_trending{ONE})")],
        kind="stat",
        width=4,
        height=4,
    ),
    Panel(
        "Highest score",
        "The highest trend score of all clusters.",
        "short",
        [Query('max(streamclust_trend_score{ONE, rank="1"})')],
        kind="stat",
        width=4,
        height=4,
    ),
    Panel(
        "Claims an hour",
        "Claims assigned in the last hour, copies too.",
        "short",
        [Query("sum(increase(streamclust_claims_assigned_total{ONE}[1h]))")],
        kind="stat",
        width=4,
        height=4,
    ),
    Panel(
        "Copies",
        "Share of the last hour's claims that repeat an earlier one word for word.",
        "percentunit",
        [
            Query(
                'sum(increase(streamclust_claims_assigned_total{ONE, rule="copy"}[1h]))'
                " / sum(increase(streamclust_claims_assigned_total{ONE}[1h]))"
            )
        ],
        kind="stat",
        width=4,
        height=4,
    ),
    Panel(
        "New clusters an hour",
        "Clusters founded in the last hour.",
        "short",
        [Query('sum(increase(streamclust_cluster_events_total{ONE, event="founded"}[1h]))')],
        kind="stat",
        width=4,
        height=4,
    ),
    "What takes off",
    Panel(
        "Highest trend scores",
        "The ten highest, by rank. Which cluster holds a rank changes; `streamclust clusters --sort trend` names them.",
        "short",
        [Query("max by (rank) (streamclust_trend_score{ONE})", "{{rank}}")],
        width=12,
    ),
    Panel(
        "By rank",
        "The same, as it is now.",
        "short",
        [Query("sort_desc(max by (rank) (streamclust_trend_score{ONE}))", "{{rank}}")],
        kind="bargauge",
        width=6,
    ),
    Panel(
        "Trends",
        "Trends started and ended, an hour, and how many clusters trend.",
        "short",
        [
            Query('sum by (event) (increase(streamclust_cluster_events_total{ONE, event=~"trend_.*"}[1h]))', "{{event}}"),
            Query("sum(streamclust_clusters_trending{ONE})", "trending"),
        ],
        width=6,
    ),
    Panel(
        "Alerts",
        "What became of matches of the alert rules, an hour, and how many alerts are active.",
        "short",
        [
            Query("sum by (state) (increase(streamclust_alerts_total{ONE}[1h]))", "{{state}}"),
            Query("sum(streamclust_alerts_active{ONE})", "active"),
        ],
        width=12,
        height=6,
    ),
    Panel(
        "People's say",
        "Pairs of clusters that wait for somebody to say whether they are one (`streamclust suggestions`), and commands read in "
        "the last hour. Unreadable ones are among the dead letters.",
        "short",
        [
            Query("sum(streamclust_suggestions_open{ONE})", "open suggestions"),
            Query("sum by (outcome) (increase(streamclust_commands_total{ONE}[1h]))", "commands {{outcome}}"),
        ],
        width=12,
        height=6,
    ),
    "Clusters",
    Panel(
        "What happened to clusters",
        "Founded, grown past a milestone, merged, split, retired, revived, suggested as one, decided by people: an hour.",
        "short",
        [Query('sum by (event) (increase(streamclust_cluster_events_total{ONE, event!~"trend_.*"}[1h]))', "{{event}}")],
    ),
    Panel(
        "Clusters over time",
        "Alive, by worker.",
        "short",
        [Query("streamclust_clusters_live{ONE} > 0", "{{instance}}")],
    ),
    Panel(
        "Texts that found clusters",
        "Of those that are no copies; beside it the day before. Twice as many as usual: ops/runbook.md, FoundingShareHigh.",
        "percentunit",
        [
            Query("job:streamclust_founded:ratio_rate1h{JOB}", "last hour"),
            Query("avg_over_time(job:streamclust_founded:ratio_rate1h{JOB}[1d] offset 2h)", "the day before"),
        ],
        most=1,
    ),
    "Claims",
    Panel(
        "Claims by what they did",
        "A second: founded a cluster, joined one, repeated one word for word; and claims that had been assigned before.",
        "cps",
        [
            Query(f"sum by (rule) (rate(streamclust_claims_assigned_total{{ONE}}[{EVERY}]))", "{{rule}}"),
            Query(f"sum(rate(streamclust_duplicates_total{{ONE}}[{EVERY}]))", "assigned before"),
        ],
        stacked=True,
    ),
    Panel(
        "Languages",
        "Claims a second, by the language their platform gave; the ten most frequent.",
        "cps",
        [Query(f"topk(10, sum by (lang) (rate(streamclust_claims_by_language_total{{ONE}}[{EVERY}])) > 0)", "{{lang}}")],
        stacked=True,
    ),
    Panel(
        "Languages, shares",
        "Of the time shown. A language the model does not know is grouped by its words alone.",
        "percentunit",
        [
            Query(
                "sort_desc(topk(10, sum by (lang) (increase(streamclust_claims_by_language_total{ONE}[$__range])) > 0)"
                " / on () group_left () sum(increase(streamclust_claims_by_language_total{ONE}[$__range])))",
                "{{lang}}",
            )
        ],
        kind="bargauge",
    ),
    Panel(
        "The stream's clock",
        "How far it is from the time of day: below zero posts come late, or are replayed; above, many are dated in the future.",
        "s",
        [Query("(streamclust_watermark_timestamp_seconds{ONE} > 0) - time()", "{{instance}}")],
        width=24,
        height=6,
        least=None,
    ),
]


def all_dashboards() -> dict[str, dict[str, Any]]:
    """By file name."""
    pipeline = "Is the pipeline well? For whoever is on call; ops/runbook.md goes on."
    claims = "What is said, what is new, and what takes off? For the desk."
    return {
        "pipeline.json": dashboard("streamclust-pipeline", "streamclust: pipeline", pipeline, PIPELINE),
        "claims.json": dashboard("streamclust-claims", "streamclust: claims", claims, CLAIMS),
    }


if __name__ == "__main__":
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else DASHBOARDS
    for name, model in all_dashboards().items():
        (directory / name).write_text(json.dumps(model, indent=1, ensure_ascii=False) + "\n")
