"""Numbers of persons and businesses: found in every way of writing, and nothing harmless taken for one."""

import os
import pickle
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.errors import ConfigurationError
from clovax_agents.guards.pii import ALL_KINDS, KoreanPII, redact_pii

FOUND = {
    "resident-hyphen": ("900101-1234568", "resident"),
    "resident-bare": ("9001011234568", "resident"),
    "resident-space": ("900101 1234568", "resident"),
    "resident-dot": ("900101.1234568", "resident"),
    "resident-middle-dot": ("900101·1234568", "resident"),
    "resident-spaced-hyphen": ("900101 - 1234568", "resident"),
    "resident-en-dash": ("900101–1234568", "resident"),
    "resident-full-width": ("９００１０１－１２３４５６８", "resident"),
    "resident-arabic-digits": ("٩٠٠١٠١-١٢٣٤٥٦٨", "resident"),
    "resident-zero-width": ("900101\u200b1234568", "resident"),
    "resident-without-check-digit": ("900101-1234567", "resident"),
    "resident-born-2000s": ("030405-3234562", "resident"),
    "resident-born-after-2020-bare": ("2501013234567", "resident"),
    "foreigner-hyphen": ("900101-5234561", "foreigner"),
    "foreigner-without-check-digit": ("900101-5234560", "foreigner"),
    "mobile-hyphen": ("010-1234-5678", "phone"),
    "mobile-bare": ("01012345678", "phone"),
    "mobile-space": ("010 1234 5678", "phone"),
    "mobile-dot": ("010.1234.5678", "phone"),
    "mobile-middle-dot": ("010ㆍ1234ㆍ5678", "phone"),
    "mobile-slash": ("010/1234/5678", "phone"),
    "mobile-two-hyphens": ("010--1234--5678", "phone"),
    "mobile-two-spaces": ("010  1234  5678", "phone"),
    "mobile-broken-line": ("010-\n1234-5678", "phone"),
    "mobile-half-joined": ("010-12345678", "phone"),
    "mobile-old": ("011-234-5678", "phone"),
    "mobile-abroad": ("+82 10-1234-5678", "phone"),
    "mobile-abroad-bare": ("+821012345678", "phone"),
    "mobile-abroad-without-plus": ("821012345678", "phone"),
    "mobile-abroad-with-zero": ("+82 (0)10 1234 5678", "phone"),
    "mobile-abroad-00": ("00821012345678", "phone"),
    "seoul": ("02-123-4567", "phone"),
    "seoul-brackets": ("(02) 1234-5678", "phone"),
    "seoul-abroad": ("+82-2-1234-5678", "phone"),
    "province": ("031-123-4567", "phone"),
    "internet-phone": ("070-1234-5678", "phone"),
    "safe-number": ("0504-1234-5678", "phone"),
    "toll-free": ("080-123-4567", "phone"),
    "hotline": ("1588-1234", "hotline"),
    "hotline-1800": ("1833.1234", "hotline"),
    "business": ("123-45-67891", "business"),
    "business-spaced": ("123 - 45 - 67891", "business"),
    "corporation": ("110111-0062432", "corporation"),
    "card-hyphen": ("4111-1111-1111-1111", "card"),
    "card-space": ("5555 5555 5555 4444", "card"),
    "card-bare": ("4111111111111111", "card"),
    "card-domestic": ("9410-1234-5678-9010", "card"),
    "card-amex": ("3782-822463-10005", "card"),
    "account-kakao": ("3333-01-1234567", "account"),
    "account-nonghyup": ("301-1234-5678-91", "account"),
    "account-hana": ("123-910123-45607", "account"),
    "account-kookmin": ("934502-01-123456", "account"),
    "account-woori": ("1002-123-456789", "account"),
    "account-ibk": ("123-456789-01-012", "account"),
    "passport": ("M12345678", "passport"),
    "passport-since-2021": ("M123A4567", "passport"),
    "licence": ("11-12-123456-01", "licence"),
    "email": ("kim.minji+shop@mail.example.co.kr", "email"),
    "email-full-width": ("kim＠example.com", "email"),
}
BY_CONTEXT = {
    "resident-bare-after-2020": ("주민번호 9001011234567", "9001011234567", "resident"),
    "resident-json": ('{"rrn": "9001011234567"}', "9001011234567", "resident"),
    "phone-json": ('{"phone": "0212345678"}', "0212345678", "phone"),
    "phone-old-bare": ("휴대폰 0111234567", "0111234567", "phone"),
    "hotline-bare": ("고객센터 15881234", "15881234", "hotline"),
    "business-bare": ("사업자번호: 1234567891", "1234567891", "business"),
    "corporation-of-2025": ("법인등록번호 110111-1234567", "110111-1234567", "corporation"),
    "card-bare-14": ("카드번호 30569309025904", "30569309025904", "card"),
    "account-bare": ("신한은행 110123456789로 입금", "110123456789", "account"),
    "account-spaces": ("계좌 110 123 456789", "110 123 456789", "account"),
    "account-toss": ("토스뱅크 1000-1234-5678", "1000-1234-5678", "account"),
    "account-short-bank": ("토스 1000-1234-5678", "1000-1234-5678", "account"),
    "account-bank-behind": ("110-123-456789 (신한)", "110-123-456789", "account"),
    "account-like-a-date": ("국민은행 261118-01-123456", "261118-01-123456", "account"),
    "passport-lower-case": ("passport no: m12345678", "m12345678", "passport"),
    "passport-old": ("여권번호 JR1234567", "JR1234567", "passport"),
    "licence-bare": ("운전면허 111212345601", "111212345601", "licence"),
    "licence-region": ("서울 12-123456-01", "12-123456-01", "licence"),
}
HARMLESS = {
    "order-of-the-shop": "ORD-20261118-0001",
    "product-of-the-shop": "P-0001",
    "order-14-digits": "20261118123045",
    "order-16-digits": "주문번호 2026111812345678",
    "order-13-digits": "주문번호 2611180000001",
    "order-of-a-second": "2612111030001003",
    "order-of-a-day-and-seven-digits": "261111-0012344",
    "order-with-hyphens": "2026-11-1234567",
    "order-of-a-day": "2026-11-18-0001",
    "tracking-12-digits": "운송장 689212345678",
    "tracking-hyphens": "6892-1234-5678",
    "tracking-13-digits": "6063412345678",
    "tracking-ems": "EG123456789KR",
    "tracking-that-looks-like-a-mobile": "운송장번호 01012345678",
    "amount": "1,234,567,890원",
    "amount-bare": "계좌로 1500000000원을 이체",
    "amount-json": '{"amount": 1234567891}',
    "day": "2026-11-18",
    "day-dots": "2026.11.18",
    "moment": "2026-11-18 10:30:00",
    "moment-iso": "2026-11-18T10:30:00.123456+09:00",
    "deposit-moment": "입금 2026-11-18 10:30",
    "epoch": "1763434800",
    "epoch-milliseconds": "1763434800123",
    "years": "1600-1855",
    "version": "1.26.1118",
    "ip-address": "192.168.100.200",
    "decimal": "0.01012345678",
    "pi": "3.14159265358979",
    "barcode": "8801062123452",
    "barcode-with-both-check-digits": "8801062000012",
    "uuid": "550e8400-e29b-41d4-a716-446655440000",
    "uuid-of-digits": "90010112-1234-4568-8123-010123456789",
    "sha": "a01012345678f9001011234568b4111111111111111c",
    "card-with-wrong-check-digit": "4111-1111-1111-1112",
    "card-masked": "4111-****-****-1111",
    "resident-masked": "900101-1******",
    "resident-of-a-thirteenth-month": "901301-1234567",
    "resident-of-the-future": "990101-3234567",
    "business-with-wrong-check-digit": "123-45-67890",
    "ten-digits": "1234567891",
    "model": "SM-G991N",
    "sku": "SKU-900101-1234567",
    "passport-like-day": "M20261118",
    "passport-like-order": "주문 M12345678",
    "isbn": "978-89-6626-095-9",
    "postcode": "06236",
    "emergency": "119, 112",
    "range": "10-20개, 3~5일",
    "coordinates": "37.566535, 126.9779692",
    "handle": "@naver",
    "half-an-address": "kim@",
    "korean": "주문하신 상품은 내일 도착합니다.",
}


