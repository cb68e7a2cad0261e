import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from tracker.core.catalog import Ref
from tracker.core.errors import InvalidInput
from tracker.core.patterns.versions import parse_range

PYTHON_VERSIONS = st.builds(
    "{}.{}{}".format,
    st.integers(0, 3),
    st.integers(0, 12),
    st.sampled_from(["", "", ".1", "rc1", ".post1", ".dev2"]),
)


@pytest.mark.parametrize(
    ("package", "versions", "version", "inside"),
    [
        ("pkg:pypi/redis", "<5.0", "4.5.1", True),
        ("pkg:pypi/redis", "< 5.0", "4.10", True),
        ("pkg:pypi/redis", "<5.0", "5.0rc1", True),
        ("pkg:pypi/redis", "<5.0", "5.0.0", False),
        ("pkg:pypi/redis", ">=1.2,<2", "1.10", True),
        ("pkg:pypi/redis", "vers:pypi/>=1.2|<2", "2.0", False),
        ("pkg:pypi/redis", ">=1|<2|>=3|<4", "2.5", False),
        ("pkg:pypi/redis", ">=1|<2|>=3|<4", "3.5", True),
        ("pkg:pypi/redis", "!=1.0", "1.0.0", False),
        ("pkg:pypi/redis", "1.0", "1.0.0", True),
        ("pkg:pypi/redis", "*", "0", True),
        ("pkg:pypi/redis", "<5.0", "latest", None),
        ("pkg:npm/redis", "<2.0.0", "2.0.0-beta.1", True),
        ("pkg:npm/redis", "<3.0.0", "v2.1.0", True),
        ("pkg:maven/io.lettuce/lettuce-core", "<1.10", "1.9", True),
        ("pkg:maven/io.lettuce/lettuce-core", "<1.0", "1.0-SNAPSHOT", True),
        ("pkg:golang/github.com/go-redis/redis", "<1.10.0", "v1.9.0", True),
        ("pkg:gem/redis", "<2.0", "2.0.pre", True),
        ("pkg:deb/debian/redis", "<2.0-1", "2.0~rc1-1", True),
        ("pkg:deb/debian/redis", "<1:1.0", "9.0", True),
    ],
)
def test_each_package_type_is_compared_in_its_own_order(
    package: str, versions: str, version: str, inside: bool | None
) -> None:
    assert parse_range(versions, Ref(package)).contains(version) is inside


@given(PYTHON_VERSIONS, st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), PYTHON_VERSIONS)
def test_python_packages_are_compared_as_python_does(version: str, comparator: str, bound: str) -> None:
    one, other = Version(version), Version(bound)
    truths = {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other, "=": one == other}
    expected = truths.get(comparator, one != other)
    assert parse_range(f"{comparator}{bound}", Ref("pkg:pypi/redis")).contains(version) is expected


@pytest.mark.parametrize(
    ("package", "versions", "words"),
    [
        ("pkg:pypi/redis", "", "is not a version range"),
        ("pkg:pypi/redis", "<", "is not a version range"),
        ("pkg:pypi/redis", "^1.2", "is not a version range"),
        ("pkg:pypi/redis", "<é", "is not a version range"),
        ("pkg:pypi/redis", "*|<1", "is not a version range"),
        ("pkg:pypi/redis", "vers:pypi", "is not a version range"),
        ("pkg:pypi/redis", "vers:npm/<5", "is of scheme 'npm'"),
        ("pkg:pypi/redis", "vers:unheard-of/<5", "cannot be compared"),
        ("pkg:docker/redis", "<5", "versions of 'docker' packages cannot be compared"),
    ],
)
def test_what_is_no_range_of_the_package_is_refused(package: str, versions: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        parse_range(versions, Ref(package))
