"""A figure in a file: what is drawn, that text stays text, and how large it is."""

import re
import zlib
from xml.etree import ElementTree

import pytest
from PySide6.QtGui import QImage

from builder.figure import files
from builder.figure.drawing import figure_of
from builder.figure.files import FigureError, figure_bytes, write_figure
from builder.figure.options import COLUMN, FIGURE_FORMATS, FigureOptions
from builder.session import Session
from builder.theme import dark, light
from graph.annotation_edits import AddAnnotations
from graph.annotations import Frame, Note
from graph.document import Document, PortRef
from graph.edits import Connect, RemoveNodes
from graph.node_flags import SetPinned
from graph.templates import template

SVG = "{http://www.w3.org/2000/svg}"


def session_of(name):
    return Session(Document(template(name).project()))


def id_of(session, name):
    return session.graph.by_name(name).id


def made(session, kind="svg", node_ids=(), **options):
    with figure_of(session, FigureOptions(**options), node_ids) as figure:
        return figure_bytes(figure, kind, "A title")


def texts(svg):
    return [each.text for each in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("style", ["print", "light", "dark"])
def test_everything_that_cards_and_edges_say_is_text_in_an_svg(qapp, style):
    session = session_of("SmallCNN")
    svg = made(session, style=style)
    found = texts(svg)
    assert {node.name for node in session.graph.nodes.values()} <= set(found)
    assert {"Conv2d", "3×3, p1 → 32", "(N, 32, 28, 28)", "32×28×28"} <= set(found)
    assert b"<image" not in svg
    assert b'font-family="Sans' not in svg  # a name that means nothing elsewhere
    assert ElementTree.fromstring(svg).findtext(f"{SVG}title") == "A title"


def test_a_pdf_holds_its_fonts_and_what_their_glyphs_mean(qapp):
    pdf = made(session_of("SmallCNN"), "pdf")
    assert pdf.startswith(b"%PDF-")
    assert pdf.count(b"/FontFile2") == 2  # names are bold
    assert pdf.count(b"/ToUnicode") == 2
    assert b"/Subtype /Image" not in pdf
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 1


def test_a_pdf_can_be_searched_for_names_that_fonts_have_ligatures_for(qapp):
    session = session_of("MLP")
    assert session.graph.by_name("flatten") is not None
    pdf = made(session, "pdf")
    streams = re.findall(rb"stream\r?\n(.*?)\r?\n?endstream", pdf, re.DOTALL)
    plain = [zlib.decompressobj().decompress(each) for each in streams if each.startswith(b"x")]
    maps = [each.upper() for each in plain + streams if b"beginbfrange" in each or b"beginbfchar" in each]
    assert len(maps) == 2
    assert not [each for each in maps if b"<FB02>" in each or b"<0066006C>" in each]


def test_a_page_is_as_large_as_the_figure(qapp):
    session = session_of("MLP")
    with figure_of(session, FigureOptions(width=COLUMN)) as figure:
        width, height = figure.size
        svg, pdf = figure_bytes(figure, "svg", ""), figure_bytes(figure, "pdf", "")
    assert width == pytest.approx(COLUMN)
    root = ElementTree.fromstring(svg)
    assert float(root.get("width").removesuffix("mm")) == pytest.approx(width, abs=0.02)
    assert float(root.get("height").removesuffix("mm")) == pytest.approx(height, abs=0.02)
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)", pdf)
    points = [float(each) for each in box.groups()]
    assert points == pytest.approx([width / 25.4 * 72, height / 25.4 * 72], abs=1.0)


@pytest.mark.parametrize("scale", [1, 3])
def test_a_picture_has_as_many_pixels_as_its_scale_says(qapp, scale):
    session = session_of("MLP")
    with figure_of(session, FigureOptions(scale=scale)) as figure:
        wanted = figure.pixels
        image = QImage.fromData(figure_bytes(figure, "png", ""))
        bounds = figure.bounds
    assert (image.width(), image.height()) == wanted
    assert wanted == (round(bounds.width() * scale), round(bounds.height() * scale))


def test_behind_the_graph_is_paper_the_canvas_or_nothing(qapp):
    session = session_of("MLP")

    def corner(**options):
        return QImage.fromData(made(session, "png", scale=1, **options)).pixelColor(0, 0)

    assert corner(style="print").name() == "#ffffff"
    assert corner(style="light").name() == light().canvas
    assert corner(style="dark").name() == dark().canvas
    assert corner(style="print", is_transparent=True).alpha() == 0


def test_a_selection_is_drawn_with_the_edges_between_its_nodes(qapp):
    session = session_of("SmallCNN")
    chosen = [id_of(session, "conv1"), id_of(session, "norm1")]
    found = texts(made(session, node_ids=chosen))
    assert {"conv1", "norm1"} <= set(found)
    assert found.count("32×28×28") == 1
    assert "image" not in found
    assert "relu1" not in found


