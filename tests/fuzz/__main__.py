"""`python -m tests.fuzz`: attack a service of its own and tell what came of it; 1 if anything was wrong."""

import argparse
import sys
from pathlib import Path

from tests.fuzz import report
from tests.fuzz.campaign import Campaign, load, stream
from tests.fuzz.client import Client
from tests.fuzz.schema import examine
from tests.fuzz.server import attacked
from tests.fuzz.verdict import failures

KEPT = Path("runs/fuzz")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=2000, help="how many to send")
    parser.add_argument(
        "--engine", choices=["fast", "real"], default="fast", help="one that only halves, or TensorFlow"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--clients", type=int, default=4, help="how many send at the same time")
    parser.add_argument("--report", type=Path, help="a Markdown file that gets the figures")
    parser.add_argument("--replay", type=Path, nargs="+", metavar="NOTE", help="send saved inputs again, nothing else")
    parser.add_argument("--schema", action="store_true", help="requests made up from the OpenAPI document instead")
    parser.add_argument("--examples", type=int, default=200, help="with --schema: the most for an endpoint")
    arguments = parser.parse_args()
    if arguments.replay:
        return replay(arguments)
    return examine_schema(arguments) if arguments.schema else attack(arguments)


def attack(arguments: argparse.Namespace) -> int:
    keep = KEPT / f"{arguments.engine}-{arguments.seed}"
    with attacked(arguments.engine) as target:
        campaign = Campaign(target, clients=arguments.clients, keep=keep)
        record = campaign.run(stream(arguments.seed, arguments.inputs), report.progress)
        keep.mkdir(parents=True, exist_ok=True)
        (keep / "server.log").write_text(target.log)
    report.summarise(record)
    if arguments.report:
        section = report.section(record, arguments.engine, seed=arguments.seed, clients=arguments.clients)
        report.write_sections(arguments.report, {section.title: section.markdown()})
    return int(bool(record.faults()))


def replay(arguments: argparse.Namespace) -> int:
    wrong = 0
    with attacked(arguments.engine) as target:
        client = Client(target.server.port)
        for note in arguments.replay:
            asked = load(note)
            answer = client.ask(asked)
            found = failures(asked, answer)
            wrong += bool(found)
            print(f"{note}: {answer.outcome} after {answer.seconds:.2f} s; {'; '.join(found) or 'right'}")
        if target.tracebacks:
            print(target.log, file=sys.stderr)
    return int(bool(wrong))


def examine_schema(arguments: argparse.Namespace) -> int:
    with attacked(arguments.engine) as target:
        findings = examine(target, seed=arguments.seed, examples=arguments.examples)
        tracebacks = target.tracebacks
    print(findings.output)
    if arguments.report:
        section = findings.section(seed=arguments.seed)
        report.write_sections(arguments.report, {section.title: section.markdown()})
    return int(not findings.passed or bool(tracebacks))


if __name__ == "__main__":
    sys.exit(main())
