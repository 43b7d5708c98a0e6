"""The report: one self-contained HTML page that a mix engineer opens."""

from dawbridge.report.page import Page
from dawbridge.report.writer import write_report

__all__ = ["Page", "write_report"]
