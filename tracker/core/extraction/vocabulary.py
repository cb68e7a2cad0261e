"""Vocabulary: every word list that extraction knows, as data.

A list names a *function* that words have in incident documents, never a document, a team or a product. Entries are
regular expressions over lower-case text, parted by semicolons; they match whole words.
"""

import re
from enum import StrEnum

from tracker.core.action_items import DocumentStatus, ItemType


class Purpose(StrEnum):
    """What a section of a document is for."""

    FOLLOW_UPS = "follow_ups"
    LEARNINGS = "learnings"
    SERVICES = "services"
    PROGRAMS = "programs"
    TIMELINE = "timeline"
    RESOLUTION = "resolution"
    ADVICE = "advice"
    OTHER = "other"


def _any(entries: str) -> re.Pattern[str]:
    alternatives = "|".join(entry.strip() for entry in entries.split(";") if entry.strip())
    return re.compile(rf"\b(?:{alternatives})(?!\w)")


HEADINGS: tuple[tuple[Purpose, re.Pattern[str]], ...] = (
    (
        Purpose.TIMELINE,
        _any(
            r"time ?lines?; chronology; sequence of events; events? log; chat logs?; tidslinje; zeitlicher ablauf"
        ),
    ),
    (Purpose.OTHER, _any(r"^why\b.*; appendix")),
    (Purpose.PROGRAMS, _any(r"(?:related |reliability |sre )+program(?:me)?s?; ^program(?:me)?s?$")),
    (
        Purpose.SERVICES,
        _any(
            r"(?:impacted|affected|involved) (?:services?|systems?|components?|products?|applications?);"
            r"(?:services?|systems?|components?|products?|applications?) (?:impacted|affected|involved)"
        ),
    ),
    (
        Purpose.ADVICE,
        _any(
            r"(?:recommendations?|guidance|advice|instructions) (?:for|to) (?:\w+ )?(?:users?|customers?|operators?|clients?|you);"
            r"what (?:should|do|can|must) (?:you|i|users|customers)\b.*; work-?arounds?; how to (?:check|verify|tell) (?:if|whether)\b.*"
        ),
    ),
    (
        Purpose.RESOLUTION,
        _any(
            r"(?:immediate|short.term|emergency|recovery|response|mitigati(?:on|ng)|containment) (?:actions?|steps|measures|response);"
            r"(?:actions?|steps|measures) (?:already |we |were )*(?:taken|took); (?:incident )?resolution(?! plan); actions? performed"
        ),
    ),
    (
        Purpose.FOLLOW_UPS,
        _any(
            r"action ?(?:items?|points?|plans?|list); ^actions?(?: required| needed)?$; follow.?ups?; next (?:steps?|actions?);"
            r"what(?:'s| is| comes) next; ^to.?do(?:s| list)?$; remediations?; corrective (?:actions?|measures?|steps?); ^corrections?$;"
            r"^prevent(?:ion|at?ive|ing|ative)?\b.*; preventi?(?:ve|ative) (?:actions?|measures?|steps?); countermeasures?; improvements?;"
            r"(?:future|planned|remaining|outstanding|further) (?:work|actions?|steps?|plans?|tasks?|changes|measures?|fixes);"
            r"(?:moving|going|looking|way|path) (?:forward|ahead); long.?term (?:fix(?:es)?|solutions?|plans?|actions?|measures?);"
            r"permanent (?:fix(?:es)?|solutions?); (?:proposed|planned|suggested) (?:changes|fix(?:es)?|solutions?|actions?|measures?);"
            r"(?:how|what)\b.* (?:prevent|avoid|stop|ensure|make sure|reduce|improv\w*|do better|do(?:ing)? differently)\b.*;"
            r"(?:how|what)\b.*\b(?:never|not|doesn't|won't) happens? again; what (?:are|will|do) we\b.*\b(?:doing|do|plan|change|changing)\b.*;"
            r"what could (?:be done|we do)\b.*; ^recommendations?$; ^(?:open |new )?tasks?$; ^tickets$; backlog items?; ^commitments$;"
            # the same in other languages
            r"aksjonspunkt(?:er)?; tiltak; oppfølging; åtgärder; handlinger; maßnahmen; nächste schritte; folgeaufgaben;"
            r"acciones(?: correctivas)?; próximos pas(?:os|sos); ações(?: corretivas)?; actions? correctives?; prochaines étapes;"
            r"plan d'action; azioni(?: correttive)?; prossimi passi; actiepunten; vervolgacties; działania (?:naprawcze|następcze)"
        ),
    ),
    (
        Purpose.LEARNINGS,
        _any(
            r"lessons?; learnings?; learn(?:ed|t); takeaways?; ^retrospective$; what (?:went|worked|did|didn't|could have|has)\b.*;"
            r"(?:where|how) (?:did )?we (?:get|got) (?:un)?lucky; went (?:well|wrong|badly|poorly|right); lucky; luck;"
            r"hva lærte vi; hva gikk (?:bra|dårlig); hvor hadde vi flaks; lehren; erkenntnisse; lecciones; lições; leçons"
        ),
    ),
    (
        Purpose.RESOLUTION,
        _any(
            r"mitigations?; recovery; remedy; response; (?:hot)?fix(?:es)?; restoration; how (?:did|was|were)\b.*\b(?:fix(?:ed)?|resolved?|mitigated?)"
        ),
    ),
    (
        Purpose.OTHER,
        _any(
            r"summary; overview; tl.?dr; abstract; background; context; impact\b.*; root cause\b.*; causes?; factors?; trigger; detection;"
            r"what happened; what is\b.*; (?:five|5) whys?; references?; ^(?:related )?links?$; resources?; glossary; supporting information;"
            r"participants?; responders?; authors?; metadata; ^status$; ^date$; acknowledge?ments?; ^about\b.*; faq; guidelines?"
        ),
    ),
)
"""What headings mean; the first that matches decides, so the narrower meanings stand first."""

