import re

TEXTS = {".py", ".md", ".toml", ".cfg", ".sql", ".txt", ".yml", ".yaml", ".json", ".mako", ""}
MACHINE = re.compile(r"(?<![\w./:-])/(?:work|root|Users|opt/(?!homebrew)[a-z]+|tmp)/[\w.-]+")


def test_no_file_names_a_place_on_somebodys_machine(root, files):
    found = {
        path.relative_to(root).as_posix(): places
        for path in files
        if path.suffix in TEXTS and (places := MACHINE.findall(path.read_text(errors="replace")))
    }
    assert found == {}


def test_the_check_tells_a_machines_path_from_an_address():
    assert MACHINE.search("open('" + "/work" + "/main/x')")
    assert not MACHINE.search("https://example.com/work/main")
