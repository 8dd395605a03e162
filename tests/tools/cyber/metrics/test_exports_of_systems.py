"""Tables as ticket systems export them, with the names of columns they give: nothing has to be renamed."""

import sys
from pathlib import Path

import pytest
from running import table

sys.path.insert(0, str(Path(__file__).parent))

from small_tables import HEAD, durations, rows

from studio_magics.tools.base import InputRejected

# Headers as Jira, ServiceNow's table interface and its lists, gh, PagerDuty and Zendesk write them
JIRA = """Summary,Issue key,Issue Type,Priority,Resolution,Assignee,Created,Updated,Resolved,Labels,Labels
"Login, on Safari",SEC-1,Incident,Highest,Done,Ann,09/Oct/25 1:42 PM,09/Oct/25 9:05 PM,10/Oct/25 1:42 PM,a,b
"Two
lines",SEC-2,Incident,Low,,Ann,11/Oct/25 12:05 AM,11/Oct/25 12:05 AM,,,
"""
SERVICENOW = """"number","priority","category","cmdb_ci","opened_at","sys_created_on","resolved_at"
"INC1","1 - Critical","Net","web1","12-03-2025 15:04:05","12-03-2025 15:04:10","13-03-2025 15:04:05"
"INC2","4 - Low","Net","web2","13-03-2025 15:04:05","13-03-2025 15:04:10",""
"""
SERVICENOW_TITLES = """Number,Opened,Resolved,Closed,Priority,Category,Assigned to,Assigned,Configuration item
INC1,2025-03-12 15:04:05,,2025-03-13 15:04:05,1 - Critical,Network,Ann,Ann,web01
INC2,2025-03-12 15:04:05,,,4 - Low,Network,Ann,Ann,web02
"""
GITHUB = """number,title,state,createdAt,closedAt,labels
1,a,CLOSED,2025-03-12T15:04:05Z,2025-03-13T15:04:05Z,bug
2,b,OPEN,2025-03-14T15:04:05Z,,bug
"""
PAGERDUTY = """id,incident_number,service_name,created_on,resolved_on,urgency
Q1,1,web,2025-03-12T15:04:05+00:00,2025-03-13T15:04:05+00:00,high
Q2,2,web,2025-03-14T15:04:05+00:00,,low
"""
ZENDESK = """Ticket ID,Ticket type,Priority,Created at,Solved at
1,Incident,Urgent,2025-03-12 15:04,2025-03-13 15:04
2,Incident,Low,2025-03-14 15:04,
"""
EXPORTS = [
    (JIRA, {"id": "Issue key", "severity": "Priority", "detected": "Created", "resolved": "Resolved",
            "category": "Issue Type"}),
    (SERVICENOW, {"id": "number", "severity": "priority", "detected": "opened_at", "resolved": "resolved_at",
                  "category": "category", "asset": "cmdb_ci"}),
    (SERVICENOW_TITLES, {"id": "Number", "severity": "Priority", "detected": "Opened", "resolved": "Closed",
                         "category": "Category", "asset": "Configuration item"}),
    (GITHUB, {"id": "number", "detected": "createdAt", "resolved": "closedAt"}),
    (PAGERDUTY, {"id": "id", "severity": "urgency", "detected": "created_on", "resolved": "resolved_on"}),
    (ZENDESK, {"id": "Ticket ID", "severity": "Priority", "detected": "Created at", "resolved": "Solved at",
               "category": "Ticket type"}),
]  # fmt: skip


def used(result):
    return {row[1]: row[2] for row in table(result, "Columns that were used")}


@pytest.mark.parametrize(
    ("text", "columns"), EXPORTS, ids=["Jira", "ServiceNow", "titles", "gh", "PagerDuty", "Zendesk"]
)
def test_an_export_is_read_without_renaming(show, text, columns):
    result = show(text)
    assert used(result) == columns
    # one case of a day, one open
    assert durations(result)["all"][6] == 24
    assert result.summary["open"] == {"incidents": 1}


def test_a_column_of_words_is_no_time_and_one_that_is_needed_is_told_of(show):
    text = "id,detected,resolution,assigned\n1,2025-01-01,Done,Ann\n"
    assert used(show(text)) == {"id": "id", "detected": "detected"}
    with pytest.raises(InputRejected, match="1 values of 'detected' that are no time"):
        show("id,detected\n1,yesterday\n")


def test_a_time_that_cannot_be_read_is_told_of_and_not_left_out(show):
    with pytest.raises(InputRejected, match="1 values of 'resolved' that are no time"):
        show(f"{HEAD}1,high,2025-01-01,12 o'clock\n")


def test_the_first_of_two_columns_with_one_name_is_taken(show):
    text = HEAD.replace("resolved", "resolved,Resolved") + rows([1] * 5).replace("\n", ",2027-01-01\n")
    assert used(show(text))["resolved"] == "resolved"


def test_scanners_of_holes_are_understood(show):
    text = "CVE,Severity,First Detected,Last Fixed,Host\nCVE-1,High,03/13/2025,03/15/2025,a\n"
    found = used(show(patches=text))
    assert found == {"id": "CVE", "severity": "Severity", "found": "First Detected", "fixed": "Last Fixed",
                     "asset": "Host"}  # fmt: skip