NOT_FOLLOW_UPS = frozenset(
    {Purpose.TIMELINE, Purpose.LEARNINGS, Purpose.ADVICE, Purpose.SERVICES, Purpose.PROGRAMS}
)
"""Purposes that a heading keeps below a follow-up heading; others ("Detection", "Fixes") group follow-ups there."""

_WE = r"(?:we|our team|the (?:\w+ )?(?:team|engineers|developers|maintainers|operators))"
_THEY = rf"(?:{_WE}|i|they|\w+ engineers)"

LEAD_IN = _any(
    rf"{_WE} (?:\w+ly )?(?:will|are going to|plan to|have decided to|are planning to|should|need to|must|intend to)\b.*;"
    r"following (?:follow.up |corrective |preventi?ve |remediation |open )?(?:action items?|improvements|tasks|measures)\b.*;"
    r"^to (?:prevent|avoid|reduce)\b.*; ^(?:\w+ ){0,3}(?:action ?items?|follow.?ups?(?: actions?| items?| tasks?)?|next steps?)$"
)
"""How a paragraph that ends in a colon announces a list of work."""

TYPES: tuple[tuple[ItemType, re.Pattern[str]], ...] = (
    (
        ItemType.PREVENT,
        _any(r"prevent\w*; forhindre; forebygg\w*; avoid; stop it from; never happens? again"),
    ),
    (ItemType.DETECT, _any(r"detect\w*; monitoring; alerting; observability")),
    (ItemType.INVESTIGATE, _any(r"investigat\w*; research; analysis")),
    (ItemType.MITIGATE, _any(r"mitigat\w*; contain(?:ment)?")),
    (ItemType.REPAIR, _any(r"repair; fix(?:es)?; bug ?fix(?:es)?; correct(?:ion)?; feilretting")),
    (ItemType.PROCESS, _any(r"process(?:es)?; procedur\w*; policy; policies")),
)
"""Words by which a column or a heading names a type of work."""