def test_a_figure_shows_no_selection_and_nothing_wrong(qapp):
    session = session_of("SmallCNN")
    before = made(session, style="light")
    session.select([id_of(session, "conv1")])
    assert made(session, style="light") == before
    session.apply(RemoveNodes([id_of(session, "squeeze")]))
    session.apply(Connect(PortRef(id_of(session, "gap"), "out"), PortRef(id_of(session, "fc"), "in")))
    assert session.errors
    broken = made(session, style="light").decode()
    for token in (light().error, light().warning, light().node_selected):
        assert token not in broken


def test_frames_and_notes_are_drawn_as_if_nobody_held_them(qapp):
    session = session_of("MLP")
    frame = Frame("f1", "Encoder", (-40.0, -60.0), (600.0, 400.0))
    note, blank = Note("t1", "Trained first", (0.0, 360.0)), Note("t2", "", (0.0, 560.0))
    session.apply(AddAnnotations([frame], [note, blank]))
    before = made(session, style="light")
    assert "Double-click to write" not in texts(before)
    assert {"Encoder", "Trained first"} <= set(texts(before))
    session.select(["f1", "t1"])
    assert made(session, style="light") == before
    alone = texts(made(session, node_ids=[id_of(session, "fc1"), id_of(session, "relu1")]))
    assert "Encoder" in alone  # it is selected with them
    session.select([])
    assert "Encoder" not in texts(made(session, node_ids=[id_of(session, "fc1")]))
    assert "Encoder" not in texts(made(session, width=COLUMN, is_folded=True))


def test_a_pin_is_not_part_of_a_figure(qapp):
    session = session_of("MLP")
    before = made(session)
    session.apply(SetPinned([id_of(session, "fc1")], True))
    assert made(session) == before


def test_the_empty_input_of_a_layer_that_takes_any_number_is_left_out(qapp):
    session = session_of("ViT")
    found = texts(made(session))
    assert {"in0", "in1"} <= set(found)
    assert "in2" not in found


def test_print_has_thin_dark_lines_on_white_and_no_shadow(qapp):
    session = session_of("SmallCNN")
    on_screen, on_paper = (made(session, style=style).decode() for style in ("light", "print"))

    def widths(svg):
        return [float(each) for each in re.findall(r'stroke-width="([\d.]+)"', svg)]

    assert max(widths(on_paper)) < 2 < max(widths(on_screen))
    grounds = set(re.findall(r'fill="(#[0-9a-f]{6})"', on_paper))
    assert light().canvas not in grounds
    assert "#ffffff" in grounds


def test_a_folded_figure_fits_a_column_and_can_be_read(qapp):
    session = session_of("MLP")
    with figure_of(session, FigureOptions(width=COLUMN)) as flat:
        assert flat.smallest_text < 4
    with figure_of(session, FigureOptions(width=COLUMN, is_folded=True)) as figure:
        assert figure.size[0] <= COLUMN
        assert figure.smallest_text >= 5
    assert session.graph.by_name("fc3").position == template("MLP").project().graph.by_name("fc3").position


def test_the_inside_of_a_block_is_drawn_with_its_shapes(qapp):
    session = session_of("ResNet18")
    session.show_block("BasicBlock")
    assert "64×32×32" in texts(made(session))


def test_nothing_to_draw_is_said(qapp):
    with pytest.raises(FigureError, match="no layers yet"):
        made(Session(Document()))


def test_a_picture_that_no_program_could_show_is_refused(qapp, monkeypatch):
    monkeypatch.setattr(files, "MOST_PIXELS", 1000)
    with pytest.raises(FigureError, match=r"pixels, more than .* Choose a smaller scale, or PDF or SVG"):
        made(session_of("MLP"), "png")


def test_what_cannot_be_written_leaves_the_file_as_it_was(qapp, tmp_path, monkeypatch):
    path = tmp_path / "net.svg"
    path.write_text("before")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("graph.atomic.os.fsync", full)
    with (
        figure_of(session_of("MLP"), FigureOptions()) as figure,
        pytest.raises(FigureError, match=r"net\.svg: not written: No space left on device\. Free some space"),
    ):
        write_figure(figure, path, "svg", "")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_figure_lets_go_of_the_session(qapp):
    session = session_of("MLP")
    made(session)
    session.apply(RemoveNodes([id_of(session, "fc3")]))  # nobody is there who would hear of it
    assert "fc3" not in texts(made(session))


@pytest.mark.parametrize("kind", FIGURE_FORMATS)
def test_every_format_can_be_written(qapp, tmp_path, kind):
    path = tmp_path / f"net{FIGURE_FORMATS[kind].suffix}"
    with figure_of(session_of("MLP"), FigureOptions()) as figure:
        write_figure(figure, path, kind, "MLP")
    assert path.stat().st_size > 1000
