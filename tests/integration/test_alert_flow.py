"""Claims to alerts: what the cluster worker finds to be a trend is told once, at its start and at its end."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import orjson
from deployment import wait_until
from receivers import SECRET, Receiver
from small_streams import EAGER, ENCODER, seeded_posts

from streamclust.params import Params

if TYPE_CHECKING:
    from conftest import MakeDeployment

EVENTFUL = [f"--set={name}={value}" for name, value in EAGER.as_dict().items() if value != getattr(Params(), name)]
COUNT = 400


def test_every_trend_of_a_stream_is_told_once_at_its_start_and_its_end(deployment: MakeDeployment) -> None:
    with Receiver() as receiver:
        receiver.behave("/hook", [500, 503])
        one = deployment(alert_allow="127.0.0.1")
        rules = one.directory / "rules.yaml"
        desk = {"kind": "webhook", "url": receiver.url(), "secret": SECRET, "retry_first": "0.1s"}
        rule = {"name": "Trending", "cooldown": "0s", "receivers": ["desk"]}
        rules.write_bytes(orjson.dumps({"digest": {"gather": "0s", "over": "1000"}, "receivers": {"desk": desk}, "rules": [rule]}))
        one.send_embedded(seeded_posts(COUNT, seed=11), ENCODER.fingerprint)
        cluster, alert = one.start("cluster", *EVENTFUL), one.start("alert", alert_rules=rules)
        wait_until(lambda: one.applied() == COUNT and one.published(), why=lambda: cluster.said)
        trends = [event for event in one.events() if ".cluster.trend." in event["type"]]
        wanted = Counter((event["type"].split(".")[4], event["subject"], event["data"]["episode"]) for event in trends)
        assert len(wanted) > 10
        wait_until(lambda: len(receiver.taken()) >= len(wanted), why=lambda: alert.said)
        told = [
            (request.json["type"].split(".")[3], request.json["subject"], request.json["data"]["episode"]) for request in receiver.taken()
        ]
        assert Counter(told) == wanted == dict.fromkeys(wanted, 1)
        started = [request.json["data"]["event"] for request in receiver.taken() if request.json["type"].endswith("started.v1")]
        assert {event["id"]: event["data"] for event in started}.items() <= {event["id"]: event["data"] for event in trends}.items()
        assert cluster.terminate() == alert.terminate() == 0
