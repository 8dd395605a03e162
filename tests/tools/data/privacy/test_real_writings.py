"""Personal data as people write it in many countries, and everyday columns that only look like it.

The judges are libraries that know nothing of this tool: phonenumbers, Faker, ipaddress and Presidio.
"""

import random
from ipaddress import IPv6Address, ip_address

import phonenumbers
import pytest
from faker import Faker
from presidio_analyzer import predefined_recognizers

from studio_magics.tools.data.privacy.checksums import CHECKS
from studio_magics.tools.data.privacy.inside import search
from studio_magics.tools.data.privacy.kinds import kind_of

SEED = 20261126
ROWS = 40
ALL = ("us", "uk", "es", "it", "pl", "in", "au", "sg", "fi")


def _table(columns):
    names = list(columns)
    lines = [",".join(names)]
    for place in range(ROWS):
        cells = (columns[name][place % len(columns[name])].replace('"', '""') for name in names)
        lines.append(",".join(f'"{cell}"' for cell in cells))
    return "\n".join(lines) + "\n"


def _fake(locale, method):
    Faker.seed(SEED)
    print(f"seed {SEED}")
    fake = Faker(locale)
    return [str(getattr(fake, method)()) for _ in range(ROWS)]


@pytest.mark.parametrize(
    "form",
    [
        phonenumbers.PhoneNumberFormat.E164,
        phonenumbers.PhoneNumberFormat.INTERNATIONAL,
        phonenumbers.PhoneNumberFormat.RFC3966,
    ],
    ids=["E.164", "with blanks", "RFC 3966"],
)
def test_the_international_numbers_of_every_region_are_found(assess, kinds, form):
    regions = sorted(phonenumbers.SUPPORTED_REGIONS)
    examples = [phonenumbers.format_number(phonenumbers.example_number(region), form) for region in regions]
    parts = {f"x_{start}": examples[start : start + ROWS] for start in range(0, len(examples), ROWS)}
    result = assess(_table(parts))
    why = {row[0].rpartition(".")[2]: (row[1], row[-1]) for row in result.tables[0].rows}
    missed = [name for name in parts if why.get(name) != ("Phone number", "100% of the values look like it")]
    assert missed == []


@pytest.mark.parametrize("region", ["US", "GB", "DE", "FR", "CH", "AU", "JP", "BR", "AT", "BE", "ZA"])
def test_national_numbers_with_an_area_code_are_found(assess, kinds, region):
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.FIXED_LINE)
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    written = {"DE": "030 123456", "AT": "01 234567890"}.get(
        region, written
    )  # it writes them without a blank
    assert kinds(assess(_table({"x": [written]}))) == {"x": "Phone number"}, written


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ([" ann@example.org", "bo@example.org "], "E-mail address"),
        (["jürgen@müller.de", "o'neil@example.org"], "E-mail address"),
        (["a@xn--mller-kva.de"], "E-mail address"),
        (["de89370400440532013000", "GB82-WEST-1234-5698-7654-32"], "Bank account (IBAN)"),
        (["536 90 4399"], "US social security number"),
        (["0a1b.2c3d.4e5f"], "Device address (MAC)"),
        (["10.0.0.1:8080", "10.0.0.0/24"], "IP address"),
        (["fe80::1%eth0", "::1", "2001:db8::/32", "::ffff:10.0.0.1"], "IP address"),
    ],
)
def test_usual_writings_are_found(assess, kinds, written, kind):
    assert kinds(assess(_table({"x": written}))) == {"x": kind}


def test_addresses_are_found_in_the_short_form_that_python_writes(assess, kinds):
    print(f"seed {SEED}")
    chance = random.Random(SEED)  # noqa: S311  - test data
    addresses = [str(IPv6Address(chance.getrandbits(16) << chance.choice((0, 48, 112)))) for _ in range(ROWS)]
    assert all(ip_address(one).version == 6 for one in addresses)
    assert kinds(assess(_table({"x": addresses}))) == {"x": "IP address"}


@pytest.mark.parametrize(
    ("locale", "method", "kind"),
    [
        ("es_ES", "nif", "es_nif"), ("es_ES", "nie", "es_nif"), ("it_IT", "ssn", "it_fiscal"),
        ("pl_PL", "pesel", "pl_pesel"), ("fi_FI", "ssn", "fi_hetu"),
    ],
)  # fmt: skip
def test_national_numbers_are_found_whatever_the_column_is_called(assess, kinds, locale, method, kind):
    content = _table({"x": _fake(locale, method)})
    assert kinds(assess(content, countries=ALL)) == {"x": kind_of(kind).title}
    assert kinds(assess(content)) == {}


