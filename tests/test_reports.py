"""Words follow the numbers; figures can be read; the report is whole, accessible and repeatable."""

import re
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise

import matplotlib
import numpy as np
import pytest
from matplotlib.text import Text

from stereosim.experiments.published import load_published
from stereosim.experiments.summary import summarise
from stereosim.reports import figures, icons
from stereosim.reports.html import write_report
from stereosim.reports.images import ReportImage, grey_png
from stereosim.reports.style import png
from stereosim.reports.table import text_report
from stereosim.reports.wording import answer, cost, device_label, headline, number, percent
from tests.synthetic_results import cohort, no_difference, stereo_better, ultrasound_better


def summary_of(results, **how):
    kept = {"seed": 1, "version": "0.1.0", "fidelity": "image", "subject": "Made-up cohort"}
    return summarise(results, **(kept | how))


@pytest.fixture(scope="module")
def mixed():
    results = stereo_better(24)
    return results, summary_of(results)


TRUTHS = {
    "stereo": (stereo_better(40), "stereotactic guidance retrieved calcification more often"),
    "ultrasound": (ultrasound_better(40), "ultrasound guidance retrieved calcification more often"),
    "alike": (no_difference(400, stereo=0.97, seen=0.94), "about equally often"),
    "few": (stereo_better(3, visible=1.0), "no clear difference"),
}


@cache
def truth_summary(truth, **how):
    return summary_of(TRUTHS[truth][0], **how)


@pytest.mark.parametrize("truth", TRUTHS)
def test_the_headline_follows_the_truth(truth):
    said = TRUTHS[truth][1]
    text = headline(truth_summary(truth))
    assert said in text
    for other, (_, words) in TRUTHS.items():
        assert other == truth or words not in text.split(". ")[0]


def test_ultrasound_is_said_to_do_as_well_where_it_sees():
    # Nothing to choose where the target shows, everything lost where it does not.
    summary = summary_of(cohort(700, stereo=0.99, seen=0.95, visible=0.6, devices=("vab-9g",)))
    whole, seen, unseen = headline(summary).split(". ")
    assert "stereotactic guidance retrieved calcification more often" in whole
    assert seen.startswith("Where ultrasound showed the target")
    assert "equally often" in seen
    assert "stereotactic" in unseen


def test_a_clear_but_small_difference_is_called_small():
    summary = summary_of(cohort(1000, stereo=1.0, seen=0.91, visible=1.0, devices=("vab-9g",)))
    assert "stereotactic guidance retrieved calcification slightly more often" in headline(summary)
    assert "though the difference is small" in answer(summary)[0][1][0]


def test_small_numbers_are_said_to_be_small():
    text = " ".join(answer(truth_summary("few"))[0][1])
    assert "3 women cannot tell which guidance does better" in text
    assert "more than chance" not in text


def test_the_answer_counts_what_was_counted(mixed):
    results, summary = mixed
    label, paragraphs = answer(summary)[1]
    assert label == "11G vacuum"
    arms = [r for r in results if r.device == "vab-11g"]
    stereo = [r for r in arms if r.guidance == "stereotactic"]
    echo = [r for r in arms if r.guidance == "ultrasound" and r.mode == "as guided"]
    tried = [r for r in arms if r.mode == "attempted"]
    hits = sum(r.retrieved for r in echo)
    assert (
        f"in {sum(r.retrieved for r in stereo)} of 24 women under stereotactic guidance and in "
        f"{hits} under ultrasound guidance" in paragraphs[0]
    )
    assert f"{len(tried)} declined because no target was seen" in paragraphs[1]
    gained = sum(r.retrieved for r in tried)
    assert f"in {gained} of the {len(tried)}, and ultrasound" in paragraphs[2]
    assert f"come to {hits + gained} of 24" in paragraphs[2]


def test_the_gap_is_told_in_favour_of_the_arm_that_is_ahead():
    results = ultrasound_better(40)
    summary = summary_of(results)
    row = next(r for r in summary["paired"] if r["stratum"] == "all" and r["n"])
    assert row["difference"] < 0
    text = answer(summary)[0][1][0]
    assert f"by {-100 * row['difference']:.0f} percentage points" in text
    assert "\N{MINUS SIGN}" not in text


def test_a_needle_led_to_something_else_is_named():
    summary = summary_of(cohort(30, stereo=0.9, seen=0.9, declines=False))
    row = next(r for r in summary["paired"] if r["stratum"] == "not visible on ultrasound")
    text = " ".join(answer(summary)[0][1])
    assert f"In {row['n']} of them ultrasound showed something else" in text
    assert "declined" not in text