SUGGESTED_TYPES: tuple[tuple[ItemType, re.Pattern[str]], ...] = (
    (
        ItemType.INVESTIGATE,
        _any(
            r"investigat\w*; look(?:ing)? into; find out; understand; research; determine; figure out; analy[sz]e; explore"
        ),
    ),
    (
        ItemType.DETECT,
        _any(
            r"alert\w*; monitor\w*; detect\w*; dashboards?; metrics?; observability; telemetry; health ?checks?; pag(?:e|ing|er)"
        ),
    ),
    (
        ItemType.PROCESS,
        _any(
            r"document\w*; run ?books?; play ?books?; process(?:es)?; procedures?; train(?:ing)?; communicat\w*; on.?call; escalat\w*;"
            r"polic(?:y|ies); checklist; review"
        ),
    ),
    (
        ItemType.PREVENT,
        _any(
            r"prevent\w*; tests?; testing; validat\w*; limits?; guard\w*; forbid; avoid; redundan\w*; fail.?over; canar(?:y|ies);"
            r"rate.?limit\w*; automat\w*; block"
        ),
    ),
    (
        ItemType.MITIGATE,
        _any(
            r"mitigat\w*; roll.?back; fall.?back; degrad\w*; circuit breakers?; time.?outs?; backups?; restore; recover\w*"
        ),
    ),
    (
        ItemType.REPAIR,
        _any(r"fix(?:es|ed)?; repair; patch; replace; correct; clean.?up; remove; upgrade; migrate"),
    ),
)
"""Words of an item's own text that hint at its type; the first that matches is suggested."""

COLUMNS: dict[str, re.Pattern[str]] = {
    "owner": _any(
        r"owners?; assignees?; assigned(?: to)?; who; responsible(?: \w+)?; dri; team; person; lead; point of contact; poc; ansvarlig;"
        r"eier; verantwortlich\w*; responsable"
    ),
    "due": _any(
        r"due(?: date)?; deadline; eta; target(?: date)?; by when; when; frist; fällig; complete by; expected(?: by| date)?"
    ),
    "status": _any(r"status; state; progress; done\??; completed?\??; tilstand"),
    "priority": _any(r"prio(?:rity)?; severity; importance; urgency"),
    "type": _any(r"type; category; kind; class"),
    "link": _any(
        r"tickets?; issues?(?: link)?; where; tracking(?: \w+)?; links?; bugs?; jira; prs?; references?; referanse; sak; tracker; url"
    ),
    "notes": _any(r"notes?; comments?; remarks?; details?"),
    "number": _any(r"no\.?; nr\.?; num(?:ber)?; id"),
    "action": _any(
        r"action(?: ?items?| points?)?; follow.?ups?; tasks?; to.?dos?; items?; descriptions?; summary; what; work; improvements?;"
        r"recommendations?; remediations?; measures?; steps?; title; aksjon(?:spunkt)?; tiltak; maßnahme; acción; ação"
    ),
    "event": _any(r"time(?:stamp)?; events?; date; utc; tid"),
}
"""What the columns of a table mean; the first that matches a header decides."""

STATUS_WORDS: tuple[tuple[DocumentStatus, re.Pattern[str]], ...] = (
    (DocumentStatus.OPEN, _any(r"not (?:yet )?(?:done|started|begun|fixed|implemented|yet)")),
    (
        DocumentStatus.DECLINED,
        _any(
            r"won'?t (?:do|fix); wontfix; declined; rejected; cancel(?:l)?ed; abandoned; dropped; not planned; obsolete; duplicate"
        ),
    ),
    (
        DocumentStatus.IN_PROGRESS,
        _any(
            r"in.?progress; on.?going; wip; started; rolling out; under ?way; doing; in review; partially (?:done|completed?); under arbeid"
        ),
    ),
    (
        DocumentStatus.OPEN,
        _any(r"open; to.?do; pending; planned; backlog; new; proposed; outstanding; no"),
    ),
    (
        DocumentStatus.DONE,
        _any(
            r"done; completed?; closed; finished; fixed; resolved; merged; shipped; deployed; implemented; released; yes; ferdig;"
            r"erledigt; hecho; fait"
        ),
    ),
)
"""Words that state an item's progress where nothing else is said (a status cell, a bracket); the first match decides."""

STATUS_BY_HEADING: tuple[tuple[DocumentStatus, re.Pattern[str]], ...] = (
    (
        DocumentStatus.DONE,
        _any(
            r"^(?:completed?|done|finished|implemented)\b.*; .*\b(?:already|been) (?:completed?|done|implemented|finished)"
        ),
    ),
    (
        DocumentStatus.IN_PROGRESS,
        _any(
            r"^(?:in.?progress|on.?going|under ?way)\b.*; .*\b(?:currently|already) (?:in progress|under ?way)"
        ),
    ),
    (
        DocumentStatus.OPEN,
        _any(r"^(?:open|outstanding|remaining|pending|planned|to be done|not (?:yet )?done)\b.*"),
    ),
)
"""Headings that state the progress of all that stands below them."""