def _kinds(text: str) -> list[str]:
    return [found.kind for found in KoreanPII().find(text)]


@pytest.mark.parametrize(("number", "kind"), FOUND.values(), ids=FOUND)
@pytest.mark.parametrize("around", ["{}", "고객 {}입니다.", "({})", '{{"a": "{}"}}', "2026-11-18 {} 3개", "a\n{}\nb"])
@pytest.mark.soak(every=3)
def test_a_number_is_found_in_every_way_of_writing(number: str, kind: str, around: str) -> None:
    """What a person would see as the number is gone, and all around it stays."""
    text = around.format(number)
    assert _kinds(text) == [kind]
    assert redact_pii(text, replacement="<X>") == around.format("<X>")


@pytest.mark.parametrize(("text", "number", "kind"), BY_CONTEXT.values(), ids=BY_CONTEXT)
def test_the_word_in_front_decides_where_digits_do_not(text: str, number: str, kind: str) -> None:
    """With the word the number goes; without it, it could be anything."""
    assert _kinds(text) == [kind]
    assert redact_pii(text, replacement="<X>") == text.replace(number, "<X>")
    assert _kinds(f"값: {number}") != [kind]


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
@pytest.mark.parametrize("around", ["{}", "결과: {} 입니다", '{{"value": "{}"}}', "{}\n"])
@pytest.mark.soak(every=2)
def test_what_is_harmless_stays(text: str, around: str) -> None:
    """Orders, amounts, days and tracking numbers are what an answer is about."""
    assert redact_pii(around.format(text)) == around.format(text)


