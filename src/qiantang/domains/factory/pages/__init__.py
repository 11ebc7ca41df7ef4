"""The pages of plants: which there are, how one stands, its wall, machines, alarms, tasks, and where a piece comes from."""

from qiantang.domains.factory.pages import alarms, genealogy, machine, overview, plants, tasks
from qiantang.kernel.pages.declaring import Page

PAGES: tuple[Page, ...] = (plants.PAGE, overview.PAGE, *machine.PAGES, alarms.PAGE, *tasks.PAGES, genealogy.PAGE)