STATUS_BY_SENTENCE: tuple[tuple[DocumentStatus, re.Pattern[str]], ...] = (
    (
        DocumentStatus.IN_PROGRESS,
        _any(
            rf"{_THEY}(?: are|'re)(?: \w+)? (?:working on|in the (?:process|middle) of); is (?:on.?going|under ?way|in progress); already doing"
        ),
    ),
    (
        DocumentStatus.DONE,
        _any(
            rf"{_WE}(?: have|'ve)(?: \w+ly| also| since| already| now)* \w+ed; (?:has|have) (?:\w+ )?been \w+(?:ed|n); .*\b(?:was|were) installed"
        ),
    ),
)
"""Sentences that state the progress of the work that they name."""

STATUS_SIGNS: dict[str, DocumentStatus] = {
    "✅": DocumentStatus.DONE,
    "✔": DocumentStatus.DONE,
    "☑": DocumentStatus.DONE,
    "☒": DocumentStatus.DONE,
    ":white_check_mark:": DocumentStatus.DONE,
    ":heavy_check_mark:": DocumentStatus.DONE,
    "🚧": DocumentStatus.IN_PROGRESS,
    "⏳": DocumentStatus.IN_PROGRESS,
    ":construction:": DocumentStatus.IN_PROGRESS,
    "☐": DocumentStatus.OPEN,
    "❌": DocumentStatus.OPEN,
}

_WORK_VERBS = """
    add adjust adopt agree alert allow analyse analyze apply arrange ask assess assign audit automate avoid backfill backport ban
    block bring build bump change check clarify clean close collect communicate compare complete conduct configure confirm consider
    contact continue convert coordinate correct create cut decide decommission decouple decrease define delete deploy deprecate
    design determine develop disable discuss distribute document drop educate email enable encourage enforce engage enhance
    ensure establish evaluate examine expand explore expose extend figure file finalise finalize find finish fix follow formalise
    formalize gain gather get give handle harden have hire identify implement improve include increase inform install instruct
    introduce invest investigate isolate keep launch limit link log look lower make measure merge migrate minimise minimize
    mitigate modify monitor move notify open optimise optimize organise organize patch perform pin plan post prepare prevent
    prioritise prioritize propose protect provide provision publish purchase push put raise re-architect re-evaluate re-submit
    rebuild record reduce refactor refine refresh reimplement remind remove rename reorganise reorganize repair replace report
    request require research reserve resolve restore restrict resume rethink retire retry review revise revisit rework rewrite
    roll rotate run save schedule script secure send separate set setup share ship simplify speed spin split standardise
    standardize start stop store streamline strengthen submit support switch sync teach test track train transition tune turn
    understand update upgrade use validate verify work write
"""
WORK_VERBS = frozenset(_WORK_VERBS.split())
"""Verbs that begin a piece of work stated as an order."""

_ADVERBS = r"(?: \w+ly| also| already| now| still| then| since)*"
_PROGRESSIVE = (
    r"(?:working|looking|planning|investigating|exploring|evaluating|considering|discussing|reviewing|creating|adding|building|"
    r"improving|changing|deploying|developing|implementing|moving|adjusting|continuing|rotating|updating|removing|replacing|migrating)"
)

COMMITMENT = _any(
    rf"{_THEY}(?: \w+ly| also)* (?:will|shall)(?! (?:not |never )?(?:be able|see|know|have to wait)){_ADVERBS}; {_THEY}'ll;"
    rf"{_THEY}(?: are|'re| am|'m){_ADVERBS} (?:going to|in the (?:process|middle) of|{_PROGRESSIVE}); {_WE} have been {_PROGRESSIVE};"
    rf"{_THEY}(?: have|'ve)?{_ADVERBS} (?:plan|planned|intend|decided|agreed|aim) (?:to|on|for|since);"
    rf"is{_ADVERBS} (?:in the (?:process|middle) of|{_PROGRESSIVE});"
    r"will(?: \w+ly| also| therefore)* be (?:\w+ly )?(?:to|(?:re-?)?\w+(?:ed|en|lt|ne|de)); (?:is|are) (?:being|planned|scheduled); let'?s"
)
"""Words by which a sentence commits its writers to work."""

