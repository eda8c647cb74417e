"""A model is named by the content of its inputs, and only by that."""

from pathlib import Path

import pytest

from nlu.inputs import content_hash, input_files


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("config.yml", "domain.yml", "data/nlu/salam.yml", "nlu/text.py", "nlu/serve.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


@pytest.mark.parametrize("name", ["config.yml", "data/nlu/salam.yml", "nlu/text.py"])
def test_changing_an_input_changes_the_hash(project: Path, name: str) -> None:
    before = content_hash(project)
    (project / name).write_text("changed")
    assert content_hash(project) != before


def test_touching_a_file_or_editing_the_server_changes_nothing(project: Path) -> None:
    before = content_hash(project)
    (project / "config.yml").touch()
    (project / "nlu/serve.py").write_text("changed")
    assert content_hash(project) == before


def test_moving_content_between_files_changes_the_hash(project: Path) -> None:
    before = content_hash(project)
    (project / "data/nlu/salam.yml").rename(project / "data/nlu/pamit.yml")
    assert content_hash(project) != before


def test_a_model_without_sentence_vectors_has_another_name(project: Path) -> None:
    assert content_hash(project, variant="words") != content_hash(project, variant="vectors")


def test_the_repository_has_all_its_inputs() -> None:
    root = Path(__file__).resolve().parents[2]
    names = {path.relative_to(root).as_posix() for path in input_files(root)}
    assert {"config.yml", "domain.yml", "data/catalogue/regions.yaml"} <= names
    assert "nlu/resources/layanan.yml" in names