def test_one_case_is_not_called_women():
    summary = summary_of(stereo_better(12), one_case=True)
    text = text_report(summary, words=True)
    assert "12 repetitions" in text
    assert "women under" not in text


def test_cost_is_the_mean_of_the_arms(mixed):
    results, summary = mixed
    doses = [r.dose_mgy for r in results if (r.guidance, r.device) == ("stereotactic", "ncb-14g")]
    assert f"{np.mean(doses):.1f} mGy" in cost(summary)[0]
    assert "ultrasound no exposure" in cost(summary)[0]


@pytest.mark.parametrize("truth", TRUTHS)
@pytest.mark.parametrize("words", [False, True])
def test_the_text_report_fits_a_terminal(truth, words):
    text = text_report(truth_summary(truth), words=words)
    assert max(map(len, text.splitlines())) <= 100
    assert text.isascii()
    for heading in ("Visible on ultrasound:", "Not visible on ultrasound:", "U4"):
        assert heading in text


def test_declines_are_told_both_ways_in_the_table(mixed):
    results, summary = mixed
    text = text_report(summary)
    declined = sum(r.outcome == "declined: not visible" and r.device == "ncb-14g" for r in results)
    assert re.search(rf"declined: not visible +0 +{declined} +0\n", text)
    assert "if attempted" in text
    assert "if attempted" not in text_report(truth_summary("ultrasound"))


def test_figures_stand_beside_published_ones_with_interval_and_direction(mixed):
    _, summary = mixed
    line = next(line for line in summary["published"] if line["row"] == "U4")
    low, high = (round(100 * limit) for limit in line["simulated_ci95"])
    text = text_report(summary)
    row = text[text.index("\nU4 ") :].splitlines()[1:3]
    assert "26/111" in row[0] and line["direction"] in " ".join(row)
    assert "17 to 32" in row[1] and f"{low} to {high}" in row[1]


def test_labels_and_numbers_are_typeset():
    assert device_label("vab-11g-petite") == "11G vacuum, petite"
    assert number(-0.4) == "0"
    assert number(-3.6, sign=True) == "\N{MINUS SIGN}4"
    assert number(3.6, sign=True) == "+4"
    said = [percent(*x) for x in ((0.9919, 1365), (0.955, 22), (1.0, 600), (0.953, None))]
    assert [s.replace("\N{NO-BREAK SPACE}", " ") for s in said] == [
        "99.2 %", "96 %", "100 %", "95.3 %",
    ]  # fmt: skip


def test_icons_are_shared_out_fairly():
    counts = {"retrieved": 333, "not retrieved": 333, "declined: not visible": 334}
    shares = icons.scaled(counts, 100)
    assert sum(shares.values()) == 100
    assert shares == {"retrieved": 33, "not retrieved": 33, "declined: not visible": 34}
    for k in range(0, 151, 7):
        shares = icons.scaled({"retrieved": k, "not retrieved": 150 - k}, 100)
        assert sum(shares.values()) == 100
        assert abs(shares["retrieved"] - 100 * k / 150) < 1


def _drawn(name, truth):
    summary = truth_summary(truth, one_case=truth == "few")
    if name == "localisation":
        return figures.error_figure(TRUTHS[truth][0])
    draw = {
        "retrieval": figures.retrieval_figure,
        "outcomes": icons.icon_figure,
        "published": figures.published_figure,
    }
    return draw[name](summary)


@pytest.mark.parametrize("name", ["retrieval", "outcomes", "localisation", "published"])
@pytest.mark.parametrize("truth", ["stereo", "ultrasound", "few"])
def test_figures_can_be_read(truth, name):
    figure = _drawn(name, truth)
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    edge = figure.bbox
    texts = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in texts]
    assert len(boxes) > 8
    assert min(t.get_fontsize() for t in texts) >= 9
    for text, box in boxes:
        inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= edge.x1 + 1 and box.y1 <= edge.y1 + 1
        assert inside, text
    for i, (text, box) in enumerate(boxes):
        for other, second in boxes[i + 1 :]:
            width = min(box.x1, second.x1) - max(box.x0, second.x0)
            height = min(box.y1, second.y1) - max(box.y0, second.y0)
            # Line boxes hold room for descenders: three pixels of 200 dpi are not a collision.
            assert width <= 3 or height <= 3, (text, other)


def test_figures_owe_nothing_to_the_users_settings(mixed):
    results, summary = mixed
    plain = png(figures.retrieval_figure(summary))
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "pink", "lines.linewidth": 9}):
        assert png(figures.retrieval_figure(summary)) == plain
        assert png(figures.error_figure(results)) == png(figures.error_figure(results))


