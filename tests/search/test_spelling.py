"""British and American spelling: true pairs both ways, and no two different words tied together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipper.search import spelling
from clipper.search.spelling import joined, variants

PAIRS = """
labour labor; labourers laborers; coloured colored; favourite favorite; behavioural behavioral; unfavourable unfavorable
neighbourhood neighborhood; misbehaviour misbehavior; tumours tumors; honourable honorable; harbouring harboring
centre center; centres centers; centred centered; centring centering; litres liters; kilometre kilometer; fibre fiber
theatres theaters; calibre caliber; multicentre multicenter; jobcentre jobcenter; metres meters
paediatric pediatric; paediatricians pediatricians; anaesthetist anesthetist; anaesthesia anesthesia; anaemia anemia
haematology hematology; haemorrhage hemorrhage; haemoglobin hemoglobin; gynaecology gynecology; leukaemia leukemia
orthopaedic orthopedic; ischaemic ischemic; septicaemia septicemia; hypoglycaemia hypoglycemia; faecal fecal
oesophagus esophagus; gastrooesophageal gastroesophageal; foetal fetal; foetuses fetuses; diarrhoea diarrhea
oedema edema; lymphoedema lymphedema; oestrogen estrogen; coeliac celiac; apnoea apnea; dyspnoea dyspnea
caesarean cesarean; encyclopaedia encyclopedia; aetiology etiology; archaeology archeology; palaeontology paleontology
manoeuvre maneuver; manoeuvring maneuvering; manoeuvres maneuvers; leucocytes leukocytes; sulphate sulfate
defence defense; offences offenses; pretence pretense; licence license; licensed licenced; unlicensed unlicenced
practice practise; practices practises; practised practiced; practising practicing; malpractice malpractise
catalogue catalog; catalogued cataloged; dialogue dialog; analogues analogs
travelling traveling; cancelled canceled; labelled labeled; relabelled relabeled; modelling modeling; fuelled fueled
counsellor counselor; councillors councilors; jewellery jewelry; marvellous marvelous; woollen woolen; trialled trialed
tranquilliser tranquiliser; focussed focused; benefitted benefited
fulfil fulfill; fulfilment fulfillment; enrol enroll; enrolments enrollments; instalment installment; skilful skillful
wilfully willfully; distil distill
programme program; programmes programs; judgement judgment; judgemental judgmental; ageing aging
acknowledgement acknowledgment; likeable likable; unusable unuseable; siseable sisable; routeing routing
learnt learned; burnt burned; spelt spelled; misspelt misspelled; leant leaned; spoilt spoiled; spilt spilled
grey gray; sceptical skeptical; scepticism skepticism; mum mom; pyjamas pajamas; plough plow; ploughed plowed
cosy cozy; artefact artifact; disc disk; specialty speciality; specialties specialities; aluminium aluminum
mould mold; enquiry inquiry; enquiries inquiries; adviser advisor; tsar czar; dietitian dietician; yoghurt yogurt
gaoled jailed; despatched dispatched; chequebook checkbook; cypher cipher
"""

TWO_PARTS = """
healthcare|health care, childcare|child care, inpatient|in patient, inpatients|in patients, outpatient|out patient
cooperation|co operation, cooperate|co operate, cooperative|co operative, coordinate|co ordinate
coordinators|co ordinators, neoliberal|neo liberal, grassroots|grass roots, eurosceptic|euro sceptic
email|e mail, emails|e mails, website|web site, online|on line, wellbeing|well being, policymaker|policy maker
policymaking|policy making, subcontractor|sub contractor, subcontracting|sub contracting, outsourcing|out sourcing
outsource|out source, retender|re tender, retendered|re tendered, reorganisation|re organisation, frontline|front line
underfunding|under funding, underfunded|under funded, covid19|covid 19, multidisciplinary|multi disciplinary
nonexecutive|non executive, parttime|part time, whistleblower|whistle blower, byelection|by election, percent|per cent
headteacher|head teacher, jobseekers|job seekers, thinktank|think tank, overspend|over spend, deregulation|de regulation
"""

# These look like one side of a pair, and are not.
LOOKALIKES = """
four hour tour pour contour doctor error mirror terror actor sailor professor chancellor director sponsor vendor
care acre massacre mediocre genre player water number member order letter paper carer tender
advice advise device devise price prize vice rice service police
tall small fully filled called excelled controlled rolling rebelled propelling patrolled
academic academy epidemic systemic polemic anemone pedometer pedal estrange estate fetish feline hemp hemlock hemisphere
hemiplegia edit eddy celery demon economy phoenix subpoena poet does shoe aerial israel michael
check cheque tyre tire curb kerb tonne ton storey story draught draft whilst while metering
molten moldova mummification diskette discount discuss program's mat math's
nonsense nonchalant nonetheless multiple multiply multitude image manage engage management garment
hospital nurse nhs the a i privatisation organisation analyse contract reform result rely report overlook oversight
"""

WORDS = st.text("abcdefghilmnoprstuvy", max_size=14)
PREFIXES = st.sampled_from(["", "un", "re", "hyper", "non", "co"])
BEGINNINGS = sorted({*spelling._BEFORE_CHANGE, *spelling._WHOLE})


def _pairs() -> list[tuple[str, str]]:
    found = []
    for pair in PAIRS.replace("\n", ";").split(";"):
        if pair.strip():
            one, other = pair.split()
            found.append((one, other))
    return found


def _two_parts() -> list[tuple[str, str]]:
    found = []
    for pair in TWO_PARTS.replace("\n", ",").split(","):
        if pair.strip():
            together, _, apart = pair.strip().partition("|")
            found.append((together, apart))
    return found


def _forms() -> list[str]:
    """Return every form that the table spells out, each open beginning with an ending of its own."""
    found = []
    for before, rows in spelling._BEFORE_CHANGE.items():
        found += [before + each + ending for letters, endings in rows for each in letters for ending in _some(endings)]
    for beginning, rows in spelling._WHOLE.items():
        found += [beginning + ending for _, endings in rows for ending in _some(endings)]
    return found


def _some(endings: frozenset[str] | None) -> list[str]:
    return sorted(endings if endings is not None else {"", "s", "ic"})


@pytest.mark.parametrize(("one", "other"), _pairs())
def test_a_pair_is_found_from_both_sides(one: str, other: str) -> None:
    assert other in variants(one)
    assert one in variants(other)


@pytest.mark.parametrize(("together", "apart"), _two_parts())
def test_words_are_found_together_and_apart(together: str, apart: str) -> None:
    assert apart in variants(together)
    assert together in joined(apart.split())
    assert joined([together]) == ()


@pytest.mark.parametrize("word", LOOKALIKES.split())
def test_a_word_that_only_looks_like_one_has_no_other_spelling(word: str) -> None:
    assert variants(word) == ()


@pytest.mark.parametrize("words", [[], ["health"], ["out", "of"], ["is", "on"], ["non", "sense"], ["care", "health"]])
def test_two_words_that_are_no_compound_stay_two(words: list[str]) -> None:
    assert joined(words) == ()


def test_more_than_two_words_are_no_compound() -> None:
    assert joined(["health", "care", "s"]) == ()


def test_a_word_in_two_parts_is_found_in_both_countries() -> None:
    assert variants("multicenter") == ("multicentre", "multi center", "multi centre")
    assert joined(["multi", "centre"]) == ("multicentre", "multicenter")
    assert joined(["multi", "center"]) == ("multicenter", "multicentre")


def test_a_word_of_four_spellings_is_found_from_each() -> None:
    spellings = {"caesarean", "cesarean", "caesarian", "cesarian"}
    for word in spellings:
        assert {word, *variants(word)} == spellings


def test_the_table_is_written_as_the_index_writes_its_words() -> None:
    for word in _forms():
        assert word.isascii() and word.isalpha() and word == word.lower(), word
        assert "iz" not in word and "yz" not in word, word


def test_every_form_of_the_table_leads_back_to_where_it_came_from() -> None:
    for word in _forms():
        found = variants(word)
        assert found, word
        assert word not in found and len(set(found)) == len(found), word
        for other in found:
            assert word in (joined(other.split()) if " " in other else variants(other)), (word, other)


def test_every_spelling_of_a_form_has_the_same_spellings() -> None:
    for word in _forms():
        spellings = {word, *(other for other in variants(word) if " " not in other)}
        for other in spellings:
            assert {other, *(each for each in variants(other) if " " not in each)} == spellings, (word, other)


def test_every_compound_of_the_table_is_found_both_ways() -> None:
    for first, seconds in spelling._COMPOUNDS.items():
        for second in sorted(seconds):
            assert first + second in joined([first, second])
            assert f"{first} {second}" in variants(first + second)


@given(st.one_of(WORDS, st.tuples(PREFIXES, st.sampled_from(BEGINNINGS), WORDS).map("".join)))
def test_any_variant_leads_back(word: str) -> None:
    for other in variants(word):
        assert word in (joined(other.split()) if " " in other else variants(other))


@given(st.lists(WORDS, max_size=3))
def test_any_joined_word_comes_apart_again(words: list[str]) -> None:
    for form in joined(words):
        assert " ".join(words) in variants(form)


@given(st.text())
def test_any_text_has_an_answer(text: str) -> None:
    assert text not in variants(text)
    assert isinstance(joined([text, text]), tuple)


@pytest.mark.parametrize("word", ["x" * 100_000, "non" * 40_000, "labour" * 20_000, "haemo" * 20])
def test_a_word_too_long_to_be_one_is_left_alone(word: str) -> None:
    assert variants(word) == ()
    assert joined(["non", word]) == ()