def test_the_nearest_word_decides() -> None:
    """An order's number behind the name of a bank is still an order's."""
    text = "국민은행 계좌로 환불한 주문번호 123456789012, 계좌 123456789012"
    assert redact_pii(text) == "국민은행 계좌로 환불한 주문번호 123456789012, 계좌 [계좌번호]"


def test_an_area_code_may_end_with_a_bracket() -> None:
    """A Korean way to write it; which bracket belongs to the number is seen by where the code begins."""
    assert redact_pii("대표 02)1234-5678, (02)1234-5678, (02-1234-5678)") == "대표 [전화번호], [전화번호], ([전화번호])"


def test_several_numbers_in_one_text() -> None:
    """Each goes, with the label of its kind."""
    text = "김서연(900101-2234565, 010-1234-5678, kim@naver.com)님 카드 4111-1111-1111-1111"
    assert redact_pii(text) == "김서연([주민등록번호], [전화번호], [이메일])님 카드 [카드번호]"


@pytest.mark.parametrize(
    ("style", "language", "redacted"),
    [
        ("label", "ko", "[전화번호] [카드번호] [주민등록번호] [이메일]"),
        ("label", "en", "[phone number] [card number] [resident number] [e-mail]"),
        ("mask", "ko", "***-****-5678 ****-****-****-1111 ******-******* k**@x.com"),
    ],
)
def test_styles(style: Any, language: Any, redacted: str) -> None:
    """Labels in either language, or stars in the shape of the number."""
    pii = KoreanPII(style=style, language=language)
    assert pii("010-1234-5678 4111-1111-1111-1111 900101-1234568 kim@x.com") == redacted