PROPOSAL = _any(
    rf"{_WE}(?: \w+ly)? (?:should|must|need to|have to|ought to|could|might|may|want to|would like to)(?! have \w+(?:ed|en|ne|lt));"
    r"(?:should|must|needs? to|ought to)(?! have \w+(?:ed|en|ne|lt)) \w+; (?:is|are) (?:needed|required|necessary);"
    r"it (?:would|might|may) be (?:\w+ )?(?:good|better|useful|helpful|worth|beneficial|nice|possible)"
)
"""Words by which a sentence proposes work."""

ACCOMPLISHMENT = _any(
    rf"{_WE}(?: have|'ve)?{_ADVERBS} (?:added|adjusted|automated|begun|built|changed|created|deployed|disabled|enabled|extended|fixed|"
    r"implemented|improved|increased|installed|introduced|made|migrated|moved|put|reduced|removed|replaced|rolled|set|split|started|"
    r"switched|taken|updated|upgraded|written); ^(?:\w+ ){1,4}(?:was|were|has been|have been) (?:added|implemented|introduced|improved|updated)"
)
"""Words by which a sentence reports work that was done in consequence."""

TO_PREVENT = _any(
    r"to (?:prevent|avoid|minimi[sz]e|reduce)\b.*\b(?:recur\w+|reoccur\w+|again|future|similar|this|such); going forward;"
    r"moving forward; in (?:the )?future; so (?:that )?this (?:\w+ )*(?:again|anymore)"
)
"""Words that tie a sentence to what comes after an incident."""

ANNOUNCEMENT = _any(
    r"(?:the|these|this) following; as follows; following (?:actions|steps|measures|items|improvements|tasks)"
)
"""Words of a sentence that only announces what comes after it."""

NOT_A_NAME = re.compile(
    r"\b(?:the|this|by|see|optional|new|todo|issue|pr|link|long|short|medium|term|now|all|monitoring|process|prevention|detection|"
    r"mitigation|backend|frontend|docs?|documentation|testing|infra(?:structure)?|security)\b|\d|https?:"
)
"""Words in a bracket that show it to hold no person or team."""

TODO_LABEL = re.compile(
    r"(?:(?:TODO|TO-DO|FIXME|AI)(?![\w/])|(?i:action (?:items?|points?)|follow[- ]?ups?|next steps?))\s*"
    r"(?:\((?P<owner>@?[\w .-]{2,30})\))?\s*(?:[:\u2013\u2014]|-(?=\s))\s*(?P<work>\S.{3,})",
    re.DOTALL,
)
"""A line that announces itself as work."""

PLACEHOLDER = re.compile(
    r"""(?ix)[\W_]*(?:
        tbd | tba | tbc | n/?a | none | nil | nothing | todo | unknown | x{3,} | lorem\ ipsum.* | etc
      | to\ be\ (?:determined|defined|done|added|filled(?:\ in)?)
      | (?:action(?:\ item)?|item|task|follow-?up|step|owner|name|link|ticket|issue|description|example|sample|bulleted|list|text|title|summary)
        s?[\s\#]*(?:\d{1,2}|[a-z])?
      | (?:no|none)\ (?:action|follow).*
    )?[\W_]*"""
)
"""An entry that was never filled in (or is empty)."""

BLANK_TO_FILL = re.compile(
    r"""(?ix)
      \{\{\s*[^\s{}]+(?:\s+[^\s{}]+){0,2}\s*\}\} | \{\{[^{}\n]*(?:yyyy|date|time|name)[^{}\n]*\}\} | \$\{[^{}\n]*\} | \$[A-Z][A-Z_]{3,}
    | <(?!https?:|mailto:|/?[a-z][\w-]*\s*/?>)[a-z][^<>@=]{2,400}>
    | \[(?:insert|your|name|date|title|time|link|describe|description|enter|fill|tbd|todo|add|e\.?g|summary|owner|service|incident)[^\]\n]{0,80}\](?!\()
    | \byyyy[-/]?mm[-/]?d[d\d]\b | \bdd[-/.]mm[-/.]yyyy\b | \bmm/dd/yyyy\b | \bhh:mm\b | \?{2,}%? | \bxx:xx\b
    """
)
"""A gap that a template leaves for its writer."""

