"""What the law forbids here has no library to stand on."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = re.compile(
    r"^(opencv|torch|tensorflow|keras|onnx|openvino|ultralytics|yolo|dlib|face|insightface|deepface|mediapipe|"
    r"easyocr|pytesseract|tesserocr|paddle|openalpr|fast-alpr|transformers|timm|scikit-learn|librosa|whisper)",
    re.MULTILINE,
)


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_no_library_that_recognises_or_detects_is_installed(name: str) -> None:
    assert not FORBIDDEN.findall((ROOT / name).read_text())
