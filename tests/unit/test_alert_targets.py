"""Receivers with their addresses and secrets, and what is wrong with them, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from alerts import rules

from workers.alert import read_rules
from workers.alert_rules import InvalidRules
from workers.alerting.guard import AllowList
from workers.alerting.targets import targets_of
from workers.settings import InvalidSettings, Settings

CANARY = "c4n4ry-hunter2"


def test_all_problems_are_told_at_once_and_no_secret_with_them(tmp_path: Path) -> None:
    secret, empty = tmp_path / "secret", tmp_path / "empty"
    secret.write_text(f"{CANARY}\n")
    empty.write_text("\n")
    asked = rules(
        receivers=f"""
receivers:
  desk: {{kind: webhook, url: "https://x.example/{CANARY}", secret: {{file: {secret}}}}}
  empty: {{kind: webhook, url: "https://x.example", secret: {{file: {empty}}}}}
  unset: {{kind: slack, url: {{env: CHAT_URL}}}}
  inside: {{kind: slack, url: "https://10.0.0.1/{CANARY}"}}
  plain: {{kind: alertmanager, url: "http://am.example:9093"}}
  gone: {{kind: slack, url: {{file: {tmp_path / "none"}}}}}
  tls: {{kind: slack, url: "https://x.example", ca_file: {secret}}}
  token: {{kind: alertmanager, url: "https://x.example", token: "a\\nb"}}
"""
    )
    with pytest.raises(InvalidRules) as caught:
        targets_of(asked, {"CHAT": "x"}, AllowList())
    first, *problems = str(caught.value).split("\n  ")
    assert first == "the receivers of alerts are not right:"
    assert [problem.split(":")[0] for problem in problems] == [f"receiver {name}" for name in asked.receivers]
    for problem, said in zip(
        problems,
        ("whsec_", "is empty", "CHAT_URL is not set", "public internet", "only https", "cannot read", "certificates", "token"),
        strict=True,
    ):
        assert said in problem
    assert CANARY not in str(caught.value)


def test_secrets_come_from_environment_and_files_and_are_not_shown(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3\n")
    asked = rules(
        receivers=f"""
receivers:
  desk: {{kind: webhook, url: {{env: DESK}}, secret: {{file: {secret}}}, token: {{env: TOKEN}}}}
  ops: {{kind: alertmanager, url: "https://am.example/base/"}}
"""
    )
    found = targets_of(asked, {"DESK": "https://x.example/hook", "TOKEN": CANARY}, AllowList())
    assert found["desk"].keys == (b"0123456789abcdef01234567",)
    assert found["desk"].token == CANARY
    assert found["ops"].place.target == "/base/api/v2/alerts"
    assert CANARY not in repr(found)
    assert "0123456789abcdef" not in repr(found)


def test_another_address_has_another_fingerprint() -> None:
    urls = ("https://x.example/a", "https://x.example/b", "https://y.example/a", "https://x.example:8443/a")
    lines = "\n".join(f"  r{number}: {{kind: slack, url: '{url}'}}" for number, url in enumerate(urls))
    asked = rules("{receivers: [r0]}", receivers=f"receivers:\n{lines}")
    assert len({target.address for target in targets_of(asked, {}, AllowList()).values()}) == len(urls)


def test_a_worker_without_rules_is_told_what_is_missing() -> None:
    with pytest.raises(InvalidSettings, match="STREAMCLUST_ALERT_RULES is not set: it names the file of rules"):
        read_rules(Settings.read({}))
