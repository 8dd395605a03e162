"""The access list as systems and spreadsheets export it."""

from datetime import date

import pytest

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.governance.access_list import grants_of

HEAD = "who,dataset,action,granted,used\n"
ALIKE = {
    "commas": HEAD + "bo,orders,read,2025-01-31,2025-12-01\n",
    "semicolons and points": HEAD.replace(",", ";") + "bo;orders;read;31.01.2025;01.12.2025\n",
    "tabs": HEAD.replace(",", "\t") + "bo\torders\tread\t2025-01-31\t2025-12-01\n",
    "moments": HEAD + "bo,orders,read,2025-01-31 10:00:00,2025-12-01T00:00:00Z\n",
    "capitals and blanks": " Who , Dataset , Action , Granted , Used \n"
    " bo , orders , READ , 2025-01-31 , 2025-12-01 \n",
    "windows": "\ufeff" + HEAD.strip() + "\r\nbo,orders,read,2025-01-31,2025-12-01\r\n\r\n",
    "quotes": '"who";"dataset";"action";"granted";"used"\n"bo";"orders";"read";"2025-01-31";"2025-12-01"\n',
}


@pytest.mark.parametrize("text", ALIKE.values(), ids=ALIKE)
def test_the_same_right_is_read_from_every_writing(text):
    [grant] = grants_of(text.lstrip("\ufeff"))
    assert (grant.who, grant.dataset, grant.actions) == ("bo", "orders", ("read",))
    assert (grant.granted, grant.used) == (date(2025, 1, 31), date(2025, 12, 1))


def test_several_actions_in_one_cell_are_several():
    [grant] = grants_of('who,dataset,action\nbo,orders,"Read, write"\n')
    assert grant.actions == ("read", "write")


@pytest.mark.parametrize(
    ("line", "found", "allowed"),
    [
        ("bo,orders,read,1/2/2025,", "line 2: granted '1/2/2025'", "a date such as 2025-01-31"),
        ("bo,orders,read,,31.02.2025", "line 2: used '31.02.2025'", "a date such as 2025-01-31"),
        ("bo,orders,fly,,", "line 2: actions 'fly'", "'read', 'write'"),
        ("bo,orders,,,", "line 2: actions ''", "'read', 'write'"),
        (",orders,read,,", "line 2: who ''", "at least 1 character"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_with_what_would_be(line, found, allowed):
    with pytest.raises(InputRejected) as refused:
        grants_of(HEAD + line + "\n")
    assert refused.value.found == found
    assert allowed in refused.value.allowed


def test_a_list_without_its_columns_is_refused():
    with pytest.raises(InputRejected, match="no column who, dataset, action"):
        grants_of("bo;orders;read\n")
