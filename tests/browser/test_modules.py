"""The modules of the console: imports, exports and length."""

import re

from conftest import ROOT

FOLDER = ROOT / "functions" / "management-api" / "console"
IMPORT = re.compile(r'import \{([^}]*)\} from "\./([\w.]+)";')
DYNAMIC = re.compile(r'import\("\./([\w.]+)"\)')


def modules() -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(FOLDER.glob("*.js"))}


def exports(text: str) -> set[str]:
    found = set(re.findall(r"^export (?:async )?(?:function|class|const|let) (\w+)", text, re.M))
    for listed in re.findall(r"^export (?:const )?\{([^}]*)\}", text, re.M):
        found |= {name.strip() for name in listed.split(",") if name.strip()}
    return found


def test_every_import_exists_and_every_export_is_used():
    texts = modules()
    wanted: dict[str, set[str]] = {name: set() for name in texts}
    wrong = []
    for name, text in texts.items():
        body = IMPORT.sub("", text)
        for listed, source in IMPORT.findall(text):
            for one in filter(None, (part.strip() for part in listed.split(","))):
                wanted[source].add(one)
                if one not in exports(texts[source]):
                    wrong.append(f"{name} imports {one}, which {source} does not have")
                if not re.search(rf"\b{one}\b", body):
                    wrong.append(f"{name} imports {one} and does not use it")
        for source in DYNAMIC.findall(text):
            if source not in texts:
                wrong.append(f"{name} loads {source}, which is not there")
    # what the shell loads by name
    shell = {"Screen", "SignInAgain", "StepUp"}
    for name, text in texts.items():
        if name != "preact.js":
            wrong += [f"{name} exports {one}, which nobody uses" for one in exports(text) - wanted[name] - shell]
    assert wrong == []
    assert len(texts) > 15


def test_modules_are_short():
    long = [name for name, text in modules().items() if name != "preact.js" and text.count("\n") > 450]
    assert long == []
