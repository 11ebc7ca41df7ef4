"""Notices: a run published for its working days, objections to facts, corrections, letters that can be proved genuine."""

from __future__ import annotations

from qiantang.domains.notices.letters import LETTER, VERIFY
from qiantang.domains.notices.objections import OBJECTION, OBJECTION_NEW, OBJECTIONS
from qiantang.domains.notices.pages import NOTICE, NOTICES
from qiantang.domains.notices.processing import NOTICE_PROCESS, OBJECTION_PROCESS
from qiantang.kernel.domains import Domain
from qiantang.kernel.words import Text

DOMAIN = Domain(name="notices", title=Text("公示与异议", "notices and objections"), processes=(NOTICE_PROCESS, OBJECTION_PROCESS),
                pages=(NOTICES, NOTICE, OBJECTIONS, OBJECTION, OBJECTION_NEW, LETTER, VERIFY))
