"""Shell completions of vigie-agent, from the same description of its commands as its man page."""
import re


def names(argument: dict) -> list[str]:
    found = []
    for name in argument.get("names", []):
        found.append(("-" if name["kind"] in ("short", "longWithSingleDash") else "--") + name["name"])
    return sorted(set(found), key=lambda n: (n.startswith("--"), n))


def offered(argument: dict) -> tuple[str, list[str]]:
    """What a shell offers for a value: "list" with its words, "file", "directory" or "none"."""
    kind = argument.get("completionKind") or {}
    if "list" in kind:
        return "list", kind["list"]["values"]
    return next(iter(kind), "none"), []


def bash_completion(program: str, commands: list[dict]) -> str:
    function = "_" + program.replace("-", "_")
    values, words = [], []
    for command in commands:
        own = [n for a in command["arguments"] for n in names(a)] + ["--help", "--version"]
        for argument in command["arguments"]:
            kind, choices = offered(argument)
            if argument["kind"] == "positional":
                own = choices + own
            elif argument["kind"] == "option":
                action = {
                    "list": f'-W "{" ".join(choices)}"', "file": "-f", "directory": "-d", "none": '-W ""',
                }[kind]
                pattern = "|".join(f"{command['commandName']}:{n}" for n in names(argument))
                values.append(f"        {pattern}) COMPREPLY=($(compgen {action} -- \"$cur\")); return ;;")
        words.append(f'        {command["commandName"]}) words="{" ".join(own)}" ;;')
    all_names = [c["commandName"] for c in commands]
    return "\n".join([
        f"{function}() {{",
        '    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= word words',
        '    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
        f"        case $word in {'|'.join(all_names)}) command=$word; break ;; esac",
        "    done",
        "    case $command:$prev in", *values, "    esac",
        "    case $command in", *words,
        f'        *) words="{" ".join(all_names)} help --help --version" ;;',
        "    esac",
        '    COMPREPLY=($(compgen -W "$words" -- "$cur"))',
        "}",
        f"complete -F {function} {program}", "",
    ])


def zsh_completion(program: str, commands: list[dict]) -> str:
    def quoted(words: str) -> str:
        return re.sub(r"([\[\]:])", r"\\\1", words).replace("'", "'\\''")

    def action(argument: dict) -> str:
        kind, choices = offered(argument)
        return {"list": f"({' '.join(choices)})", "file": "_files", "directory": "_files -/", "none": " "}[kind]

    function = "_" + program.replace("-", "_")
    cases = []
    for command in commands:
        specs = []
        for argument in command["arguments"]:
            about = quoted(argument.get("abstract") or "")
            if argument["kind"] == "positional":
                specs.append(f"'1:{quoted(argument['valueName'])}:{action(argument)}'")
                continue
            value = f":{quoted(argument['valueName'])}:{action(argument)}" if argument["kind"] == "option" else ""
            specs += [f"'{name}[{about}]{value}'" for name in names(argument)]
        specs += ["'(-h --help)'{-h,--help}'[Show help information.]'", "'--version[Show the version.]'"]
        cases.append(f"        ({command['commandName']}) _arguments -S \\\n            " + " \\\n            ".join(specs) + " ;;")
    about = [f"        '{c['commandName']}:{quoted(c['abstract'])}'" for c in commands]
    return "\n".join([
        f"#compdef {program}",
        f"{function}() {{",
        "    local state line",
        "    local -a commands=(", *about, "    )",
        "    _arguments -C '(-h --help)'{-h,--help}'[Show help information.]' '--version[Show the version.]' \\",
        "        '1: :->command' '*:: :->argument'",
        "    case $state in",
        "    (command) _describe command commands ;;",
        "    (argument) case ${line[1]} in", *cases, "        esac ;;",
        "    esac",
        "}",
        f"{function} \"$@\"", "",
    ])


def fish_completion(program: str, commands: list[dict]) -> str:
    def quoted(words: str) -> str:
        return "'" + words.replace("\\", "\\\\").replace("'", "\\'") + "'"

    out = [f"complete -c {program} -f", f"complete -c {program} -s h -l help -d 'Show help information.'"]
    out.append(f"complete -c {program} -l version -d 'Show the version.'")
    for command in commands:
        name = command["commandName"]
        out.append(f"complete -c {program} -n __fish_use_subcommand -a {name} -d {quoted(command['abstract'])}")
        for argument in command["arguments"]:
            kind, choices = offered(argument)
            words = [f"complete -c {program} -n '__fish_seen_subcommand_from {name}'"]
            for option in names(argument):
                words.append(f"-l {option[2:]}" if option.startswith("--") else f"-s {option[1:]}")
            if argument["kind"] == "option":
                words.append({"file": "-r -F", "directory": "-x -a '(__fish_complete_directories)'"}.get(kind, "-x"))
            if choices:
                words.append(f"-a {quoted(' '.join(choices))}")
            elif argument["kind"] == "positional":
                continue
            words.append(f"-d {quoted(argument.get('abstract') or '')}")
            out.append(" ".join(words))
    return "\n".join(out) + "\n"


COMPLETIONS = {"bash": bash_completion, "zsh": zsh_completion, "fish": fish_completion}