@pytest.mark.parametrize(
    ("check", "recogniser", "shape"),
    [
        ("nif", "EsNifRecognizer", "########?"),
        ("aadhaar", "InAadhaarRecognizer", "%###########"),
        ("tfn", "AuTfnRecognizer", "#########"),
        ("medicare", "AuMedicareRecognizer", "3#########"),
        ("hetu", "FiPersonalIdentityCodeRecognizer", "1106%#-1##?"),
    ],
)
def test_a_check_of_a_state_is_the_one_of_presidio(check, recogniser, shape):
    Faker.seed(SEED)
    print(f"seed {SEED}")
    fake, judge = Faker(), getattr(predefined_recognizers, recogniser)()
    written = [fake.bothify(shape, letters="ABCDEFHJKLMNPRSTUVWXY") for _ in range(600)]
    written = [one for one in written if one[0] not in "01" or check != "aadhaar"]
    kept = [one for one in written if CHECKS[check](one)]
    judged = [one for one in written if _best_score(judge, one) == 1.0]
    assert kept == judged
    assert kept


def _best_score(judge, text):
    return max((one.score for one in judge.analyze(text, judge.supported_entities, None)), default=0.0)


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        ("pesel", "44051401359", "44051401358"),  # the number Poland's own description prints
        ("nric", "S1234567D", "S1234567A"),
        ("nric", "M1234567K", "M1234567A"),
        ("nif", "X-1234567-L", "X-1234567-M"),
        ("fiscal", "RSSMRA85T10A562S", "RSSMRA85T10A562T"),
        ("aadhaar", "2363", "2364"),  # Verhoeff's own example
    ],
)
def test_a_published_number_keeps_its_check_and_its_neighbour_does_not(check, good, bad):
    assert CHECKS[check](good)
    assert not CHECKS[check](bad)


def test_a_polish_number_is_found_inside_of_text_by_its_right_check_digit():
    finds = search(["born 1944, PESEL 44051401359", "order 44051401358"], ("pl",))
    assert dict(finds.texts_with) == {"pl_pesel": 1}


@pytest.mark.parametrize(
    "line",
    [
        "0.320369972991 0.338972466 0.308199372323 0.3452431902 0.310024768313",
        "-25 46 32 -30 -55 -79 -85 71 17 -34 -31 6 -68 84 -89 -57",
        "2010 Q2     13303.1382   13103.1689   13503.1075",
        "2.055761393809777360e+02 1.070553196069381556e+02 9.104558094826538e-01",
        "23 53 31 39 37 77 29 51 85 10 41 91 67 82 50 91 53 72 75 81 26 56 74 62 84 71 42 25 86",
    ],
)
def test_rows_of_figures_in_a_text_hold_no_phones_cards_or_national_numbers(line):
    assert dict(search([line], ALL).texts_with) == {}


def test_numbers_of_people_beside_figures_are_still_found():
    line = "Paid 12.50 with 4111 1111 1111 1111, 3782 822463 10005; call +44 20 7946 0958, 943 476 5919."
    finds = search([line, "PESEL 44051401359, total 3.14"], ALL)
    assert {"card", "phone", "pl_pesel"} <= set(finds.texts_with)


@pytest.mark.parametrize(
    "values",
    [
        ["331 002 651", "1 393 409 038"], ["331.002.651"], ["01.02.2024", "24.12.1999"], ["01-02-2024"],
        ["2024/01/02 10:30"], ["12:30:45", "23:59:59"], ["978-3-16-148410-0"], ["4006381333931"],
        ["00012345678905"], ["0012345678"], ["1700000000123"], ["9195cf83-e757-4d66-97b6-9f7e2d3119d1"],
        ["48.8584, 2.2945"], ["1.2.3", "v2.10.4"], ["std::vector"], ["AB-12345", "AB-12346"], ["2024-W05"],
        ["12-34-56"], ["10,000-20,000"], ["001-AB"], ["1/2/2024"],
    ],
)  # fmt: skip
def test_everyday_columns_are_not_taken_for_personal(assess, kinds, values):
    assert kinds(assess(_table({"x": values}), countries=ALL)) == {}


def test_a_name_is_a_persons_in_a_table_about_people_only(assess, kinds):
    people = _table({"name": ["Ada Byron", "Alan Turing"], "age": ["36", "41"]})
    goods = _table({"name": ["Red bolt", "Blue nut"], "price": ["36", "41"]})
    assert kinds(assess(people))["name"] == "Name of a person"
    assert kinds(assess(goods)) == {}


def test_miles_per_gallon_in_the_city_are_no_town_and_codes_of_regions_are(assess, kinds):
    found = kinds(assess(_table({"city_mpg": ["21", "19"], "region_id": ["3", "4"]})))
    assert found == {"region_id": "Town, district or region"}


def test_an_address_in_few_cells_or_among_other_words_is_found_inside(assess, found):
    cells = ["Ann <ann@example.org>", "see desk", "none", "mailto:bo@example.org"]
    result = assess(_table({"contact": cells, "amount": ["1", "2"]}))
    inside = found(result, "identifier-in-text")
    assert ["contact" in one.where for one in inside] == [True]


def test_a_birth_date_written_with_the_year_last_is_made_coarser_by_its_year(assess):
    days = [f"{place % 27 + 1:02d}/{place % 11 + 1:02d}/{1950 + place % 4}" for place in range(ROWS)]
    result = assess(_table({"birth_date": days}))
    shown = str([one.detail + one.action for one in result.findings]) + str(
        [one.rows for one in result.tables]
    )
    assert "birth_date as its year" in shown
