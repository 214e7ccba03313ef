"""No password in what people read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.core.redact import redact


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://10.0.0.4/live", "rtsp://10.0.0.4/live"),
        ("rtsp://admin:s3cret@10.0.0.4:554/live", "rtsp://admin:***@10.0.0.4:554/live"),
        ("rtsp://admin@cam/live", "rtsp://admin@cam/live"),
        ("rtsp://[fe80::1]:8554/x?user=a&password=b", "rtsp://[fe80::1]:8554/x?user=***&password=***"),
        ("rtsp://a:b@c:not-a-port/", "***"),
        ("rtsp://a:12/34@c/live", "rtsp://***@c/live"),
        ("rtsp://cam/user=admin_password=tlJ0_channel=1.sdp", "rtsp://cam/user=admin_password=***_channel=1.sdp"),
        ("rtsp://cam/user=admin&pwd=tlJ0&channel=1", "rtsp://cam/user=admin&pwd=***&channel=1"),
    ],
)
def test_a_shown_address_hides_its_password(url: str, shown: str) -> None:
    assert redact(url) == shown


@given(st.text(alphabet="abcXYZ019%:@/?#[]", min_size=3, max_size=12))
def test_no_password_passes_through(password: str) -> None:
    secret = f"Zq{password}qZ"
    assert secret not in redact(f"rtsp://user:{secret}@camera.example/live")
