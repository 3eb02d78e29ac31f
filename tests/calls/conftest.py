"""Fixtures of the call tests."""
import pytest

from secure import secure_client


@pytest.fixture
def secure(server):
    """boto3's S3 over TLS, by AWS's own host names."""
    return secure_client(server)
