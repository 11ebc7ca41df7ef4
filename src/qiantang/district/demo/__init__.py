"""The demonstration district: a seeded folder of workbooks as departments would keep them, calibrated and synthetic."""

from qiantang.district.demo.building import build_demo
from qiantang.district.demo.report import DemoReport

__all__ = ["DemoReport", "build_demo"]
