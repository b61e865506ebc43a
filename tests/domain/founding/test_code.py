"""The set-up code: the same for all who share the secret key, readable for the server's owner alone."""

from pathlib import Path

from app.domain.founding import code
from app.settings import Settings


def test_it_follows_from_the_secret_key(tmp_path: Path) -> None:
    here, there = Settings(var=tmp_path / "a", secret_key="k" * 40), Settings(var=tmp_path / "b", secret_key="k" * 40)  # type: ignore[arg-type]
    assert code.code_of(here) == code.code_of(there) != code.code_of(Settings(var=tmp_path / "c"))


def test_capitals_blanks_and_hyphens_do_not_matter_but_all_else_does(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path)
    right = code.code_of(settings)
    assert code.fits(settings, f" {right.lower().replace('-', ' ')} ")
    for wrong in ("", right[:-1], right + "A", "ÄÖÜ", "A" * 16):
        assert not code.fits(settings, wrong)


def test_the_file_is_for_its_owner_and_goes(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path / "var")
    path = code.keep(settings)
    assert path.read_text().strip() == code.code_of(settings)
    assert path.stat().st_mode & 0o077 == 0
    code.forget(settings)
    code.forget(settings)
    assert not path.exists()