def test_hashes_tell_numbers_apart_and_nothing_else() -> None:
    """However it is written, one number has one hash under one key; without the key, nobody can try numbers out."""
    pii = KoreanPII(style="hash", key="k")
    one, same, other = (pii(text) for text in ("010-1234-5678", "０１０ 1234 5678", "010-1234-5679"))
    assert one == same != other
    assert re.fullmatch(r"\[전화번호:[a-p]{10}\]", one)
    assert pickle.loads(pickle.dumps(pii))("01012345678") == one  # noqa: S301  # our own
    assert KoreanPII(style="hash", key="l")("010-1234-5678") != one
    assert KoreanPII(style="hash")("010-1234-5678") != KoreanPII(style="hash")("010-1234-5678")
    assert "k'" not in repr(pii)


def test_only_the_kinds_that_are_asked_for_go() -> None:
    """A number of another kind is still seen as what it is, so that no part of it is taken for something else."""
    text = "110-123-456789 신한은행, 010-1234-5678, 1588-1234"
    assert KoreanPII(["account"])(text) == "[계좌번호] 신한은행, 010-1234-5678, 1588-1234"
    assert KoreanPII(ALL_KINDS - {"hotline"})(text) == "[계좌번호] 신한은행, [전화번호], 1588-1234"
    assert redact_pii(text, kinds=["phone"], replacement=lambda kind, found: f"<{kind} {found[-4:]}>") == (
        "110-123-456789 신한은행, <phone 5678>, 1588-1234"
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"kinds": ["ssn"]}, "no kind 'ssn'.*resident"),
        ({"style": "blur"}, "'label', 'mask', 'hash'"),
        ({"language": "jp"}, "'ko', 'en'"),
        ({"key": "k"}, "style='hash'"),
    ],
)
def test_what_does_not_exist_is_refused(settings: dict[str, Any], words: str) -> None:
    """Bad input: the error names what there is."""
    with pytest.raises(ConfigurationError, match=words):
        KoreanPII(**settings)


def test_equal_settings_are_equal_objects() -> None:
    """A policy that is compared or pickled stays the same policy."""
    pii = KoreanPII(["phone"], style="mask")
    assert pickle.loads(pickle.dumps(pii)) == pii == KoreanPII("phone", style="mask")  # noqa: S301  # our own
    assert pii != KoreanPII(["phone"])
    assert len({pii, KoreanPII("phone", style="mask")}) == 1


LONG = 1 << (20 if os.environ.get("CLOVAX_SOAK") else 17)
MANY = {
    "digits": "1",
    "digits-and-spaces": "1 ",
    "hyphens": "010-",
    "brackets": "(",
    "letters": "a",
    "letters-and-hyphens": "a-",
    "signs": "a@",
    "domains": "a@a.",
    "numbers": "010-1234-5678 ",
    "words-in-front": "계좌 ",
    "full-width": "１-",
    "plus": "+82",
}


@pytest.mark.parametrize("unit", MANY.values(), ids=MANY)
def test_a_long_text_of_anything_is_read(unit: str) -> None:
    """No text makes it slow: whatever took more than linear time would not end before the timeout."""
    text = unit * (LONG // len(unit))
    assert redact_pii(text).count("[전화번호]") == (text.count(unit) if unit.startswith("010-1") else 0)


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    """Nothing raises, and what is not found stays as it is."""
    found = KoreanPII().find(text)
    assert all(item.start < item.end <= len(text) for item in found)
    assert found or redact_pii(text) == text


@given(st.from_regex(r"[0-9]{3,6}(-[0-9]{2,6}){1,2}", fullmatch=True), st.sampled_from(["", "가", " ", "(", "x="]))
def test_what_stands_before_a_number_does_not_hide_it(number: str, before: str) -> None:
    """A letter of Korean, a bracket or a space in front changes nothing."""
    assert _kinds(before + number) == _kinds(number)
