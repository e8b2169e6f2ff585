"""The cache on disk: same arrays from it as without it, whatever happens to its files."""

import dataclasses
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import stereosim_phantoms
from stereosim_phantoms import noise, randomness
from stereosim_phantoms.breast import BreastSpec
from stereosim_phantoms.cache import VARIABLE, Cache, content_key, default_cache

BREAST = BreastSpec(
    side="right",
    thickness_mm=50.0,
    chest_to_nipple_mm=90.0,
    half_width_mm=80.0,
    skin_mm=1.5,
    glandular_fraction=0.2,
    supine_height_mm=40.0,
    seed=3,
)


class Maker:
    """Makes arrays and counts how often."""

    def __init__(self, size=1000, **more):
        self.count = 0
        self.made = {
            "gland": np.arange(size, dtype=np.float32).reshape(-1, 10),
            "ids": np.array([3, -1], dtype=np.int64),
            **more,
        }

    def __call__(self):
        self.count += 1
        return {name: array.copy() for name, array in self.made.items()}


def same(kept, made):
    """Whether two sets of arrays are equal to the last bit and of the same kinds."""
    return list(kept) == list(made) and all(
        kept[name].dtype == array.dtype and np.array_equal(kept[name], array)
        for name, array in made.items()
    )


def entries(cache):
    return sorted(path.stem for path in cache.folder.glob("*.npz"))


def used(cache, key, seconds_ago):
    """Let an entry have been used so long ago."""
    then = time.time() - seconds_ago
    os.utime(cache.folder / f"{key}.npz", (then, then))


def test_what_is_kept_is_not_made_again(tmp_path):
    cache, make = Cache(tmp_path / "new" / "folder"), Maker(empty=np.zeros((0, 3)))
    first, second = cache.arrays("a", make), cache.arrays("a", make)
    assert make.count == 1
    assert same(first, make.made)
    assert same(second, make.made)
    second["gland"][0] = -1.0  # what comes back is the caller's own
    assert same(cache.arrays("a", make), make.made)
    cache.arrays("b", make)
    assert make.count == 2
    cache.clear()
    assert entries(cache) == []


def test_names_may_be_anything(tmp_path):
    cache, make = Cache(tmp_path), Maker()
    for key in ("../a/b", "c:d", "ü *?"):
        cache.arrays(key, make)
        assert same(cache.arrays(key, make), make.made)
    assert make.count == 3
    assert len(entries(cache)) == 3
    assert same(cache.arrays("x" * 5000, make), make.made)  # no file can be called that


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "folder"])
def test_a_damaged_entry_is_made_anew(tmp_path, damage):
    cache, make = Cache(tmp_path), Maker()
    cache.arrays("a", make)
    path = tmp_path / "a.npz"
    data = path.read_bytes()
    if damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        wrong = {"truncated": data[: len(data) // 2], "empty": b"", "text": b"not an archive"}
        path.write_bytes(wrong[damage])
    assert same(cache.arrays("a", make), make.made)
    assert make.count == 2
    assert same(cache.arrays("a", make), make.made)
    assert make.count == (3 if damage == "folder" else 2)


def test_no_flipped_bit_gives_other_arrays(tmp_path):
    cache, make = Cache(tmp_path), Maker(size=50)
    cache.arrays("a", make)
    path = tmp_path / "a.npz"
    data = path.read_bytes()
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x40]) + data[place + 1 :])
        assert same(cache.arrays("a", make), make.made), place
    assert make.count > len(data) // 2


def test_the_least_recently_used_entries_go(tmp_path):
    make = Maker(size=2500)
    cache = Cache(tmp_path, limit_bytes=35_000)
    for age, key in ((300, "a"), (200, "b"), (100, "c")):
        cache.arrays(key, make)
        used(cache, key, age)
    assert entries(cache) == ["a", "b", "c"]
    cache.arrays("a", make)  # used now, so that b is the oldest
    cache.arrays("d", make)
    assert entries(cache) == ["a", "c", "d"]
    assert make.count == 4
    big = Maker(size=10_000)
    assert same(cache.arrays("e", big), big.made)
    assert entries(cache) == ["a", "c", "d"], "what is larger than the limit drives nothing out"


