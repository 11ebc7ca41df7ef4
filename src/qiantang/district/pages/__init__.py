"""The pages that every district has, whatever its domains: evaluations, subjects, cases, rulebooks, the door."""

from qiantang.district.pages import (
    audit,
    cases,
    door,
    enterprise,
    evaluation,
    letters,
    outbox,
    policies,
    rules,
    self_check,
    tour,
    views,
)
from qiantang.kernel.pages.declaring import Page

PAGES: tuple[Page, ...] = (evaluation.PAGE, enterprise.PAGE, cases.CASES, cases.CASE, *rules.PAGES, *views.PAGES, door.PAGE, self_check.PAGE,
                           audit.PAGE, tour.PAGE, outbox.PAGE, policies.PAGE, letters.PAGE)
