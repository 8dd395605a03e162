"""Which columns hold which personal data: real shapes with real checksums, and look-alikes that are none."""

from pathlib import Path

import pytest
import vega_datasets
from faker import Faker

from studio_magics.tools.data.privacy.checksums import iban, luhn, nhs, ssn
from studio_magics.tools.data.privacy.kinds import named

SEED = 20260301
ROWS = 300


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (luhn, "4111 1111 1111 1111", "4111 1111 1111 1112"),  # the test number of every card scheme
        (luhn, "378282246310005", "378282246310006"),
        (iban, "GB82 WEST 1234 5698 7654 32", "GB82 WEST 1234 5698 7654 33"),  # from the standard's own page
        (iban, "DE89370400440532013000", "DE88370400440532013000"),
        (nhs, "943 476 5919", "943 476 5918"),  # the number the NHS prints in its guide
        (ssn, "536-90-4399", "666-90-4399"),
        (ssn, "078-05-1120", "900-05-1120"),
    ],
)
def test_a_checksum_takes_the_published_number_and_refuses_its_neighbour(check, good, bad):
    assert check(good)
    assert not check(bad)


def _faked(locale, method, name):
    Faker.seed(SEED)
    print(f"seed {SEED}")
    fake = Faker(locale)
    values = [str(getattr(fake, method)()).replace("\n", " ").replace('"', "") for _ in range(ROWS)]
    return f"n,{name}\n" + "".join(f'{place},"{value}"\n' for place, value in enumerate(values))


@pytest.mark.parametrize(
    ("locale", "method", "kind"),
    [
        ("en_US", "email", "E-mail address"),
        ("de_DE", "iban", "Bank account (IBAN)"),
        ("en_GB", "iban", "Bank account (IBAN)"),
        ("en_US", "credit_card_number", "Payment card number"),
        ("en_US", "ssn", "US social security number"),
        ("en_US", "ipv4", "IP address"),
        ("en_US", "ipv6", "IP address"),
        ("en_US", "mac_address", "Device address (MAC)"),
    ],
)
def test_values_are_recognised_even_when_the_column_is_called_x(assess, kinds, locale, method, kind):
    assert kinds(assess(_faked(locale, method, "x")))["x"] == kind


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([f"{n:016d}" for n in range(10**15, 10**15 + 300)], "sixteen digits, one in ten keeps Luhn's rule"),
        (
            [f"GB{n % 90 + 10}ABCD{n:014d}" for n in range(300)],
            "the shape of an IBAN without its check digits",
        ),
        ([f"2026-01-{n % 28 + 1:02d}" for n in range(300)], "dates"),
        ([f"1.2.{n % 9}" for n in range(300)], "version numbers"),
        ([f"AB-{n:05d}" for n in range(300)], "part numbers"),
        ([f"{n * 1.5}" for n in range(300)], "numbers"),
    ],
)
def test_what_only_looks_alike_is_not_taken_for_personal(assess, kinds, values, why):
    content = "v\n" + "".join(f'"{value}"\n' for value in values)
    assert kinds(assess(content)) == {}, why


@pytest.mark.parametrize(
    ("column", "language", "kind"),
    [
        ("dateOfBirth", "en", "birth"), ("DOB", "en", "birth"), ("customer_first_name", "en", "name"),
        ("ZipCode", "en", "postcode"), ("patient_diagnosis", "en", "health"), ("race", "en", "ethnicity"),
        ("vorname", "de", "name"), ("vorname", "en", "name"), ("ort", "de", "town"), ("ort", "en", None),
        ("message", "en", "free_text"), ("file_name", "en", None), ("storage", "en", None),
        ("usage", "en", None), ("page", "en", None), ("mileage", "en", None), ("average", "en", None),
        ("description_of_part", "en", "free_text"),
        ("user_password_hash", "en", "password"), ("latitude", "en", "coordinates"), ("plate", "en", None),
        ("email2", "en", "email"), ("E-Mail", "en", "email"), ("tel_no", "en", "phone"),
        ("Straße", "en", "street"), ("plz", "en", "postcode"), ("Geburtsdatum", "en", "birth"),
        ("ip_addr", "en", "ip"), ("yob", "en", "birth"), ("nom", "fr", None), ("apellidos", "en", "name"),
        ("blood_group", "en", "health"), ("zip5", "en", "postcode"),
        ("credit_card_number", "en", "card"), ("shipping_address", "en", "street"),
    ],
)  # fmt: skip
def test_columns_are_read_by_whole_words_in_their_language(column, language, kind):
    found = named(column, language)
    assert (found.id if found else None) == kind


def test_a_name_whose_values_cannot_be_it_is_not_believed(assess, kinds):
    content = "age,lat,email\n" + "".join(f"{n * 40},x{n},{n}.5\n" for n in range(50))
    assert "age" not in kinds(assess(content))
    assert "email" not in kinds(assess(content))


def test_a_real_list_of_deaths_holds_names_ages_and_ethnic_origin(assess, kinds):
    path = Path(vega_datasets.__file__).parent / "_data/la-riots.csv"
    found = kinds(assess(path.read_bytes(), name="la-riots.csv"))
    assert found["first_name"] == found["last_name"] == "Name of a person"
    assert found["race"] == "Race or ethnic origin"
    assert found["gender"] == "Sex or gender"
    assert found["age"] == "Age"
    assert found["address"] == "Street address"
    assert found["longitude"] == "Coordinates"


def test_a_real_table_of_weather_holds_nothing_personal(assess, kinds):
    path = Path(vega_datasets.__file__).parent / "_data/seattle-weather.csv"
    result = assess(path.read_bytes(), name="seattle-weather.csv")
    assert kinds(result) == {}
    assert result.summary["dpia_due"] is False
    assert [one for one in result.findings if one.severity in {"critical", "high", "medium"}] == []


def test_national_numbers_are_looked_for_only_in_the_chosen_countries(assess, kinds):
    content = "x\n" + "".join(f"{n % 600 + 1:03d}-{n % 90 + 10}-{n + 1000}\n" for n in range(60))
    assert kinds(assess(content))["x"] == "US social security number"
    assert "x" not in kinds(assess(content, countries=["uk"]))


def test_identifiers_inside_of_text_are_found_and_masked(assess, found):
    lines = ["all is well with this order today"] * 30
    lines[3] = "please write to ada.byron@example.org about the order"
    lines[7] = "she paid with 4111 1111 1111 1111 at the counter today"
    lines[9] = "her number is +44 20 7946 0958 in the evening only"
    lines[11] = "reference 4111 1111 1111 1112 is only a number here"
    content = "id,comment\n" + "".join(f'{place},"{line}"\n' for place, line in enumerate(lines))
    result = assess(content)
    titles = {one.title: one for one in found(result, "identifier-in-text")}
    assert set(titles) == {
        "E-mail address inside of free text",
        "Payment card number inside of free text",
        "Phone number inside of free text",
    }
    assert titles["Payment card number inside of free text"].count == 1
    assert titles["Payment card number inside of free text"].where == "people.csv.comment, first in 8"
    assert "ada.byron" not in result.model_dump_json()


def test_text_files_are_searched_line_by_line(assess, found):
    text = "first line\nInvoice to max@example.com, IBAN DE89 3704 0044 0532 0130 00\n"
    result = assess(text, name="mail.txt")
    wheres = {one.title: one.where for one in found(result, "identifier-in-text")}
    assert wheres["E-mail address inside of free text"] == "mail.txt, first in 2"
    assert "Bank account (IBAN) inside of free text" in wheres
