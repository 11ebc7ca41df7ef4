"""The pages that every district has, whatever its domains: evaluations, subjects, cases, rulebooks, the door."""

from qiantang.district.pages import cases, enterprise, evaluation
from qiantang.kernel.pages.declaring import Page

PAGES: tuple[Page, ...] = (evaluation.PAGE, enterprise.PAGE, cases.CASES, cases.CASE)