def test_nothing_is_kept_of_objects(tmp_path):
    cache, make = Cache(tmp_path), Maker(words=np.array([{}, "a"], dtype=object))
    for _ in range(2):
        assert cache.arrays("a", make)["words"][1] == "a"
    assert make.count == 2
    assert list(tmp_path.iterdir()) == []


def test_what_fails_to_be_made_says_why(tmp_path):
    def fail():
        raise ZeroDivisionError("ours")

    with pytest.raises(ZeroDivisionError, match="ours"):
        Cache(tmp_path).arrays("a", fail)


@pytest.mark.parametrize("place", ["file", "proc"])
def test_a_folder_that_cannot_be_written_to_does_no_harm(tmp_path, place):
    # No folder's mode stops root, but nobody makes a folder below a file or in /proc.
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "cache" if place == "file" else Path("/proc/stereosim/cache")
    cache, make = Cache(folder), Maker()
    for _ in range(2):
        assert same(cache.arrays("a", make), make.made)
    assert make.count == 2
    cache.clear()


def test_a_cache_that_may_only_be_read_is_read(tmp_path, monkeypatch):
    cache, make = Cache(tmp_path), Maker()
    cache.arrays("a", make)

    def refuse(*arguments, **options):
        raise PermissionError("read-only file system")

    monkeypatch.setattr(os, "utime", refuse)
    monkeypatch.setattr("stereosim_phantoms.cache.NamedTemporaryFile", refuse)
    assert same(cache.arrays("a", make), make.made)
    assert make.count == 1
    assert same(cache.arrays("b", make), make.made)
    assert entries(cache) == ["a"]


def test_a_full_disk_leaves_no_half_entry(tmp_path, monkeypatch):
    cache, make = Cache(tmp_path), Maker()

    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array", full)
    assert same(cache.arrays("a", make), make.made)
    assert list(tmp_path.iterdir()) == []


CHILD = """
import sys
import tempfile
import numpy as np
from pathlib import Path
from stereosim_phantoms.cache import Cache

cache = Cache(Path(sys.argv[1]), limit_bytes=3_000_000)
for k in range(int(sys.argv[2])):
    value = k % 5
    print(k, flush=True)
    kept = cache.arrays(f"entry {value}", lambda: {"a": np.full(200_000, float(value))})
    assert (kept["a"] == value).all() and kept["a"].size == 200_000
"""


def child(folder, times):
    paths = [str(Path(stereosim_phantoms.__file__).parents[1]), *sys.path]
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder), str(times)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )


def test_processes_share_a_folder(tmp_path):
    """Both write, read and remove the same five entries, of which the limit holds one."""
    both = [child(tmp_path, 60) for _ in range(2)]
    for process in both:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    assert not list(tmp_path.glob("*.part"))
    assert len(entries(Cache(tmp_path))) <= 2


def test_a_killed_process_leaves_only_whole_entries(tmp_path):
    make = {k: Maker(size=200_000) for k in range(5)}
    for turn in range(4):
        process = child(tmp_path, 10_000)
        for _ in range(2 + 3 * turn):
            process.stdout.readline()
        process.kill()
        process.communicate()
        cache = Cache(tmp_path)
        for k in make:
            kept = cache.arrays(f"entry {k}", lambda k=k: {"a": np.full(200_000, float(k))})
            assert (kept["a"] == k).all() and kept["a"].size == 200_000
        cache.clear()


def test_what_a_killed_process_left_is_cleared_away(tmp_path):
    old, young = tmp_path / "old.part", tmp_path / "young.part"
    for path in (old, young):
        path.write_bytes(b"half")
    then = time.time() - 7200
    os.utime(old, (then, then))
    Cache(tmp_path).arrays("a", Maker())
    assert not old.exists()
    assert young.exists(), "another process may still be writing it"


def test_threads_share_a_folder(tmp_path):
    cache, wrong = Cache(tmp_path, limit_bytes=20_000), []

    def work(seed):
        for k in np.random.default_rng(seed).integers(0, 4, 40):
            kept = cache.arrays(f"{k}", lambda k=k: {"a": np.full(1000, k)})
            if not (kept["a"] == k).all():
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_environment_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "here"))
    assert default_cache().folder == tmp_path / "here"
    monkeypatch.setenv(VARIABLE, "off")
    cache, make = default_cache(), Maker()
    for _ in range(2):
        assert same(cache.arrays("a", make), make.made)
    assert make.count == 2
    cache.clear()


