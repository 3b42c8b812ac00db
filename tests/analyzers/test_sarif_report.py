import hashlib
import json

import pytest

from analyzers import registry, sarif_report
from analyzers.engine import Engine
from analyzers.errors import AnalyzerFailed
from analyzers.types import Source, Status

TEXT = "s = 'é😀'; bad\n"
REGION = {"startLine": 1, "startColumn": 11, "endColumn": 14}


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def run(*uris, artifacts=(), **keys):
    results = [
        {
            "ruleId": f"R{index}",
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": REGION}}],
        }
        for index, uri in enumerate(uris)
    ]
    return {"tool": {"driver": {"name": "t"}}, "results": results, "artifacts": list(artifacts)} | keys


@pytest.fixture
def report(tmp_path, monkeypatch):
    """Writes a report of some runs and answers with its analyzer; the working folder is another one."""
    (tmp_path / "made").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def make(*runs):
        path = tmp_path / "made" / "report.sarif"
        path.write_text(json.dumps({"version": "2.1.0", "runs": runs}))
        return registry.get(f"sarif:{path}")

    yield make
    registry.get.cache_clear()


def codes(analyzer, text=TEXT):
    ((*found,),) = analyzer.run([Source(text)])
    assert all(text[one.span.start : one.span.end] == "bad" for one in found)
    return [one.code for one in found]


@pytest.mark.parametrize(
    "artifact",
    [
        {"hashes": {"sha-256": sha256(TEXT)}},
        {"hashes": {"SHA-256": sha256(TEXT).upper()}},
        {"hashes": {"sha-1": hashlib.sha1(TEXT.encode()).hexdigest(), "odd": "1"}},
        {"hashes": {"md5": hashlib.md5(TEXT.encode()).hexdigest()}},
        {"contents": {"text": TEXT}},
    ],
)
def test_a_program_is_known_by_its_hash_or_its_embedded_text(report, artifact):
    analyzer = report(run("gone.py", artifacts=[{"location": {"uri": "gone.py"}} | artifact]))
    assert codes(analyzer) == ["R0"]
    with pytest.raises(AnalyzerFailed, match=r"report.sarif says nothing of this program: .* none of the 1 artifacts"):
        codes(analyzer, "x = 1\n")


@pytest.mark.parametrize("folder", ["made", "here"])
@pytest.mark.parametrize("uri", ["src/a%20b.py", "file://{root}/{folder}/src/a%20b.py"])
def test_a_program_is_known_by_the_file_at_its_uri(report, tmp_path, folder, uri):
    path = tmp_path / folder / "src" / "a b.py"
    path.parent.mkdir()
    path.write_text(TEXT)
    analyzer = report(run(uri.format(root=tmp_path, folder=folder)))
    assert codes(analyzer) == ["R0"]
    with pytest.raises(AnalyzerFailed, match="says nothing"):
        codes(analyzer, TEXT + "\n")


def test_a_report_that_is_older_than_the_file_says_nothing_of_it(report, tmp_path):
    (tmp_path / "here" / "a.py").write_text(TEXT)
    artifact = {"location": {"uri": "a.py"}, "hashes": {"sha-256": sha256("before\n")}}
    with pytest.raises(AnalyzerFailed, match="says nothing"):
        codes(report(run("a.py", artifacts=[artifact])))


def test_a_program_that_is_listed_and_has_no_results_is_clean(report):
    analyzer = report(run(artifacts=[{"location": {"uri": "a.py"}, "hashes": {"sha-256": sha256(TEXT)}}]))
    assert codes(analyzer) == []


def test_a_program_on_which_the_tool_failed_is_not_clean_and_others_are(report):
    def notice(*places):
        return {
            "level": "error",
            "message": {"text": "it is odd"},
            "locations": [{"physicalLocation": place} for place in places],
        }

    artifacts = [
        {"location": {"uri": name}, "hashes": {"sha-256": sha256(text)}}
        for name, text in (("a.py", TEXT), ("b.py", "b"))
    ]
    about_a = notice({"artifactLocation": {"uri": "a.py"}})
    analyzer = report(run(artifacts=artifacts, invocations=[{"toolExecutionNotifications": [about_a]}]))
    assert codes(analyzer, "b") == []
    with pytest.raises(AnalyzerFailed, match="t says that it failed: 'it is odd'"):
        codes(analyzer)
    analyzer = report(run(artifacts=artifacts, invocations=[{"toolExecutionNotifications": [notice()]}]))
    with pytest.raises(AnalyzerFailed, match="t says that it failed: 'it is odd'"):
        codes(analyzer, "b")


def test_a_report_without_anything_says_nothing(report):
    with pytest.raises(AnalyzerFailed, match="none of the 0 artifacts"):
        codes(report(run()))


def test_runs_add_up_and_copies_of_a_file_do_not(report, tmp_path):
    for name in ("a.py", "b.py"):
        (tmp_path / "here" / name).write_text(TEXT)
    assert codes(report(run("a.py", "b.py", "a.py"), run("b.py"))) == ["R0", "R0", "R2"]


@pytest.mark.parametrize("uri", ["", "\0", "x" * 5000, "/proc/self/mem", "/dev/zero", "..", "https://example.org/a.py"])
def test_uris_that_lead_to_no_file(report, uri):
    with pytest.raises(AnalyzerFailed, match="says nothing"):
        codes(report(run(uri)))


def test_what_cannot_be_read_is_a_failure(report, tmp_path, monkeypatch):
    analyzer = report(run())
    path = tmp_path / "made" / "report.sarif"
    path.write_bytes(b"\xff\xfe{}")
    with pytest.raises(AnalyzerFailed, match="not SARIF"):
        analyzer.run([Source(TEXT)])
    monkeypatch.setattr(sarif_report, "MAX_OUTPUT", 3)
    with pytest.raises(AnalyzerFailed, match="has more than 3 bytes"):
        analyzer.run([Source(TEXT)])
    path.unlink()
    for ask in (analyzer.fingerprint, lambda: analyzer.run([Source(TEXT)])):
        with pytest.raises(AnalyzerFailed, match="cannot read the report"):
            ask()


def test_the_fingerprint_is_that_of_the_content(report):
    analyzer = report(run())
    before = analyzer.fingerprint()
    assert report(run()).fingerprint() == before
    assert report(run("a.py")).fingerprint() != before


def test_the_engine_reads_a_report_by_a_relative_path(report, tmp_path):
    report(run("a.py"))
    (tmp_path / "here" / "a.py").write_text(TEXT)
    with Engine(["../made/report.sarif"], workers=1) as engine:
        reports = engine.analyze_batch([Source(TEXT), Source("x = 1\n")])
    assert [(one.status, len(one.diagnostics)) for (one,) in reports] == [(Status.OK, 1), (Status.FAILED, 0)]