def test_image_from_pixels_keeps_its_greys(tmp_path):
    from PIL import Image

    pixels = np.linspace(0, 1, 6).reshape(2, 3)
    image = ReportImage.from_array("scout", pixels, "Scout.", "A scout view", pixel_aspect=0.5)
    assert image.shape == (2, 3)
    assert float(image.css_aspect) == 3.0
    path = tmp_path / "image.png"
    path.write_bytes(image.png)
    with Image.open(path) as read:
        assert np.asarray(read).tolist() == [[0, 51, 102], [153, 204, 255]]


@pytest.mark.parametrize(
    "make",
    [
        lambda: grey_png(np.zeros((2, 2, 3))),
        lambda: grey_png([[0.0, np.nan]]),
        lambda: ReportImage("a/b", grey_png([[0.0]]), "", "alt"),
        lambda: ReportImage("a", b"GIF89a", "", "alt"),
        lambda: ReportImage("a", grey_png([[0.0]]), "", ""),
    ],
)
def test_what_is_no_image_is_refused(make):
    with pytest.raises(ValueError, match=r"pixels|name|PNG|alt"):
        make()


class _Page(HTMLParser):
    """Collects what the tests ask of the page, and checks that tags close in order."""

    VOID = frozenset({"meta", "img", "col", "br", "link", "input", "hr"})

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.words = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="module")
def written(mixed, tmp_path_factory):
    results, summary = mixed
    grey = np.linspace(0, 1, 600).reshape(20, 30)
    images = [
        ReportImage.from_array(name, grey, f"The {name}.", f"{name} view", group=group)
        for name, group in (("scout", "Stereotactic"), ("b-mode", "Ultrasound"))
    ]
    parameters = {f"published {k}": row.provenance for k, row in load_published().items()}

    def write(folder, **how):
        return write_report(
            folder, summary, results, images, parameters, "14G < 11G & more?", **how
        )

    folder = tmp_path_factory.mktemp("report")
    return write(folder / "one"), write, folder


def test_report_is_whole_and_repeatable(written):
    path, write, folder = written
    again = write(folder / "two")
    assert path.name == "report.html"
    assert path.read_bytes() == again.read_bytes()
    drawn = sorted((folder / "one" / "figures").iterdir())
    assert [p.name for p in drawn] == [
        "b-mode.png", "localisation.png", "outcomes.png", "published.png", "retrieval.png",
        "scout.png",
    ]  # fmt: skip
    for file in drawn:
        assert file.read_bytes() == (folder / "two" / "figures" / file.name).read_bytes()
    dated = write(folder / "three", date="22 November", limitations=["Breasts do not bleed."])
    assert "22 November" in dated.read_text(encoding="utf-8")
    assert "Breasts do not bleed." in dated.read_text(encoding="utf-8")


def test_report_needs_no_other_file_and_can_be_heard(written, mixed):
    text = written[0].read_text(encoding="utf-8")
    page = _Page(text)
    assert page.open == []
    assert "http" not in text
    assert not page.all("link")
    assert not page.all("script")
    images = page.all("img")
    assert len(images) == 6
    assert all(i["src"].startswith("data:image/png;base64,") and i["alt"] for i in images)
    assert all("scope" in th for th in page.all("th"))
    assert page.all("html") == [{"lang": "en-GB"}]
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_report_holds_every_section_and_number(written, mixed):
    page = _Page(written[0].read_text(encoding="utf-8"))
    summary = mixed[1]
    assert headline(summary) in page.text
    for _, paragraphs in answer(summary):
        for paragraph in paragraphs:
            assert " ".join(paragraph.split()) in page.text
    for line in summary["published"]:
        assert line["definition"] in page.text
        assert line["source"] in page.text
    for words in ("14G < 11G & more?", "What limits this", "Histology is not predicted", "seed 1"):
        assert words in page.text
    counted = sum(len(row.provenance) for row in load_published().values())
    assert f"{counted} read (read in the cited source)." in page.text


def test_report_of_one_case_without_images_says_so(tmp_path):
    results = ultrasound_better(3)
    summary = summary_of(results, one_case=True, fidelity="surrogate")
    page = _Page(write_report(tmp_path, summary, results, [], {}, "One").read_text("utf-8"))
    assert "All trials repeat one case" in page.text
    assert "surrogate fidelity, not by rendering" in page.text
    assert "as the machines saw her" not in page.text
    assert "Every number" not in page.text
