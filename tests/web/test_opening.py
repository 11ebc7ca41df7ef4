"""What is made before the doors open changes no page, and a run that cannot be opened does not keep them shut."""

import gc

from qiantang.web.opening import prepare
from tests.web.conftest import LOW, Web


def test_pages_are_the_same_before_and_after(web: Web) -> None:
    asked = f"/enterprise/{LOW}?rulebook=lowland/qiantang-5wan"
    before = web.as_("director").get(asked).text
    prepare(web.brain)
    gc.unfreeze()
    assert web.as_("director").get(asked).text == before


def test_a_run_that_is_gone_is_told_of_by_its_page_and_not_at_the_start(own_web: Web) -> None:
    workspace = own_web.brain.workspace
    workspace.publish_latest({"lowland/qiantang-5wan": "0" * 20})
    prepare(own_web.brain)
    gc.unfreeze()
    assert own_web.as_("director").get("/evaluation?rulebook=lowland/qiantang-5wan").status_code == 404