@pytest.mark.parametrize(
    ("platform", "variable", "value", "expected"),
    [
        ("linux", "XDG_CACHE_HOME", "/var/x", "/var/x/stereosim"),
        ("linux", "XDG_CACHE_HOME", "relative", "/home/anna/.cache/stereosim"),
        ("linux", "XDG_CACHE_HOME", None, "/home/anna/.cache/stereosim"),
        ("darwin", "XDG_CACHE_HOME", None, "/home/anna/Library/Caches/stereosim"),
        ("win32", "LOCALAPPDATA", "/home/anna/local", "/home/anna/local/stereosim"),
        ("win32", "LOCALAPPDATA", None, "/home/anna/AppData/Local/stereosim"),
    ],
)
def test_the_platform_names_the_folder(monkeypatch, platform, variable, value, expected):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.delenv(variable, raising=False)
    if value is not None:
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/anna"))
    assert default_cache().folder == Path(expected)


def test_a_user_without_a_home_has_no_cache(monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(Path, "home", homeless)
    assert default_cache() == Cache(None)


def test_tests_leave_the_users_cache_alone():
    assert default_cache().folder.parent == Path(tempfile.gettempdir())


DIFFERENT = [
    (),
    (None,),
    (True,),
    (1,),
    (1.0,),
    ("1",),
    (b"1",),
    (1, 1),
    ((1, 1),),
    (("a", "b"), "c"),
    ("a", ("b", "c")),
    ("ab", "c"),
    ("a", "bc"),
    ({1: "a"},),
    ({1, 2},),
    (0.1 + 0.2,),
    (0.3,),
    (np.zeros(4),),
    (np.zeros((2, 2)),),
    (np.zeros(4, np.float32),),
    (np.zeros(4, np.int64),),
    (BREAST,),
    (dataclasses.replace(BREAST, seed=4),),
    (dataclasses.asdict(BREAST),),
    (Path("/a"),),
    (np.dtype("f8").type,),
]


def test_different_parts_have_different_keys():
    keys = [content_key(*parts) for parts in DIFFERENT[:-1]]
    assert len(set(keys)) == len(keys)
    with pytest.raises(TypeError, match="cannot be hashed"):
        content_key(*DIFFERENT[-1])
    with pytest.raises(TypeError, match="cannot be hashed"):
        content_key(np.array([object()]))


def test_equal_parts_have_equal_keys():
    assert content_key(dataclasses.replace(BREAST), {"b": 1, "a": 2}, {"x", "y"}) == content_key(
        dataclasses.replace(BREAST), {"a": 2, "b": 1}, {"y", "x"}
    )
    columns = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    assert content_key(columns, np.float64(0.1)) == content_key(columns.copy(order="C"), 0.1)


def test_a_key_is_the_same_in_another_process(tmp_path):
    """Hashes of strings differ from process to process; keys do not."""
    program = (
        "from stereosim_phantoms.cache import content_key\n"
        "from stereosim_phantoms import noise\n"
        "print(content_key('a', 1.5, {'x', 'y'}, {'k': 2}, code=[noise]))"
    )
    paths = [str(Path(stereosim_phantoms.__file__).parents[1]), *sys.path]
    out = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert out.stdout.strip() == content_key("a", 1.5, {"x", "y"}, {"k": 2}, code=[noise])


def test_an_edit_of_the_code_or_its_data_makes_another_key(tmp_path):
    (tmp_path / "data").mkdir()
    file, number = tmp_path / "code.py", tmp_path / "data" / "numbers.toml"
    file.write_text("x = 1\n")
    number.write_text("a = 1\n")
    keys = {content_key(code=[tmp_path])}
    file.write_text("x = 2\n")
    keys.add(content_key(code=[tmp_path]))
    number.write_text("a = 2\n")
    keys.add(content_key(code=[tmp_path]))
    keys.add(content_key(code=[tmp_path / "data"]))
    keys.add(content_key(code=[number]))
    (tmp_path / "picture.png").write_bytes(b"not code")
    assert content_key(code=[tmp_path]) in keys
    assert len(keys) == 5
    modules = {content_key(code=list(c)) for c in ((noise,), (randomness,), (noise, randomness))}
    assert len(modules) == 3
    assert content_key(code=[stereosim_phantoms]) not in modules
