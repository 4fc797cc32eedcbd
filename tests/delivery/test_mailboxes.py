import io
from mailbox import mbox
from pathlib import Path

import pytest
from notices import carry

from credguard.delivery import Maildir, read_maildir, read_mbox, read_pipe
from credguard.delivery.reports import MAX_MAIL_OCTETS
from credguard.errors import DeliveryUnavailableError


def test_new_mails_are_read_once_and_kept(tmp_path: Path) -> None:
    """Each is moved to cur after it was used, with the flag of a mail that was read."""
    maildir = Maildir(tmp_path)
    for name in "123":
        carry(maildir, name)
    assert len(list(read_maildir(tmp_path))) == 3
    assert list(read_maildir(tmp_path)) == []
    kept = [path.name for path in (tmp_path / "cur").iterdir()]
    assert len(kept) == 3
    assert all(name.endswith(":2,S") for name in kept)


def test_a_mail_that_was_not_used_is_read_again(tmp_path: Path) -> None:
    """Whoever dies with a mail in hand finds it in new again."""
    carry(Maildir(tmp_path))
    reader = read_maildir(tmp_path)
    next(reader)
    reader.close()  # type: ignore[attr-defined]  # a generator
    assert len(list(read_maildir(tmp_path))) == 1


def test_a_huge_mail_is_read_in_part(tmp_path: Path) -> None:
    """No more of a mail is held than is looked at."""
    Maildir(tmp_path)
    (tmp_path / "new" / "huge").write_bytes(b"a" * (MAX_MAIL_OCTETS + 1))
    assert [len(mail) for mail in read_maildir(tmp_path)] == [MAX_MAIL_OCTETS]


def test_what_is_no_file_is_passed_over(tmp_path: Path) -> None:
    """A folder among the mails stops nobody."""
    Maildir(tmp_path)
    (tmp_path / "new" / "odd").mkdir()
    assert list(read_maildir(tmp_path)) == []


def test_a_mail_that_cannot_be_moved_is_left(tmp_path: Path) -> None:
    """Reading it again changes nothing."""
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "1").write_bytes(b"Subject: a\n\n")
    (tmp_path / "cur").write_bytes(b"in the way")
    assert len(list(read_maildir(tmp_path))) == 1
    assert len(list(read_maildir(tmp_path))) == 1


@pytest.mark.parametrize("read", [read_maildir, read_mbox])
def test_a_mailbox_that_is_not_there_says_so(read: object, tmp_path: Path) -> None:
    """A wrong name is an error, and not an empty mailbox."""
    with pytest.raises(DeliveryUnavailableError, match="cannot be read"):
        list(read(tmp_path / "none"))  # type: ignore[operator]  # either


def test_an_mbox_of_another_library_is_read(tmp_path: Path) -> None:
    """Mails that the standard library filed are read whole, a line From among them."""
    box = mbox(tmp_path / "box")
    texts = ["one\n", "From here on\n\nFrom there\n", ""]
    for text in texts:
        box.add(f"Subject: a\n\n{text}".encode())
    box.close()
    mails = list(read_mbox(tmp_path / "box"))
    assert len(mails) == 3
    assert b"From there" in mails[1]


def test_a_huge_mail_of_an_mbox_is_read_in_part(tmp_path: Path) -> None:
    """What follows it is found all the same."""
    huge = (
        b"From a\nSubject: a\n\n" + b"a" * 70_000 * 10 + b"\n\nFrom b\nSubject: b\n\n"
    )
    (tmp_path / "box").write_bytes(huge)
    first, second = read_mbox(tmp_path / "box")
    assert len(first) < MAX_MAIL_OCTETS + 70_000
    assert second == b"Subject: b\n\n"


def test_an_empty_mbox_has_no_mails(tmp_path: Path) -> None:
    """Nothing is nothing."""
    (tmp_path / "box").write_bytes(b"")
    assert list(read_mbox(tmp_path / "box")) == []


def test_a_piped_mail_is_read_to_its_end() -> None:
    """A mail system's pipe does not break, however long the mail is."""
    pipe = io.BytesIO(b"a" * (3 * MAX_MAIL_OCTETS))
    assert len(read_pipe(pipe)) == MAX_MAIL_OCTETS
    assert pipe.read() == b""
