import struct

from components.hero import hero, png_size


def fake_png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)


def test_no_picture_without_both_files(tmp_path):
    assert hero(tmp_path) is None
    (tmp_path / "hero-light.png").write_bytes(fake_png(10, 5))
    assert hero(tmp_path) is None


def test_picture_reserves_its_size_in_each_scheme(tmp_path):
    for scheme in ("light", "dark"):
        (tmp_path / f"hero-{scheme}.png").write_bytes(fake_png(1200, 750))
    picture, axis, caption = hero(tmp_path, alt="Bands").children
    assert png_size(tmp_path / "hero-dark.png") == (1200, 750)
    assert picture.style["aspectRatio"] == "1200 / 750"
    assert "hero-light.png" in picture.style["--light"]
    assert "hero-dark.png" in picture.style["--dark"]
    assert getattr(picture, "aria-label") == "Bands"
    assert [label.children for label in axis.children] == ["Z", "Γ", "X"]
    assert "states on germanium" in str(caption)