INSTRUCTION = re.compile(
    r"""(?ix)[\W_]*(?:
        (?:please\ )?(?:describe|list|include|explain|fill|enter|provide|insert|replace|delete|summari[sz]e|write|give|outline|note|detail|specify|mention|link\ to|state|report)
        \b(?=.*\b(?:incidents?|outage|event|post-?mortem|here|section|below|any|short|brief|root\ cause|impact|timeline|what|how|who|why|which|when)\b)
      | (?:a|an|one\ or\ two|one\ of\ two|short|brief|quick|\d-\d)\ (?:short\ |brief\ |detailed\ |high-level\ )*(?:description|summary|lines?|sentences?|list|explanation)\b
      | (?:what|how|who|when|where|why|which|was|were|did|do|does|is|are)\b[^.!]*\?
      | (?:summary|list|description|date|name|link|time|length|title|number|details)\ (?:of|for|to)\b[^.]{0,80}\.?$
      | (?:each\ (?:list\ )?(?:item|entry)|every\ (?:action|item)|(?:these|this)\ (?:are\ only|is\ a\ template|template|sections?|documents?)|for\ example,?$)
    )"""
)
"""A sentence that tells the writer of a document what to write."""

TO_READERS = _any(
    r"^(?:please|if you|you (?:should|can|must|may|need)|(?:all )?users? (?:should|must|can|may)|customers? (?:should|must|can|may)|"
    r"(?:\w+ )?operators? (?:should|must|can|may)|contact us)"
)
"""Words that address the readers: advice is not work of the writers."""

TEMPLATE_TITLE = _any(r"template; vorlage; plantilla; modèle")

TEMPLATE_COMMENT = re.compile(
    r"<!--(?:(?!-->).){0,2000}?(?:\byour (?:post-?mortem|incident|report)|\bthis template\b)",
    re.DOTALL | re.IGNORECASE,
)
"""A comment by which a template explains itself to its writer."""

TEMPLATE_KEYS = frozenset({"about", "labels", "assignees"})
"""Front matter of a form that a tracker offers for new issues."""

INCIDENT_WORDS = _any(
    r"post.?mortems?; incidents?; outages?; downtime; degradation; disruption; root cause; rca; retrospective; after.action;"
    r"unavailab\w+; breach; failures?; crash(?:ed)?; exploit\w*; attack; (?:build )?errors; dies"
)
"""Words that show a document to be about an incident."""

TITLE_LABEL = _any(r"title; event; incident(?: name| title)?; name")
"""Labels of the title of a document that has no heading for it."""

DATE_LABEL = _any(
    r"(?:incident |outage |event |start |impact )?(?:date|start(?:ed)?|began|begin)(?: (?:of|and) (?:the )?(?:incident|outage|event|time))?;"
    r"date(?: ?/ ?| and |)time; when; occurred(?: on)?; incident period; duration; dato"
)
"""Labels of the day of an incident."""

DETECTION_LABEL = _any(
    r"detect(?:ed|ion)(?: (?:on|at|date|time))?; discovered(?: on)?; discovery date; reported(?: on)?"
)
"""Labels of the day on which an incident was noticed."""

PUBLICATION_LABEL = _any(
    r"date; pub ?date; published(?: at| on)?; posted(?: at| on)?; created(?: at| on)?; last ?mod(?:ified)?; publish ?date"
)
"""Keys of front matter that hold the day of publication."""

SEVERITY_LABEL = _any(
    r"(?:incident )?sev(?:erity)?(?: level| rating)?; impact level; incident level; alvorlighetsgrad; schweregrad"
)
"""Labels of a severity."""

SEVERITY_NAMES = {
    **dict.fromkeys(("critical", "blocker", "catastrophic"), 1),
    **dict.fromkeys(("high", "major", "severe"), 2),
    **dict.fromkeys(("medium", "moderate"), 3),
    **dict.fromkeys(("minor", "low"), 4),
}
"""Severities that are words, and their levels."""

SERVICES_LABEL = _any(
    r"(?:impacted |affected )?(?:services?|systems?|components?)(?: impacted| affected| involved)?; affected; impacted"
)
"""Labels of the services that an incident touched."""

PROGRAMS_LABEL = _any(r"(?:related |reliability |sre )*program(?:me)?s?")
"""Labels of the programs that a document belongs to."""
