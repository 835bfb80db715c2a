"""report.eml: the first page of a pack as a mail, as text and as HTML with its charts inside; nothing is fetched.

A mail client opens it, and `sendmail -t` sends it. It is dated when the pack was made, so the same pack gives the same
bytes, and no filter takes it for a mail that was days on its way.
"""

import base64
import hashlib
from datetime import datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from helpers import formats
from helpers.commands import html
from helpers.commands.report.front.page import lines
from helpers.errors import Refused

FILE = "report.eml"
_DOMAIN = "after-the-deal.invalid"


def addressed(text: str) -> str:
    """The addresses of `--email`, separated by commas, as a header holds them; nobody's where there are none yet.

    >>> addressed("a@example.com, Bo <b@example.com>"), addressed("")
    ('a@example.com, Bo <b@example.com>', '')
    >>> addressed("2026-10")
    Traceback (most recent call last):
    helpers.errors.Refused: --email 2026-10: this is no mail address. Write: report 2026-10 --email you@example.com
    """
    message = EmailMessage(policy=SMTP)
    try:
        message["To"] = text
        found = message["To"].addresses
        is_good = not message["To"].defects and all(each.username and "." in each.domain for each in found)
    except (ValueError, IndexError, MessageError):
        is_good = False
    if text.strip() and not (is_good and found and text.isascii()):
        raise Refused(f"--email {text}: this is no mail address. Write: report 2026-10 --email you@example.com")
    return str(message["To"]) if text.strip() else ""


def write(folder: Path, made: dict, said: dict, to: str) -> None:
    """Write the mail of the pack in `folder`; `made` is its manifest, `said` the parts of its first page."""
    message = EmailMessage(policy=SMTP)
    # A company's name that looks like an encoded word would be decoded, and could begin a header of its own.
    subject = " ".join(f"{said['heading']}, {said['when']}".split())
    message["Subject"] = formats.visible(subject).replace("=?", "= ?")
    if to:
        message["To"] = to
        message["From"] = str(message["To"].addresses[0])
    else:
        message["X-Unsent"] = "1"  # a client opens it as a draft, to be addressed
        message["From"] = f"report@{_DOMAIN}"
    message["Date"] = when = datetime.fromisoformat(made.get("made") or f"{said['day']}T12:00:00+00:00")
    text = formats.visible("\n\n".join([message["Subject"], " ".join(said["lede"]), *lines(said)]))
    message.set_content(f"{text}\n", cte="quoted-printable")
    mark = hashlib.sha256(f"{made['source']['name']}{when}{text}".encode()).hexdigest()[:24]
    message["Message-ID"] = f"<{mark}@{_DOMAIN}>"
    charts = [chart | {"cid": f"{chart['name']}.{mark}@{_DOMAIN}"} for chart in said["figures"] if chart["png"]]
    page = formats.visible(html.in_light_colors(html.page("mail.html.j2", charts=charts, **said)))
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    related = message.get_payload()[1]
    for chart in charts:
        png, file = base64.b64decode(chart["png"]), f"{chart['name']}.png"
        related.add_related(png, "image", "png", cid=f"<{chart['cid']}>", filename=file, disposition="inline")
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{number}_{mark}")  # which would be made by chance
    (folder / FILE).write_bytes(message.as_bytes())
