"""Models in the words of those who draw them are read as if they were written in ours."""

from typing import get_args

import pytest

from studio_magics.tools.base import InputRejected
from studio_magics.tools.cyber.threat_modeling import words
from studio_magics.tools.cyber.threat_modeling.controls import CONTROLS
from studio_magics.tools.cyber.threat_modeling.system import (
    CLEAR,
    ENCRYPTED,
    SENSITIVITY,
    Technology,
    read_system,
)
from studio_magics.tools.cyber.threat_modeling.threats import find_threats

THEIRS = """
zones: [{name: Internet, trust: 0}, {name: AWS VPC, trust: 5, controls: [Audit Logging]}]
data: [{name: records, class: PHI}, {name: login, class: Credentials}]
elements:
  - {name: Patient, kind: User, zone: Internet}
  - {name: Portal, kind: web application, zone: AWS VPC, technology: [React, Kubernetes],
     controls: [Authorization]}
  - {name: RDS, kind: Database, zone: AWS VPC, technology: PostgreSQL, data: [records], controls: backups}
  - {name: Stripe, kind: third_party, zone: Internet}
flows:
  - {from: Patient, to: Portal, protocol: HTTPS, authentication: OAuth2, data: [records, login]}
  - {from: Portal, to: RDS, protocol: Postgres, authentication: Password, data: records}
  - {from: Portal, to: Stripe, protocol: TLS 1.3, authentication: API key}
"""
OURS = """
zones: [{name: Internet, trust: 0}, {name: AWS VPC, trust: 5, controls: [logging]}]
data: [{name: records, class: special}, {name: login, class: credentials}]
elements:
  - {name: Patient, kind: person, zone: Internet}
  - {name: Portal, kind: process, zone: AWS VPC, technology: [web, container], controls: [authorisation]}
  - {name: RDS, kind: store, zone: AWS VPC, technology: sql, data: [records], controls: backup}
  - {name: Stripe, kind: external, zone: Internet}
flows:
  - {from: Patient, to: Portal, protocol: https, authentication: token, data: [records, login]}
  - {from: Portal, to: RDS, protocol: postgresql, authentication: password, data: records}
  - {from: Portal, to: Stripe, protocol: tls, authentication: token}
"""


def test_a_model_in_other_words_is_the_same_model():
    assert read_system(THEIRS) == read_system(OURS)
    assert find_threats(read_system(THEIRS), "stride") == find_threats(read_system(OURS), "stride")


TABLES = [
    (words.KINDS, {"person", "external", "process", "store"}),
    (words.CLASSES, set(SENSITIVITY)),
    (words.TECHNOLOGIES, set(get_args(Technology))),
    (words.PROTOCOLS, ENCRYPTED | CLEAR),
    (words.AUTHENTICATIONS, {"none", "password", "token", "mfa", "mutual-tls", "network"}),
    (words.CONTROLS, set(CONTROLS)),
]


@pytest.mark.parametrize(("table", "known"), TABLES)
def test_every_word_means_one_that_is_known_and_hides_none(table, known):
    assert set(table.values()) <= known
    assert not set(table) & known
    assert all(word == word.lower() and " " not in word for word in table)


def test_no_word_makes_a_way_safer_than_it_was_called():
    assert {words.PROTOCOLS.get(word) for word in ("postgres", "odbc", "tds", "websocket")} <= CLEAR
    assert {word for word, meaning in words.PROTOCOLS.items() if meaning == "local"} == {
        "ipc",
        "in-process",
        "unix-socket",
    }
    assert not ENCRYPTED & CLEAR


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("kind: User", "kind: Thing", "kind 'thing' is not known"),
        ("class: PHI", "class: Secret", "class 'secret' is not known"),
        ("protocol: Postgres", "protocol: Pigeon", "protocol 'pigeon' is not known"),
        ("[Authorization]", "[Hope]", "'hope' is not known"),
    ],
)
def test_what_nobody_says_is_still_refused_with_what_is_near(old, new, found):
    with pytest.raises(InputRejected) as refusal:
        read_system(THEIRS.replace(old, new))
    assert found.lower() in refusal.value.found.lower()
    assert refusal.value.allowed
