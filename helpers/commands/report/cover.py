"""The first page of a pack in each of its forms, and the way from page to page: what needs every outcome at once."""

from pathlib import Path

from helpers.commands import html
from helpers.commands.report import mail, pdf
from helpers.commands.report.front import page
from helpers.commands.report.manifest import Outcome


def link_pages(outcomes: list[Outcome], folder: Path) -> None:
    """Lead each page to the one before it and the one after it in this pack, whichever those are."""
    names = [("index", "The report"), *((outcome.name, outcome.title) for outcome in outcomes), None]
    for outcome, before, after in zip(outcomes, names, names[2:], strict=False):
        file = folder / f"{outcome.name}.html"
        file.write_text(html.turned(file.read_text(encoding="utf-8"), before, after), encoding="utf-8")


def write(folder: Path, request, made: dict) -> list[str]:
    """Write what the pack in `folder` opens with, and add its headline numbers to the manifest `made`.

    It rests on the tagged cells and `tables/` alone; `request` is `build.Request`. Returns what to say of it.
    """
    options = request.options
    asked = {pdf.FILE: options.pdf, "report.xlsx": options.xlsx, mail.FILE: options.email is not None}
    said = page.parts(folder, made, request.period, request.out, tuple(name for name in asked if asked[name]))
    made["headline"] = [tile.as_json() for tile in said["tiles"]]
    for name, text in page.texts(folder, made, request.period, said).items():
        (folder / name).write_text(text, encoding="utf-8")
    if options.xlsx:
        from helpers.commands.report import workbook  # brings XlsxWriter

        workbook.write(folder, made, said)
    if options.email is not None:
        mail.write(folder, made, said, options.email)
    return pdf.write(folder, made) if options.pdf else []
